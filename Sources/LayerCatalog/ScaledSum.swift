import Layers
import Tensors

/// The first input and a multiple of the second: `CustomScaleLayer` of `keras.applications`' InceptionResNetV2.
public struct ScaledSumOptions: LayerOptions {
    /// What the second input is multiplied by.
    public var scale: Float

    public static let storedName = "scaledSum"
    public static let kerasClasses = ["CustomScaleLayer"]
    public static let kerasModule = "keras.src.applications.inception_resnet_v2"
    public static let inputCount = LayerInputCount.several

    public func operation(at place: LayerPlace) throws -> LayerOperation {
        let shapes = try place.broadcastShapes()
        guard shapes.count == 2, scale.isFinite else {
            throw place.fault(
                "it has \(shapes.count) inputs and the scale \(scale)",
                remedy: "feed it two layers and use a finite number")
        }
        return .layer(Merge(name: place.layer, inputShapes: shapes, combination: .scaledSum(factor: scale)))
    }
}

extension LayerKind {
    /// The first input and `scale` times the second.
    public static func scaledSum(scale: Float) -> LayerKind { LayerKind(ScaledSumOptions(scale: scale)) }
}

// MARK: Keras

extension ScaledSumOptions {
    public init(keras options: inout KerasOptions) throws { self.init(scale: try options.number("scale")) }

    public func kerasOptions(of layer: String) -> [String: JSONValue] { ["scale": .number(shortest: scale)] }
}

// MARK: ONNX

extension ScaledSumOptions {
    public func onnxValue(of layer: ONNXLayer, in graph: inout some ONNXGraph) -> ONNXValue {
        let inputs = graph.broadcastable(layer.inputs, in: layer.name)
        let scaled = graph.append(
            "Mul", [inputs[1].name, graph.constant("\(layer.name)/scale", scale)], in: layer.name)
        return ONNXValue(
            name: graph.append("Add", [inputs[0].name, scaled], in: layer.name), shape: layer.outputShape,
            order: inputs[0].order)
    }
}
