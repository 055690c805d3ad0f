import Layers

/// What a Keras option adds to the loss for the size of a parameter or of a layer's outputs.
public enum Regularizer: Hashable, Sendable {
    /// l1·Σ|x| + l2·Σx². `keras.regularizers.L1`, `L2` and `L1L2`.
    case norms(l1: Float, l2: Float)
    /// Something else, as Keras writes it, which training does not know.
    case other(JSONValue)

    /// Reads a regulariser as Keras 1 to 3 write it, an object or a name; nil for one that adds nothing.
    public init?(keras value: JSONValue) {
        guard !value.isNull else { return nil }
        let members = value.object ?? [:]
        // Keras 1 has the factors beside a name.
        let options = members["config"]?.object ?? members
        guard let name = value.string ?? members["class_name"]?.string ?? members["name"]?.string,
            KerasObject.isOwn(members), let standard = Self.standards[name.lowercased()],
            let l1 = Self.factor(options["l1"], standard.l1), let l2 = Self.factor(options["l2"], standard.l2)
        else {
            self = .other(value)
            return
        }
        guard l1 != 0 || l2 != 0 else { return nil }
        self = .norms(l1: l1, l2: l2)
    }

    /// The factors that stand for those that are not written, where the class has them. A name alone is the class with
    /// its own.
    private static let standards: [String: (l1: Float?, l2: Float?)] = [
        "l1": (0.01, nil), "l2": (nil, 0.01), "l1l2": (0, 0), "l1_l2": (0.01, 0.01), "weightregularizer": (0, 0),
        "l1regularizer": (0.01, nil), "l2regularizer": (nil, 0.01), "l1l2regularizer": (0.01, 0.01),
    ]

    /// A factor as it is written, or the standard one; nil for what is no factor.
    private static func factor(_ value: JSONValue?, _ standard: Float?) -> Float? {
        guard let value, !value.isNull else { return standard ?? 0 }
        guard let factor = value.number.map(Float.init), factor.isFinite, factor >= 0 else { return nil }
        return factor
    }

    /// What training computes; nil for what it does not know.
    public var penalty: Penalty? {
        if case .norms(let l1, let l2) = self { Penalty(l1: l1, l2: l2) } else { nil }
    }

    /// As Keras 3 writes it.
    public var kerasValue: JSONValue {
        guard case .norms(let l1, let l2) = self else {
            if case .other(let value) = self { return value }
            return .null
        }
        var factors: [String: JSONValue] = [:]
        if l1 != 0 { factors["l1"] = .number(shortest: l1) }
        if l2 != 0 { factors["l2"] = .number(shortest: l2) }
        let name = l2 == 0 ? "L1" : l1 == 0 ? "L2" : "L1L2"
        return [
            "module": "keras.regularizers", "class_name": .string(name), "config": .object(factors),
            "registered_name": .null,
        ]
    }
}
