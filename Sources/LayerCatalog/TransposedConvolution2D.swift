import Layers
import Tensors

/// The transpose of a convolution, which enlarges maps. `keras.layers.Conv2DTranspose`.
public struct TransposedConvolution2DOptions: LayerOptions {
    /// How many channels the layer gives.
    public var filters: Int
    /// Height and width of the kernel.
    public var kernelSize: Extent2D
    /// How far apart the kernels of neighbouring pixels lie.
    public var strides: Extent2D
    /// Whether the output is cut to a multiple of the input.
    public var padding: Padding
    /// By how much the output is larger than the kernels alone would make it; nil for as Keras chooses it.
    public var outputPadding: Extent2D?
    /// Pixels from one tap of the kernel to the next.
    public var dilationRate: Extent2D
    /// What is applied to the sums.
    public var activation: ActivationFunction
    /// Whether there is a bias.
    public var useBias: Bool

    public static let storedName = "transposedConvolution2D"
    public static let kerasClasses = ["Conv2DTranspose"]
    public static let kerasVariables = ["kernel", "bias"]

    public var parametersScaleOutput: Bool { true }

    public func operation(at place: LayerPlace) throws -> LayerOperation {
        try place.check(activation)
        _ = try place.inputShape()
        guard filters > 0 else { throw place.fault("it has \(filters) filters", remedy: "use at least one") }
        let shape = try place.mapShape()
        // A kernel may be larger than the map that it enlarges.
        try place.checkWindow(kernelSize, strides: strides, padding: .same, dilation: dilationRate, on: shape)
        try place.checkOneOf(strides, dilationRate)
        if let outputPadding {
            guard 0..<strides.height ~= outputPadding.height, 0..<strides.width ~= outputPadding.width else {
                throw place.fault(
                    "its output padding is \(outputPadding.height)×\(outputPadding.width)",
                    remedy: "use less than the strides")
            }
        }
        try place.checkSizes([
            [filters, kernelSize.height, kernelSize.width, shape.channels], [shape.extents[0], strides.height],
            [shape.extents[1], strides.width],
        ])
        let (rows, columns) = axes(of: shape)
        guard rows.output > 0, columns.output > 0 else {
            throw place.fault("its output has no pixels", remedy: "use padding valid, or more output padding")
        }
        try place.checkSizes([
            [
                rows.output + kernelSize.height * dilationRate.height,
                columns.output + kernelSize.width * dilationRate.width, filters,
            ]
        ])
        return .layer(
            TransposedConvolution2D(
                name: place.layer, inputShape: shape, filters: filters, kernelSize: kernelSize, strides: strides,
                padding: padding, outputPadding: outputPadding, dilation: dilationRate, hasBias: useBias),
            activation: activation)
    }

    /// How kernels lie along the output of a map.
    private func axes(of map: Shape) -> (rows: TransposedAxis, columns: TransposedAxis) {
        (
            TransposedAxis(
                extent: map.extents[0], window: kernelSize.height, stride: strides.height, padding: padding,
                outputPadding: outputPadding?.height, dilation: dilationRate.height),
            TransposedAxis(
                extent: map.extents[1], window: kernelSize.width, stride: strides.width, padding: padding,
                outputPadding: outputPadding?.width, dilation: dilationRate.width)
        )
    }
}

extension LayerKind {
    /// The transpose of a convolution, which enlarges maps.
    public static func transposedConvolution2D(
        filters: Int, kernelSize: Extent2D, strides: Extent2D, padding: Padding, outputPadding: Extent2D? = nil,
        dilationRate: Extent2D = Extent2D(1, 1), activation: ActivationFunction, useBias: Bool = true
    ) -> LayerKind {
        LayerKind(
            TransposedConvolution2DOptions(
                filters: filters, kernelSize: kernelSize, strides: strides, padding: padding,
                outputPadding: outputPadding, dilationRate: dilationRate, activation: activation, useBias: useBias))
    }
}

// MARK: Keras

extension TransposedConvolution2DOptions {
    public init(keras options: inout KerasOptions) throws {
        try options.requireChannelsLast()
        self.init(
            filters: try options.integer("filters"), kernelSize: try options.extent("kernel_size"),
            strides: try options.extent("strides", default: Extent2D(1, 1)), padding: try options.padding(),
            outputPadding: try options.optionalExtent("output_padding"),
            dilationRate: try options.extent("dilation_rate", default: Extent2D(1, 1)),
            activation: try options.activation(), useBias: try options.boolean("use_bias", default: true))
    }

    public func kerasOptions(of layer: String) throws -> [String: JSONValue] {
        [
            "filters": .integer(filters), "kernel_size": kernelSize.kerasValue, "strides": strides.kerasValue,
            "padding": .string(padding.rawValue), "output_padding": outputPadding?.kerasValue ?? .null,
            "dilation_rate": dilationRate.kerasValue, "data_format": "channels_last",
            "activation": try activation.kerasValue(of: layer), "use_bias": .boolean(useBias),
        ]
    }
}

// MARK: ONNX

extension TransposedConvolution2DOptions {
    public func onnxValue(of layer: ONNXLayer, in graph: inout some ONNXGraph) -> ONNXValue {
        let input = layer.inputs[0]
        let (rows, columns) = axes(of: input.shape)
        // Keras' kernel is (height, width, out, in), ONNX' (in, out, height, width).
        let kernel = graph.kernel(
            of: layer, window: kernelSize, inputs: layer.outputShape.channels, outputs: input.shape.channels)
        let attributes: [ONNXAttribute] =
            [
                .integers("kernel_shape", [kernelSize.height, kernelSize.width]),
                .integers("strides", [strides.height, strides.width]),
                .integers("pads", [rows.before, columns.before, max(rows.after, 0), max(columns.after, 0)]),
            ]
            + (rows.after >= 0 && columns.after >= 0
                ? [] : [.integers("output_padding", [max(-rows.after, 0), max(-columns.after, 0)])])
            + (dilationRate == Extent2D(1, 1)
                ? [] : [.integers("dilations", [dilationRate.height, dilationRate.width])])
        let sums = graph.append(
            "ConvTranspose", [input.name, kernel] + graph.bias(of: layer), attributes, in: layer.name)
        return layer.value(graph.activation(activation, sums, in: layer.name))
    }
}
