/// What training minimises: cross-entropy or focal loss, smoothed and weighted. Validation and the test use plain cross-entropy.
public struct Objective: Codable, Hashable, Sendable {
    /// s: targets are y·(1 − s) + s/K for K classes. Keras' `label_smoothing` of both cross-entropies.
    public var labelSmoothing = 0.0
    public var classWeights = ClassWeights.equal
    /// γ of the focal loss, which gives the loss of a sample the weight (1 − p)^γ; nil for the cross-entropy. Source:
    /// T.-Y. Lin et al., *Focal loss for dense object detection*, ICCV 2017.
    public var focusing: Double?

    /// The plain cross-entropy.
    public init() {}

    enum CodingKeys: String, CodingKey {
        case labelSmoothing = "label_smoothing"
        case classWeights = "class_weights"
        case focusing = "focal_gamma"
    }
}

/// How much each class counts: the loss is the mean over the batch of weighted losses, as with Keras' `class_weight`.
public enum ClassWeights: Hashable, Sendable, CustomStringConvertible {
    case equal
    /// n/(K·n_c), of the n training stamps, the n_c of the class and K classes: scikit-learn's `balanced`.
    case balanced
    /// Those of each class.
    case given([Double])

    public var description: String {
        switch self {
        case .equal: "equal"
        case .balanced: "balanced"
        case .given(let weights): weights.map { "\($0)" }.joined(separator: ",")
        }
    }

    /// The weight of each class.
    ///
    /// - Parameter counts: how many training stamps the classes have.
    public func values(_ counts: [Int]) -> [Double] {
        switch self {
        case .equal: return counts.map { _ in 1 }
        case .balanced:
            let (all, classes) = (counts.reduce(0, +), Double(counts.count))
            return counts.map { Double(all) / (classes * Double(max($0, 1))) }
        case .given(let weights): return weights
        }
    }
}

/// As the compiler would write an enumeration with a value for each class: `{"given": {"_0": 1, "_1": 2}}`.
extension ClassWeights: Codable {
    private struct Key: CodingKey {
        let stringValue: String
        var intValue: Int? { nil }

        init(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
        init(_ label: Int) { stringValue = "_\(label)" }
    }

    private static let equalKey = Key(stringValue: "equal")
    private static let balancedKey = Key(stringValue: "balanced")
    private static let givenKey = Key(stringValue: "given")

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        if container.contains(Self.givenKey) {
            let weights = try container.nestedContainer(keyedBy: Key.self, forKey: Self.givenKey)
            self = .given(
                try (0..<weights.allKeys.count).map { try weights.decode(Double.self, forKey: Key($0)) })
        } else if container.contains(Self.balancedKey) {
            self = .balanced
        } else if container.contains(Self.equalKey) {
            self = .equal
        } else {
            throw DecodingError.dataCorrupted(
                DecodingError.Context(codingPath: container.codingPath, debugDescription: "no weights of classes"))
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        switch self {
        case .equal: _ = container.nestedContainer(keyedBy: Key.self, forKey: Self.equalKey)
        case .balanced: _ = container.nestedContainer(keyedBy: Key.self, forKey: Self.balancedKey)
        case .given(let weights):
            var given = container.nestedContainer(keyedBy: Key.self, forKey: Self.givenKey)
            for (label, weight) in weights.enumerated() { try given.encode(weight, forKey: Key(label)) }
        }
    }
}
