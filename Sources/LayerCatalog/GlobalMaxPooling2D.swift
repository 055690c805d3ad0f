import Layers
import Tensors

/// The maximum of each channel of a map. `keras.layers.GlobalMaxPooling2D`.
public struct GlobalMaxPooling2DOptions: LayerOptions {
    /// Whether the result is a map of one pixel rather than a vector.
    public var keepDimensions: Bool

    public static let storedName = "globalMaxPooling2D"
    public static let kerasClasses = ["GlobalMaxPooling2D"]

    public func operation(at place: LayerPlace) throws -> LayerOperation {
        let shape = try place.mapShape()
        return .layer(
            GlobalPooling2D(
                name: place.layer, inputShape: shape, statistic: .maximum, keepsDimensions: keepDimensions))
    }
}

extension LayerKind {
    /// The maximum of each channel; with `keepDimensions` as a map of one pixel.
    public static func globalMaxPooling2D(keepDimensions: Bool) -> LayerKind {
        LayerKind(GlobalMaxPooling2DOptions(keepDimensions: keepDimensions))
    }
}

// MARK: Keras

extension GlobalMaxPooling2DOptions {
    public init(keras options: inout KerasOptions) throws {
        try options.requireChannelsLast()
        self.init(keepDimensions: try options.boolean("keepdims", default: false))
    }

    public func kerasOptions(of layer: String) -> [String: JSONValue] {
        ["data_format": "channels_last", "keepdims": .boolean(keepDimensions)]
    }
}

// MARK: ONNX

extension GlobalMaxPooling2DOptions {
    public func onnxValue(of layer: ONNXLayer, in graph: inout some ONNXGraph) -> ONNXValue {
        let pooled = graph.append("GlobalMaxPool", [layer.inputs[0].name], in: layer.name)
        return layer.value(
            keepDimensions ? pooled : graph.append("Flatten", [pooled], [.integer("axis", 1)], in: layer.name))
    }
}
