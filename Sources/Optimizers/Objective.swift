/// What training minimises: cross-entropy, smoothed and weighted. Validation and the test use plain cross-entropy.
public struct Objective: Codable, Hashable, Sendable {
    /// s: targets are y·(1 − s) + s/K for K classes. Keras' `label_smoothing` of both cross-entropies.
    public var labelSmoothing = 0.0
    public var classWeights = ClassWeights.equal

    /// The plain cross-entropy.
    public init() {}

    enum CodingKeys: String, CodingKey {
        case labelSmoothing = "label_smoothing"
        case classWeights = "class_weights"
    }
}

/// How much each class counts: the loss is the mean over the batch of weighted losses, as with Keras' `class_weight`.
public enum ClassWeights: Codable, Hashable, Sendable, CustomStringConvertible {
    case equal
    /// n/(2·n_c), of the n training stamps and the n_c of the class: scikit-learn's `balanced`.
    case balanced
    /// Those of class 0 (noise) and class 1 (sources).
    case given(Double, Double)

    public var description: String {
        switch self {
        case .equal: "equal"
        case .balanced: "balanced"
        case .given(let noise, let sources): "\(noise),\(sources)"
        }
    }

    /// The weights of class 0 and class 1.
    ///
    /// - Parameters: how many training stamps the classes have.
    public func values(noise: Int, sources: Int) -> [Double] {
        switch self {
        case .equal: [1, 1]
        case .balanced: [noise, sources].map { Double(noise + sources) / (2 * Double(max($0, 1))) }
        case .given(let noise, let sources): [noise, sources]
        }
    }
}
