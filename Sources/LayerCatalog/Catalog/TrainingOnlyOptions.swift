/// The options of a layer that does something in training alone, and gives its input otherwise.
public protocol TrainingOnlyOptions: LayerOptions {}

extension TrainingOnlyOptions {
    /// Whether this is training, `fit` and `predict` say themselves.
    public static var kerasCallDefaults: [String: JSONValue] { ["training": false] }

    /// Nothing: what is written is for prediction.
    public func onnxValue(of layer: ONNXLayer, in graph: inout some ONNXGraph) -> ONNXValue {
        layer.value(layer.inputs[0].name)
    }
}
