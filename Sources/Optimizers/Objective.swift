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
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let values = try container.decode([String: [String: Double]].self)
        if let given = values["given"] {
            let weights = (0..<given.count).compactMap { given["_\($0)"] }
            guard weights.count == given.count else {
                throw DecodingError.dataCorruptedError(in: container, debugDescription: "not a weight for each class")
            }
            self = .given(weights)
        } else if values["balanced"] != nil {
            self = .balanced
        } else if values["equal"] != nil {
            self = .equal
        } else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "no weights of classes")
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .equal: try container.encode(["equal": [String: Double]()])
        case .balanced: try container.encode(["balanced": [String: Double]()])
        case .given(let weights):
            let keyed = Dictionary(uniqueKeysWithValues: weights.enumerated().map { ("_\($0)", $1) })
            try container.encode(["given": keyed])
        }
    }
}
