import Layers
import Tensors

/// A two-dimensional convolution of maps. `keras.layers.Conv2D`.
public struct Convolution2DOptions: LayerOptions {
    /// How many channels the layer gives.
    public var filters: Int
    /// Height and width of the kernel.
    public var kernelSize: Extent2D
    /// How far the kernel moves between outputs.
    public var strides: Extent2D
    /// Whether maps are padded.
    public var padding: Padding
    /// What is applied to the sums.
    public var activation: ActivationFunction
    /// Whether there is a bias.
    public var useBias: Bool

    public static let storedName = "convolution2D"
    public static let kerasClasses = ["Conv2D"]
    public static let kerasVariables = ["kernel", "bias"]

    public var parametersScaleOutput: Bool { true }

    public func operation(at place: LayerPlace) throws -> LayerOperation {
        try place.check(activation)
        _ = try place.inputShape()
        guard filters > 0 else { throw place.fault("it has \(filters) filters", remedy: "use at least one") }
        let shape = try place.mapShape()
        try place.checkWindow(kernelSize, strides: strides, padding: padding, on: shape)
        try place.checkSizes([
            [filters, kernelSize.height, kernelSize.width, shape.channels],
            [filters, shape.extents[0] + kernelSize.height, shape.extents[1] + kernelSize.width],
        ])
        return .layer(
            Convolution2D(
                name: place.layer, inputShape: shape, filters: filters, kernelSize: kernelSize, strides: strides,
                padding: padding, hasBias: useBias),
            activation: activation)
    }
}

extension LayerKind {
    /// A two-dimensional convolution of maps.
    public static func convolution2D(
        filters: Int, kernelSize: Extent2D, strides: Extent2D, padding: Padding, activation: ActivationFunction,
        useBias: Bool = true
    ) -> LayerKind {
        LayerKind(
            Convolution2DOptions(
                filters: filters, kernelSize: kernelSize, strides: strides, padding: padding, activation: activation,
                useBias: useBias))
    }
}

// MARK: Keras

extension Convolution2DOptions {
    public init(keras options: inout KerasOptions) throws {
        try options.requireInitializers(["bias": "Zeros", "kernel": "GlorotUniform"])
        try options.requireChannelsLast()
        try options.require("dilation_rate", 1, [1, 1], supported: "1")
        try options.require("groups", 1, supported: "1")
        self.init(
            filters: try options.integer("filters"), kernelSize: try options.extent("kernel_size"),
            strides: try options.extent("strides", default: Extent2D(1, 1)), padding: try options.padding(),
            activation: try options.activation(), useBias: try options.boolean("use_bias", default: true))
    }

    public func kerasOptions(of layer: String) throws -> [String: JSONValue] {
        [
            "filters": .integer(filters), "kernel_size": kernelSize.kerasValue, "strides": strides.kerasValue,
            "padding": .string(padding.rawValue), "data_format": "channels_last", "dilation_rate": [1, 1],
            "groups": 1, "activation": try activation.kerasValue(of: layer), "use_bias": .boolean(useBias),
        ]
    }
}

// MARK: ONNX

extension Convolution2DOptions {
    public func onnxValue(of layer: ONNXLayer, in graph: inout some ONNXGraph) -> ONNXValue {
        let input = layer.inputs[0]
        let window = ONNXWindow(input.shape, layer.outputShape, kernelSize, strides, padding)
        let (inputs, outputs) = (input.shape.channels, layer.outputShape.channels)
        let layout = WeightLayout.channelsFirst(
            layer.requiredParameter("kernel"), window: kernelSize.height * kernelSize.width, inputs: inputs,
            outputs: outputs)
        let kernel = graph.constant(
            "\(layer.name)/kernel", shape: [outputs, inputs, kernelSize.height, kernelSize.width], layout)
        let sums = graph.append(
            "Conv", [input.name, kernel] + graph.bias(of: layer), window.attributes, in: layer.name)
        return layer.value(graph.activation(activation, sums, in: layer.name))
    }
}
