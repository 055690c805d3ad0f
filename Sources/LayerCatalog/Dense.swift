import Layers
import Tensors

/// A dense layer over the last axis. `keras.layers.Dense`.
public struct DenseOptions: LayerOptions {
    /// How many outputs the layer has, in each row of its input.
    public var units: Int
    /// What is applied to the sums.
    public var activation: ActivationFunction
    /// Whether there is a bias.
    public var useBias: Bool

    public static let storedName = "dense"
    public static let kerasClasses = ["Dense"]
    public static let kerasVariables = ["kernel", "bias"]

    public var parametersScaleOutput: Bool { true }

    public func operation(at place: LayerPlace) throws -> LayerOperation {
        try place.check(activation)
        let shape = try place.inputShape()
        guard units > 0 else { throw place.fault("it has \(units) units", remedy: "use at least one") }
        try place.checkSizes([[units, shape.channels], [units, shape.rows]])
        return .layer(
            Dense(name: place.layer, inputShape: shape, units: units, hasBias: useBias), activation: activation)
    }
}

extension LayerKind {
    /// A dense layer over the last axis.
    public static func dense(units: Int, activation: ActivationFunction, useBias: Bool = true) -> LayerKind {
        LayerKind(DenseOptions(units: units, activation: activation, useBias: useBias))
    }
}

// MARK: Keras

extension DenseOptions {
    public init(keras options: inout KerasOptions) throws {
        self.init(
            units: try options.integer("units"), activation: try options.activation(),
            useBias: try options.boolean("use_bias", default: true))
    }

    public func kerasOptions(of layer: String) throws -> [String: JSONValue] {
        [
            "units": .integer(units), "activation": try activation.kerasValue(of: layer),
            "use_bias": .boolean(useBias),
        ]
    }
}

// MARK: ONNX

extension DenseOptions {
    /// Of maps, as a convolution with a window of one pixel.
    public func onnxValue(of layer: ONNXLayer, in graph: inout some ONNXGraph) -> ONNXValue {
        let input = layer.inputs[0]
        let (inputs, outputs) = (input.shape.channels, layer.outputShape.channels)
        let kernel = layer.requiredParameter("kernel")
        let isMap = input.shape.extents.count > 1
        let window = Array(repeating: 1, count: input.shape.extents.count - 1)
        let (layout, shape) =
            if isMap {
                (
                    WeightLayout.channelsFirst(kernel, window: 1, inputs: inputs, outputs: outputs),
                    [outputs, inputs] + window
                )
            } else {
                (
                    input.order.map { WeightLayout.rows(kernel, columns: outputs, order: $0) } ?? kernel,
                    [inputs, outputs]
                )
            }
        let operands =
            [input.name, graph.constant("\(layer.name)/kernel", shape: shape, layout)] + graph.bias(of: layer)
        let attributes: [ONNXAttribute] = isMap ? [.integers("kernel_shape", window)] : []
        let sums = graph.append(isMap ? "Conv" : "Gemm", operands, attributes, in: layer.name)
        return ONNXValue(name: graph.activation(activation, sums, in: layer.name), shape: layer.outputShape)
    }
}
