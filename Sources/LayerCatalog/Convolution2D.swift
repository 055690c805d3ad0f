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
    /// Pixels from one tap of the kernel to the next.
    public var dilationRate = Extent2D(1, 1)
    /// Into how many groups channels and filters fall.
    public var groups = 1
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
        try place.checkWindow(kernelSize, strides: strides, padding: padding, dilation: dilationRate, on: shape)
        try place.checkOneOf(strides, dilationRate)
        let (height, width) = (kernelSize.height * dilationRate.height, kernelSize.width * dilationRate.width)
        try place.checkSizes([
            [filters, kernelSize.height, kernelSize.width, shape.channels],
            [filters, shape.extents[0] + height, shape.extents[1] + width],
        ])
        guard groups > 0, filters % groups == 0, shape.channels % groups == 0 else {
            throw place.fault(
                "its \(shape.channels) channels and \(filters) filters do not fall into \(groups) groups",
                remedy: "use a number of groups that divides both")
        }
        guard groups > 1 else {
            return .layer(
                Convolution2D(
                    name: place.layer, inputShape: shape, filters: filters, kernelSize: kernelSize, strides: strides,
                    padding: padding, dilation: dilationRate, hasBias: useBias),
                activation: activation)
        }
        guard groups < shape.channels else {
            return .layer(
                DepthwiseConvolution2D(
                    name: place.layer, inputShape: shape, kernelSize: kernelSize, strides: strides, padding: padding,
                    dilation: dilationRate, depthMultiplier: filters / groups, hasBias: useBias, isGrouped: true),
                activation: activation)
        }
        return .layer(
            GroupedConvolution2D(
                name: place.layer, inputShape: shape, filters: filters, kernelSize: kernelSize, strides: strides,
                padding: padding, dilation: dilationRate, groups: groups, hasBias: useBias),
            activation: activation)
    }
}

extension LayerPlace {
    /// Checks that strides and dilation are not both above one: Keras could not read such a layer.
    ///
    /// - Throws: a fault when they are.
    func checkOneOf(_ strides: Extent2D, _ dilation: Extent2D) throws {
        guard max(strides.height, strides.width) == 1 || max(dilation.height, dilation.width) == 1 else {
            throw fault(
                "its strides and its dilation rate are both above 1, which Keras refuses",
                remedy: "use one of them")
        }
    }
}

extension Convolution2DOptions {
    private enum CodingKeys: String, CodingKey {
        case filters, kernelSize, strides, padding, dilationRate, groups, activation, useBias
    }

    /// Files of before there was dilation or groups do not mention them.
    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            filters: try values.decode(Int.self, forKey: .filters),
            kernelSize: try values.decode(Extent2D.self, forKey: .kernelSize),
            strides: try values.decode(Extent2D.self, forKey: .strides),
            padding: try values.decode(Padding.self, forKey: .padding),
            dilationRate: try values.decodeIfPresent(Extent2D.self, forKey: .dilationRate) ?? Extent2D(1, 1),
            groups: try values.decodeIfPresent(Int.self, forKey: .groups) ?? 1,
            activation: try values.decode(ActivationFunction.self, forKey: .activation),
            useBias: try values.decode(Bool.self, forKey: .useBias))
    }

    /// A plain convolution is stored as ever.
    public func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: CodingKeys.self)
        try values.encode(filters, forKey: .filters)
        try values.encode(kernelSize, forKey: .kernelSize)
        try values.encode(strides, forKey: .strides)
        try values.encode(padding, forKey: .padding)
        if dilationRate != Extent2D(1, 1) { try values.encode(dilationRate, forKey: .dilationRate) }
        if groups != 1 { try values.encode(groups, forKey: .groups) }
        try values.encode(activation, forKey: .activation)
        try values.encode(useBias, forKey: .useBias)
    }
}

extension LayerKind {
    /// A two-dimensional convolution of maps.
    public static func convolution2D(
        filters: Int, kernelSize: Extent2D, strides: Extent2D, padding: Padding,
        dilationRate: Extent2D = Extent2D(1, 1), groups: Int = 1, activation: ActivationFunction, useBias: Bool = true
    ) -> LayerKind {
        LayerKind(
            Convolution2DOptions(
                filters: filters, kernelSize: kernelSize, strides: strides, padding: padding,
                dilationRate: dilationRate, groups: groups, activation: activation, useBias: useBias))
    }
}

// MARK: Keras

extension Convolution2DOptions {
    public init(keras options: inout KerasOptions) throws {
        try options.requireChannelsLast()
        self.init(
            filters: try options.integer("filters"), kernelSize: try options.extent("kernel_size"),
            strides: try options.extent("strides", default: Extent2D(1, 1)), padding: try options.padding(),
            dilationRate: try options.extent("dilation_rate", default: Extent2D(1, 1)),
            groups: try options.integer("groups", default: 1), activation: try options.activation(),
            useBias: try options.boolean("use_bias", default: true))
    }

    public func kerasOptions(of layer: String) throws -> [String: JSONValue] {
        [
            "filters": .integer(filters), "kernel_size": kernelSize.kerasValue, "strides": strides.kerasValue,
            "padding": .string(padding.rawValue), "data_format": "channels_last",
            "dilation_rate": dilationRate.kerasValue, "groups": .integer(groups),
            "activation": try activation.kerasValue(of: layer), "use_bias": .boolean(useBias),
        ]
    }
}

// MARK: ONNX

extension Convolution2DOptions {
    public func onnxValue(of layer: ONNXLayer, in graph: inout some ONNXGraph) -> ONNXValue {
        let input = layer.inputs[0]
        let window = ONNXWindow(input.shape, layer.outputShape, kernelSize, strides, padding, dilation: dilationRate)
        let kernel = graph.kernel(
            of: layer, window: kernelSize, inputs: input.shape.channels / groups, outputs: layer.outputShape.channels)
        let sums = graph.append(
            "Conv", [input.name, kernel] + graph.bias(of: layer),
            window.attributes + (groups == 1 ? [] : [.integer("group", groups)]), in: layer.name)
        return layer.value(graph.activation(activation, sums, in: layer.name))
    }
}
