import Tensors

/// The input's values as a vector. `keras.layers.Flatten`.
public struct FlattenOptions: LayerOptions {
    public static let storedName = "flatten"
    public static let kerasClasses = ["Flatten"]

    public func operation(at place: LayerPlace) throws -> LayerOperation {
        .reshape([try place.inputShape().count])
    }
}

extension LayerKind {
    /// The input's values as a vector.
    public static var flatten: LayerKind { LayerKind(FlattenOptions()) }
}

// MARK: Keras

extension FlattenOptions {
    public init(keras options: inout KerasOptions) throws { try options.requireChannelsLast() }

    public func kerasOptions(of layer: String) -> [String: JSONValue] { ["data_format": "channels_last"] }
}

// MARK: ONNX

extension FlattenOptions {
    /// A flattened NCHW map has its values in another order than Keras'; the order goes along.
    public func onnxValue(of layer: ONNXLayer, in graph: inout some ONNXGraph) -> ONNXValue {
        let input = layer.inputs[0]
        guard input.shape.extents.count > 1 else { return input }
        return ONNXValue(
            name: graph.append("Flatten", [input.name], [.integer("axis", 1)], in: layer.name),
            shape: layer.outputShape, order: WeightLayout.flattenedOrder(of: input.shape))
    }
}
