extension ParameterInitializer {
    /// Reads an initialiser as Keras 1 to 3 write it, an object or a name; nil where none is written.
    public init?(keras value: JSONValue) {
        guard !value.isNull else { return nil }
        let members = value.object ?? [:]
        let options = members["config"]?.object ?? [:]
        guard let name = value.string ?? members["class_name"]?.string, KerasObject.isOwn(members),
            let read = Self.known(Self.className(name), options)
        else {
            self = .other(value)
            return
        }
        self = read
    }

    /// The name of a class for one in small letters, such as `he_normal`, and for what older versions call it.
    private static func className(_ name: String) -> String {
        let words = name.split(separator: "_").map { $0.prefix(1).uppercased() + $0.dropFirst() }.joined()
        return older[words] ?? words
    }

    private static let older = [
        "Zero": "Zeros", "One": "Ones", "Normal": "RandomNormal", "Uniform": "RandomUniform",
        "IdentityInitializer": "Identity", "OrthogonalInitializer": "Orthogonal",
    ]

    /// Nil for a class that is not known, or with options that are not.
    private static func known(_ className: String, _ options: [String: JSONValue]) -> ParameterInitializer? {
        // Axes that count as a kernel's inputs and outputs in place of the last two.
        guard options["input_axes"]?.isNull != false, options["output_axes"]?.isNull != false else { return nil }
        func number(_ name: String, _ standard: Float) -> Float? {
            guard let value = options[name], !value.isNull else { return standard }
            return value.number.map(Float.init).flatMap { $0.isFinite ? $0 : nil }
        }
        func normal(isTruncated: Bool) -> ParameterInitializer? {
            guard let mean = number("mean", 0), let deviation = number("stddev", 0.05), deviation >= 0 else {
                return nil
            }
            return .normal(mean: mean, deviation: deviation, isTruncated: isTruncated)
        }
        if let scaling = VarianceScaling.named.first(where: { $0.key == className }) {
            return .varianceScaling(scaling.value)
        }
        switch className {
        case "Zeros": return .constant(0)
        case "Ones": return .constant(1)
        case "Constant": return number("value", 0).map { .constant($0) }
        case "RandomNormal": return normal(isTruncated: false)
        case "TruncatedNormal": return normal(isTruncated: true)
        case "RandomUniform":
            guard let low = number("minval", -0.05), let high = number("maxval", 0.05) else { return nil }
            return .uniform(from: low, to: high)
        case "VarianceScaling": return scaling(options, scale: number("scale", 1))
        case "Identity": return number("gain", 1).map { .identity(gain: $0) }
        case "Orthogonal": return number("gain", 1).map { .orthogonal(gain: $0) }
        default: return nil
        }
    }

    private static func scaling(_ options: [String: JSONValue], scale: Float?) -> ParameterInitializer? {
        let distribution = options["distribution"]?.string?.lowercased() ?? "truncated_normal"
        guard let scale, scale > 0, let fan = VarianceScaling.Fan(rawValue: options["mode"]?.string ?? "fan_in"),
            let known = VarianceScaling.Distribution(
                rawValue: distribution == "normal" ? "truncated_normal" : distribution)
        else { return nil }
        return .varianceScaling(VarianceScaling(scale: scale, fan: fan, distribution: known))
    }

    /// As Keras 3 writes it. A seed is not kept: all weights are drawn from that of the run.
    public var kerasValue: JSONValue {
        switch self {
        case .constant(0): Self.kerasObject("Zeros", [:])
        case .constant(1): Self.kerasObject("Ones", [:])
        case .constant(let value): Self.kerasObject("Constant", ["value": .number(shortest: value)])
        case .uniform(let low, let high):
            Self.kerasObject(
                "RandomUniform",
                ["minval": .number(shortest: low), "maxval": .number(shortest: high), "seed": .null])
        case .normal(let mean, let deviation, let isTruncated):
            Self.kerasObject(
                isTruncated ? "TruncatedNormal" : "RandomNormal",
                ["mean": .number(shortest: mean), "stddev": .number(shortest: deviation), "seed": .null])
        case .varianceScaling(let scaling): Self.kerasObject(scaling)
        case .identity(let gain): Self.kerasObject("Identity", ["gain": .number(shortest: gain)])
        case .orthogonal(let gain): Self.kerasObject("Orthogonal", ["gain": .number(shortest: gain), "seed": .null])
        case .other(let value): value
        }
    }

    private static func kerasObject(_ scaling: VarianceScaling) -> JSONValue {
        if let named = VarianceScaling.named.first(where: { $0.value == scaling }) {
            return kerasObject(named.key, ["seed": .null])
        }
        return kerasObject(
            "VarianceScaling",
            [
                "scale": .number(shortest: scaling.scale), "mode": .string(scaling.fan.rawValue),
                "distribution": .string(scaling.distribution.rawValue), "seed": .null,
            ])
    }

    private static func kerasObject(_ className: String, _ options: [String: JSONValue]) -> JSONValue {
        [
            "module": "keras.initializers", "class_name": .string(className), "config": .object(options),
            "registered_name": .null,
        ]
    }
}
