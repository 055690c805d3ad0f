import Layers
import Tensors

/// Operators of `keras.ops`: what Keras writes for a + b or x·0.5 in a functional model, and for functions that are
/// called on its tensors. They are no layers, have no weights, and are called with their operands one by one.
extension LayerKind {
    /// Reads an operator; nil when the object is a layer, or an operator that is not known here.
    ///
    /// - Throws: a `badData` fault for operands and options that are not supported.
    init?(kerasOperator options: inout KerasOptions) throws {
        let tensors = options.callArguments.flatMap { $0.array ?? [$0] }.count(where: \.isKerasTensor)
        if let axes = try options.softmaxAxes() {
            self = .softmax(axes: axes)
            return
        }
        if let function = try ActivationFunction(kerasOperator: &options) {
            self = .activation(function)
            return
        }
        switch (options.className, tensors) {
        case ("Add", 2...): self = .add
        case ("Multiply", 2...): self = .merge(.product)
        case ("Subtract", 2...): self = .merge(.difference)
        case ("Maximum", 2...): self = .merge(.maximum)
        case ("Minimum", 2...): self = .merge(.minimum)
        case ("TrueDivide", 2...), ("Divide", 2...): self = .divide
        case ("Reshape", 1): self = .reshape(try options.integers("newshape"))
        case ("Concatenate", _): self = LayerKind(try ConcatenateOptions(keras: &options))
        case ("Transpose", 1): self = .permute(try options.sampleOrder())
        case ("Mean", 1), ("Sum", 1), ("Max", 1), ("Min", 1), ("Amax", 1), ("Amin", 1):
            self = LayerKind(try ReductionOptions(keras: &options))
        case ("Absolute", 1), ("Abs", 1), ("Log", 1), ("Clip", 1):
            self = LayerKind(try ElementFunctionOptions(keras: &options))
        case ("Sqrt", 1): self = .arithmetic(.power, 0.5)
        case ("Rsqrt", 1): self = .arithmetic(.power, -0.5)
        case ("Reciprocal", 1): self = .arithmetic(.divide, 1, isNumberFirst: true)
        case ("Negative", 1): self = .arithmetic(.multiply, -1)
        case ("Square", 1): self = .arithmetic(.power, 2)
        case (let name, 1) where ArithmeticOptions.kerasClasses.contains(name):
            self = LayerKind(try ArithmeticOptions(keras: &options))
        default: return nil
        }
    }
}

extension KerasOptions {
    /// The option `axes` of a transposition that leaves samples where they are, without their axis.
    fileprivate mutating func sampleOrder() throws -> [Int] {
        let value = take("axes")
        let axes = value.array?.compactMap(\.integer) ?? []
        guard axes.count == value.array?.count, axes.count > 1, axes[0] == 0 else {
            throw unsupported("axes", value, supported: "an order of all axes whose first is 0")
        }
        return Array(axes.dropFirst())
    }
}

extension ActivationFunction {
    /// Reads an operator that is an activation; nil when it is another one.
    init?(kerasOperator options: inout KerasOptions) throws {
        switch options.className {
        case "Relu": self = .relu
        case "ReLU":
            self = .rectifier(
                maximum: try options.optionalNumber("max_value"),
                slope: try options.number("negative_slope", default: 0),
                threshold: try options.number("threshold", default: 0))
        case "Relu6": self = .relu6
        case "LeakyRelu": self = .leakyReLU(slope: try options.number("negative_slope", default: 0.2))
        case "Elu": self = .elu(alpha: try options.number("alpha", default: 1))
        case "Celu": self = .celu(alpha: try options.number("alpha", default: 1))
        case "Gelu": self = .gelu(approximate: try options.boolean("approximate", default: true))
        case "Squareplus": self = .squareplus(b: try options.number("b", default: 4))
        case "SoftShrink": self = .softShrink(threshold: try options.number("threshold", default: 0.5))
        case "HardShrink": self = .hardShrink(threshold: try options.number("threshold", default: 0.5))
        case "Softmax", "LogSoftmax":
            try options.requireLastAxis()
            self = options.className == "Softmax" ? .softmax : .logSoftmax
        case "Selu": self = .selu
        case "Silu": self = .silu
        case "HardSilu": self = .hardSilu
        case "Mish": self = .mish
        case "Sigmoid": self = .sigmoid
        case "HardSigmoid": self = .hardSigmoid
        case "SparseSigmoid": self = .sparseSigmoid
        case "LogSigmoid": self = .logSigmoid
        case "Softplus": self = .softplus
        case "SparsePlus": self = .sparsePlus
        case "Softsign": self = .softsign
        case "Tanh": self = .tanh
        case "HardTanh": self = .hardTanh
        case "TanhShrink": self = .tanhShrink
        case "Exp": self = .exponential
        default: return nil
        }
    }
}

extension KerasObject {
    /// The module of the operators of numpy's names.
    public static let operatorModule = "keras.src.ops.numpy"

    /// The module of the operators that are functions of neural networks.
    public static let functionModule = "keras.src.ops.nn"

    /// Whether this is an operator rather than a layer.
    public var isOperator: Bool { Self.isOperatorModule(module) }

    /// Whether a module has operators rather than layers.
    public static func isOperatorModule(_ module: String) -> Bool {
        module.hasPrefix("keras.src.ops.") || module.hasPrefix("keras.src.activations.")
    }

    /// What the layer or operator is called with the first time: arguments, then those with a name, by their names.
    public var callArguments: [JSONValue] {
        let call = members["inbound_nodes"]?.array?.first?.object ?? [:]
        let named = call["kwargs"]?.object ?? [:]
        return (call["args"]?.array ?? []) + named.sorted { $0.key < $1.key }.map(\.value)
    }
}

extension JSONValue {
    /// Whether this stands for what a layer gave.
    public var isKerasTensor: Bool { object?["class_name"] == "__keras_tensor__" }

    /// A number as an operand: written as one, or as an array of numpy or a backend that holds one.
    var kerasNumber: Float? {
        if let number { return Float(number) }
        guard let name = object?["class_name"]?.string, ["__numpy__", "__tensor__"].contains(name) else { return nil }
        var value = object?["config"]?.object?["value"] ?? .null
        while let values = value.array, values.count == 1 { value = values[0] }
        return value.number.map(Float.init)
    }
}
