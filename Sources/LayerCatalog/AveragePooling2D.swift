import Layers
import Tensors

/// The mean of each window of a map, over the pixels that lie on the map. `keras.layers.AveragePooling2D`.
public struct AveragePooling2DOptions: LayerOptions {
    /// Height and width of the window.
    public var poolSize: Extent2D
    /// How far the window moves between outputs.
    public var strides: Extent2D
    /// Whether maps are padded.
    public var padding: Padding

    public static let storedName = "averagePooling2D"
    public static let kerasClasses = ["AveragePooling2D"]

    public func operation(at place: LayerPlace) throws -> LayerOperation {
        let shape = try place.mapShape()
        try place.checkWindow(poolSize, strides: strides, padding: padding, on: shape)
        return .layer(
            AveragePooling2D(
                name: place.layer, inputShape: shape, poolSize: poolSize, strides: strides, padding: padding))
    }
}

extension LayerKind {
    /// The mean of each window of a map, over the pixels that lie on the map.
    public static func averagePooling2D(poolSize: Extent2D, strides: Extent2D, padding: Padding) -> LayerKind {
        LayerKind(AveragePooling2DOptions(poolSize: poolSize, strides: strides, padding: padding))
    }
}

// MARK: Keras

extension AveragePooling2DOptions {
    public init(keras options: inout KerasOptions) throws {
        try options.requireChannelsLast()
        let size = try options.extent("pool_size")
        self.init(
            poolSize: size, strides: try options.extent("strides", default: size), padding: try options.padding())
    }

    public func kerasOptions(of layer: String) -> [String: JSONValue] {
        [
            "pool_size": poolSize.kerasValue, "strides": strides.kerasValue, "padding": .string(padding.rawValue),
            "data_format": "channels_last",
        ]
    }
}

// MARK: ONNX

extension AveragePooling2DOptions {
    public func onnxValue(of layer: ONNXLayer, in graph: inout some ONNXGraph) -> ONNXValue {
        let window = ONNXWindow(layer.inputs[0].shape, layer.outputShape, poolSize, strides, padding)
        return layer.value(
            graph.append(
                "AveragePool", [layer.inputs[0].name], window.attributes + [.integer("count_include_pad", 0)],
                in: layer.name))
    }
}
