import Faults
import Layers

extension ActivationFunction {
    /// Keras' functions by name, with the options that they have there; of two names the first is written.
    private static let named: [(name: String, function: ActivationFunction)] = [
        ("linear", .linear), ("relu", .relu), ("relu6", .relu6), ("leaky_relu", .leakyReLU(slope: 0.2)),
        ("elu", .elu(alpha: 1)), ("selu", .selu), ("celu", .celu(alpha: 1)), ("gelu", .gelu(approximate: false)),
        ("silu", .silu), ("swish", .silu), ("hard_silu", .hardSilu), ("hard_swish", .hardSilu), ("mish", .mish),
        ("sigmoid", .sigmoid), ("hard_sigmoid", .hardSigmoid), ("sparse_sigmoid", .sparseSigmoid),
        ("log_sigmoid", .logSigmoid), ("softmax", .softmax), ("log_softmax", .logSoftmax), ("tanh", .tanh),
        ("hard_tanh", .hardTanh), ("softplus", .softplus), ("sparse_plus", .sparsePlus),
        ("squareplus", .squareplus(b: 4)), ("softsign", .softsign), ("exponential", .exponential),
        ("tanh_shrink", .tanhShrink), ("soft_shrink", .softShrink(threshold: 0.5)),
        ("hard_shrink", .hardShrink(threshold: 0.5)),
    ]

    /// The names, for messages.
    static var kerasNames: String { named.map(\.name).joined(separator: ", ") }

    /// Reads the `activation` of a layer: a function's name, null, or one of Keras' activation layers.
    init(keras value: JSONValue, at place: KerasPlace) throws {
        if value.isNull {
            self = .linear
        } else if let function = Self.named.first(where: { $0.name == value.string })?.function {
            self = function
        } else if case .object = value, let object = try? KerasObject(value, at: place),
            object.module == "keras.layers",
            let function = try ActivationFunction(layer: object, at: place)
        {
            self = function
        } else {
            throw place.fault(
                "has activation = \(value.summary), which is not supported", remedy: "supported: \(Self.kerasNames)")
        }
    }

    /// Reads one of Keras' activation layers where a function stands; nil when the object is another layer.
    private init?(layer object: KerasObject, at place: KerasPlace) throws {
        var options = KerasOptions(object, at: place)
        options.ignore("name", "trainable")
        try options.requireSinglePrecision()
        guard let function = try ActivationFunction(layer: &options) else { return nil }
        try options.finish()
        self = function
    }

    /// Reads the options of one of Keras' activation layers with a function of its own; nil when they are of another
    /// layer.
    ///
    /// - Throws: a `badData` fault that names the option that is not supported.
    init?(layer options: inout KerasOptions) throws {
        switch options.className {
        case "LeakyReLU": self = .leakyReLU(slope: try options.number("negative_slope"))
        // Some versions of Keras 3 leave the option out.
        case "ELU": self = .elu(alpha: try options.number("alpha", default: 1))
        case "ReLU":
            self = .rectifier(
                maximum: try options.optionalNumber("max_value"),
                slope: try options.number("negative_slope", default: 0),
                threshold: try options.number("threshold", default: 0))
        case "Softmax":
            try options.require("axis", -1, [-1], supported: "the last axis, -1")
            self = .softmax
        default: return nil
        }
    }

    /// The function as the `activation` of a layer called `layer`.
    ///
    /// - Throws: a fault for what Keras can only express as code.
    public func kerasValue(of layer: String) throws -> JSONValue {
        if let name = Self.named.first(where: { $0.function == self })?.name { return .string(name) }
        guard let (className, options) = kerasLayer else {
            let function = self == .gelu(approximate: true) ? "the tanh approximation of gelu" : "\(self)"
            throw Fault(
                .badData, "layer \(layer)", "Keras files have no name for \(function)",
                remedy: "use a function as Keras has it, such as the exact gelu, or write .safetensors or .onnx")
        }
        let config = options.merging(["name": .string("\(layer)_activation"), "dtype": "float32", "trainable": true]) {
            option, _ in option
        }
        return [
            "module": "keras.layers", "class_name": .string(className), "config": .object(config),
            "registered_name": .null,
        ]
    }

    /// The Keras layer with this function and an option that no name stands for.
    var kerasLayer: (className: String, options: [String: JSONValue])? {
        switch self {
        case .leakyReLU(let slope): ("LeakyReLU", ["negative_slope": .number(shortest: slope)])
        case .elu(let alpha): ("ELU", ["alpha": .number(shortest: alpha)])
        case .boundedReLU(let maximum, let slope, let threshold):
            (
                "ReLU",
                [
                    "max_value": maximum.map { .number(shortest: $0) } ?? .null,
                    "negative_slope": .number(shortest: slope), "threshold": .number(shortest: threshold),
                ]
            )
        default: nil
        }
    }

    /// The operator of Keras with this function and an option that neither a name nor a layer stands for.
    var kerasOperator: (className: String, options: [String: JSONValue])? {
        guard !hasKerasName else { return nil }
        return switch self {
        case .gelu(let approximate): ("Gelu", ["approximate": .boolean(approximate)])
        case .celu(let alpha): ("Celu", ["alpha": .number(shortest: alpha)])
        case .squareplus(let b): ("Squareplus", ["b": .number(shortest: b)])
        case .softShrink(let threshold): ("SoftShrink", ["threshold": .number(shortest: threshold)])
        case .hardShrink(let threshold): ("HardShrink", ["threshold": .number(shortest: threshold)])
        default: nil
        }
    }

    /// Whether Keras has a name for the function with just these options.
    var hasKerasName: Bool { Self.named.contains { $0.function == self } }
}
