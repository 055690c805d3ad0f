import Layers
import Tensors

/// A convolution of each channel by itself, and one of one pixel that mixes them. `keras.layers.SeparableConv2D`.
public struct SeparableConvolution2DOptions: LayerOptions {
    /// How many channels the layer gives.
    public var filters: Int
    /// Height and width of the depthwise kernel.
    public var kernelSize: Extent2D
    /// How far the kernel moves between outputs.
    public var strides: Extent2D
    /// Whether maps are padded.
    public var padding: Padding
    /// Pixels from one tap of the kernel to the next.
    public var dilationRate: Extent2D
    /// How many values each channel gives to the mixing.
    public var depthMultiplier: Int
    /// What is applied to the sums.
    public var activation: ActivationFunction
    /// Whether there is a bias.
    public var useBias: Bool

    public static let storedName = "separableConvolution2D"
    public static let kerasClasses = ["SeparableConv2D"]
    public static let kerasVariables = ["depthwise_kernel", "pointwise_kernel", "bias"]

    public func operation(at place: LayerPlace) throws -> LayerOperation {
        try place.check(activation)
        _ = try place.inputShape()
        guard filters > 0 else { throw place.fault("it has \(filters) filters", remedy: "use at least one") }
        let shape = try place.mapShape()
        try place.checkWindow(kernelSize, strides: strides, padding: padding, dilation: dilationRate, on: shape)
        try place.checkDepthMultiplier(depthMultiplier, kernelSize: kernelSize, on: shape)
        try place.checkSizes([[filters, shape.channels, depthMultiplier], [filters, shape.rows]])
        return .layer(
            SeparableConvolution2D(
                name: place.layer, inputShape: shape, filters: filters, kernelSize: kernelSize, strides: strides,
                padding: padding, dilation: dilationRate, depthMultiplier: depthMultiplier, hasBias: useBias),
            activation: activation)
    }
}

extension LayerKind {
    /// A convolution of each channel by itself, and one of one pixel that mixes them.
    public static func separableConvolution2D(
        filters: Int, kernelSize: Extent2D, strides: Extent2D, padding: Padding,
        dilationRate: Extent2D = Extent2D(1, 1), depthMultiplier: Int = 1, activation: ActivationFunction,
        useBias: Bool = true
    ) -> LayerKind {
        LayerKind(
            SeparableConvolution2DOptions(
                filters: filters, kernelSize: kernelSize, strides: strides, padding: padding,
                dilationRate: dilationRate, depthMultiplier: depthMultiplier, activation: activation, useBias: useBias))
    }
}

// MARK: Keras

extension SeparableConvolution2DOptions {
    public init(keras options: inout KerasOptions) throws {
        try options.requireChannelsLast()
        self.init(
            filters: try options.integer("filters"), kernelSize: try options.extent("kernel_size"),
            strides: try options.extent("strides", default: Extent2D(1, 1)), padding: try options.padding(),
            dilationRate: try options.extent("dilation_rate", default: Extent2D(1, 1)),
            depthMultiplier: try options.integer("depth_multiplier"), activation: try options.activation(),
            useBias: try options.boolean("use_bias", default: true))
    }

    public func kerasOptions(of layer: String) throws -> [String: JSONValue] {
        [
            "filters": .integer(filters), "kernel_size": kernelSize.kerasValue, "strides": strides.kerasValue,
            "padding": .string(padding.rawValue), "dilation_rate": dilationRate.kerasValue,
            "depth_multiplier": .integer(depthMultiplier), "data_format": "channels_last",
            "activation": try activation.kerasValue(of: layer), "use_bias": .boolean(useBias),
        ]
    }
}

// MARK: ONNX

extension SeparableConvolution2DOptions {
    /// Two convolutions, the first with as many groups as channels.
    public func onnxValue(of layer: ONNXLayer, in graph: inout some ONNXGraph) -> ONNXValue {
        let input = layer.inputs[0]
        let window = ONNXWindow(input.shape, layer.outputShape, kernelSize, strides, padding, dilation: dilationRate)
        let between = input.shape.channels * depthMultiplier
        let depthwise = graph.kernel("depthwise_kernel", of: layer, window: kernelSize, inputs: 1, outputs: between)
        let pointwise = graph.kernel(
            "pointwise_kernel", of: layer, window: Extent2D(1, 1), inputs: between, outputs: filters)
        let values = graph.append(
            "Conv", [input.name, depthwise], window.attributes + [.integer("group", input.shape.channels)],
            in: layer.name)
        let sums = graph.append("Conv", [values, pointwise] + graph.bias(of: layer), in: layer.name)
        return layer.value(graph.activation(activation, sums, in: layer.name))
    }
}
