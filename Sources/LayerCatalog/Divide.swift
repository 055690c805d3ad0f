import Layers
import Tensors

/// One input divided by another, with broadcasting: what Keras writes for a / b and `keras.ops.divide`.
public struct DivideOptions: LayerOptions {
    public static let storedName = "divide"
    public static let kerasClasses = ["Divide"]
    public static let kerasModule = KerasObject.operatorModule
    public static let inputCount = LayerInputCount.several

    public func operation(at place: LayerPlace) throws -> LayerOperation {
        let shapes = try place.broadcastShapes()
        guard shapes.count == 2 else {
            throw place.fault("it has \(shapes.count) inputs", remedy: "divide one layer by one other")
        }
        return .layer(Merge(name: place.layer, inputShapes: shapes, combination: .quotient))
    }
}

extension LayerKind {
    /// One input divided by another.
    public static var divide: LayerKind { LayerKind(DivideOptions()) }
}

// MARK: Keras

extension DivideOptions {
    public init(keras options: inout KerasOptions) {}

    public func kerasOptions(of layer: String) -> [String: JSONValue] { [:] }

    public func kerasArguments(_ tensors: [JSONValue]) -> [JSONValue] { tensors }
}

// MARK: ONNX

extension DivideOptions {
    public func onnxValue(of layer: ONNXLayer, in graph: inout some ONNXGraph) -> ONNXValue {
        let inputs = graph.broadcastable(layer.inputs, in: layer.name)
        return ONNXValue(
            name: graph.append("Div", inputs.map(\.name), in: layer.name), shape: layer.outputShape,
            order: inputs[0].order)
    }
}
