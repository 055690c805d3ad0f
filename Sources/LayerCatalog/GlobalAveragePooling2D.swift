import Layers
import Tensors

/// The mean of each channel of a map. `keras.layers.GlobalAveragePooling2D`.
public struct GlobalAveragePooling2DOptions: LayerOptions {
    /// Whether the result is a map of one pixel rather than a vector.
    public var keepDimensions: Bool

    public static let storedName = "globalAveragePooling2D"
    public static let kerasClasses = ["GlobalAveragePooling2D"]

    public func operation(at place: LayerPlace) throws -> LayerOperation {
        let shape = try place.mapShape()
        return .layer(
            GlobalPooling2D(
                name: place.layer, inputShape: shape, statistic: .mean, keepsDimensions: keepDimensions))
    }
}

extension LayerKind {
    /// The mean of each channel; with `keepDimensions` as a map of one pixel.
    public static func globalAveragePooling2D(keepDimensions: Bool) -> LayerKind {
        LayerKind(GlobalAveragePooling2DOptions(keepDimensions: keepDimensions))
    }
}

// MARK: Keras

extension GlobalAveragePooling2DOptions {
    public init(keras options: inout KerasOptions) throws {
        try options.requireChannelsLast()
        self.init(keepDimensions: try options.boolean("keepdims", default: false))
    }

    public func kerasOptions(of layer: String) -> [String: JSONValue] {
        ["data_format": "channels_last", "keepdims": .boolean(keepDimensions)]
    }
}

// MARK: ONNX

extension GlobalAveragePooling2DOptions {
    public func onnxValue(of layer: ONNXLayer, in graph: inout some ONNXGraph) -> ONNXValue {
        let pooled = graph.append("GlobalAveragePool", [layer.inputs[0].name], in: layer.name)
        return layer.value(
            keepDimensions ? pooled : graph.append("Flatten", [pooled], [.integer("axis", 1)], in: layer.name))
    }
}
