import Layers
import Tensors

/// The maximum of each window of a map. `keras.layers.MaxPooling2D`.
public struct MaxPooling2DOptions: LayerOptions {
    /// Height and width of the window.
    public var poolSize: Extent2D
    /// How far the window moves between outputs.
    public var strides: Extent2D
    /// Whether maps are padded.
    public var padding: Padding

    public static let storedName = "maxPooling2D"
    public static let kerasClasses = ["MaxPooling2D"]

    public func operation(at place: LayerPlace) throws -> LayerOperation {
        let shape = try place.mapShape()
        try place.checkWindow(poolSize, strides: strides, padding: padding, on: shape)
        guard poolSize.height <= 1 << 24, poolSize.height * poolSize.width <= 1 << 24 else {
            throw place.fault("its window holds more than 2²⁴ pixels", remedy: "use a smaller window")
        }
        return .layer(
            MaxPooling2D(
                name: place.layer, inputShape: shape, poolSize: poolSize, strides: strides, padding: padding))
    }
}

extension LayerKind {
    /// The maximum of each window of a map.
    public static func maxPooling2D(poolSize: Extent2D, strides: Extent2D, padding: Padding) -> LayerKind {
        LayerKind(MaxPooling2DOptions(poolSize: poolSize, strides: strides, padding: padding))
    }
}

// MARK: Keras

extension MaxPooling2DOptions {
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

extension MaxPooling2DOptions {
    public func onnxValue(of layer: ONNXLayer, in graph: inout some ONNXGraph) -> ONNXValue {
        let window = ONNXWindow(layer.inputs[0].shape, layer.outputShape, poolSize, strides, padding)
        return layer.value(graph.append("MaxPool", [layer.inputs[0].name], window.attributes, in: layer.name))
    }
}
