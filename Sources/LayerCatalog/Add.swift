import Layers
import Tensors

/// The sum of inputs, with broadcasting. `keras.layers.Add`.
public struct AddOptions: LayerOptions {
    public static let storedName = "add"
    public static let kerasClasses = ["Add"]
    public static let inputCount = LayerInputCount.several

    public func operation(at place: LayerPlace) throws -> LayerOperation {
        let shapes = try place.broadcastShapes()
        guard shapes.allSatisfy({ $0 == shapes[0] }) else {
            return .layer(Merge(name: place.layer, inputShapes: shapes, combination: .sum))
        }
        return .layer(Add(name: place.layer, inputShape: shapes[0]))
    }
}

extension LayerKind {
    /// The sum of inputs.
    public static var add: LayerKind { LayerKind(AddOptions()) }
}

// MARK: Keras

extension AddOptions {
    public init(keras options: inout KerasOptions) {}

    public func kerasOptions(of layer: String) -> [String: JSONValue] { [:] }
}

// MARK: ONNX

extension AddOptions {
    public func onnxValue(of layer: ONNXLayer, in graph: inout some ONNXGraph) -> ONNXValue {
        let inputs = graph.broadcastable(layer.inputs, in: layer.name)
        var sum = inputs[0].name
        for input in inputs.dropFirst() { sum = graph.append("Add", [sum, input.name], in: layer.name) }
        return ONNXValue(name: sum, shape: layer.outputShape, order: inputs[0].order)
    }
}
