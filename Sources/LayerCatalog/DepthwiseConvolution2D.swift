import Layers
import Tensors

/// A convolution of each channel by itself. `keras.layers.DepthwiseConv2D`.
public struct DepthwiseConvolution2DOptions: LayerOptions {
    /// Height and width of the kernel.
    public var kernelSize: Extent2D
    /// How far the kernel moves between outputs.
    public var strides: Extent2D
    /// Whether maps are padded.
    public var padding: Padding
    /// Pixels from one tap of the kernel to the next.
    public var dilationRate: Extent2D
    /// How many outputs each channel gives.
    public var depthMultiplier: Int
    /// What is applied to the sums.
    public var activation: ActivationFunction
    /// Whether there is a bias.
    public var useBias: Bool

    public static let storedName = "depthwiseConvolution2D"
    public static let kerasClasses = ["DepthwiseConv2D"]
    public static let kerasVariables = ["kernel", "bias"]
    public static func kerasOptionName(of parameter: String) -> String {
        parameter == "kernel" ? "depthwise" : parameter
    }

    public var parametersScaleOutput: Bool { true }

    public func operation(at place: LayerPlace) throws -> LayerOperation {
        try place.check(activation)
        let shape = try place.mapShape()
        try place.checkWindow(kernelSize, strides: strides, padding: padding, dilation: dilationRate, on: shape)
        try place.checkDepthMultiplier(depthMultiplier, kernelSize: kernelSize, on: shape)
        return .layer(
            DepthwiseConvolution2D(
                name: place.layer, inputShape: shape, kernelSize: kernelSize, strides: strides, padding: padding,
                dilation: dilationRate, depthMultiplier: depthMultiplier, hasBias: useBias),
            activation: activation)
    }
}

extension LayerPlace {
    /// Checks how many outputs each channel gives.
    ///
    /// - Throws: a fault for none, and for more than any memory holds.
    func checkDepthMultiplier(_ multiplier: Int, kernelSize: Extent2D, on map: Shape) throws {
        guard multiplier > 0 else {
            throw fault("its depth multiplier is \(multiplier)", remedy: "use at least 1")
        }
        try checkSizes([[kernelSize.height, kernelSize.width, map.channels, multiplier], [map.count, multiplier]])
    }
}

extension LayerKind {
    /// A convolution of each channel by itself.
    public static func depthwiseConvolution2D(
        kernelSize: Extent2D, strides: Extent2D, padding: Padding, dilationRate: Extent2D = Extent2D(1, 1),
        depthMultiplier: Int = 1, activation: ActivationFunction, useBias: Bool = true
    ) -> LayerKind {
        LayerKind(
            DepthwiseConvolution2DOptions(
                kernelSize: kernelSize, strides: strides, padding: padding, dilationRate: dilationRate,
                depthMultiplier: depthMultiplier, activation: activation, useBias: useBias))
    }
}

// MARK: Keras

extension DepthwiseConvolution2DOptions {
    public init(keras options: inout KerasOptions) throws {
        try options.requireChannelsLast()
        self.init(
            kernelSize: try options.extent("kernel_size"),
            strides: try options.extent("strides", default: Extent2D(1, 1)), padding: try options.padding(),
            dilationRate: try options.extent("dilation_rate", default: Extent2D(1, 1)),
            depthMultiplier: try options.integer("depth_multiplier"), activation: try options.activation(),
            useBias: try options.boolean("use_bias", default: true))
    }

    public func kerasOptions(of layer: String) throws -> [String: JSONValue] {
        [
            "kernel_size": kernelSize.kerasValue, "strides": strides.kerasValue, "padding": .string(padding.rawValue),
            "dilation_rate": dilationRate.kerasValue, "depth_multiplier": .integer(depthMultiplier),
            "data_format": "channels_last", "activation": try activation.kerasValue(of: layer),
            "use_bias": .boolean(useBias),
        ]
    }
}

// MARK: ONNX

extension DepthwiseConvolution2DOptions {
    /// A convolution with as many groups as channels.
    public func onnxValue(of layer: ONNXLayer, in graph: inout some ONNXGraph) -> ONNXValue {
        let input = layer.inputs[0]
        let window = ONNXWindow(input.shape, layer.outputShape, kernelSize, strides, padding, dilation: dilationRate)
        // Outputs stand in the order of channel and multiplier here and there.
        let kernel = graph.kernel(of: layer, window: kernelSize, inputs: 1, outputs: layer.outputShape.channels)
        let sums = graph.append(
            "Conv", [input.name, kernel] + graph.bias(of: layer),
            window.attributes + [.integer("group", input.shape.channels)], in: layer.name)
        return layer.value(graph.activation(activation, sums, in: layer.name))
    }
}
