import Layers
import Tensors

/// The input's values under another shape. `keras.layers.Reshape`.
public struct ReshapeOptions: LayerOptions {
    /// The extents of a sample; one of them may be −1 for what is left.
    public var targetShape: [Int]

    public static let storedName = "reshape"
    public static let kerasClasses = ["Reshape"]

    public func operation(at place: LayerPlace) throws -> LayerOperation {
        let shape = try place.inputShape()
        let fault = place.fault(
            "it makes \(targetShape) of inputs of shape \(shape)",
            remedy: "use extents whose product is \(shape.count), one of which may be -1")
        let given = targetShape.filter { $0 != -1 }
        guard (1...8).contains(targetShape.count), targetShape.count - given.count <= 1,
            given.allSatisfy({ (1...shape.count).contains($0) })
        else { throw fault }
        try place.checkSizes([given])
        let product = given.reduce(1, *)
        guard shape.count % product == 0, given.count < targetShape.count || product == shape.count else { throw fault }
        return .reshape(Shape(targetShape.map { $0 == -1 ? shape.count / product : $0 }))
    }
}

extension LayerKind {
    /// The input's values under another shape, of which one extent may be −1.
    public static func reshape(_ targetShape: [Int]) -> LayerKind {
        LayerKind(ReshapeOptions(targetShape: targetShape))
    }
}

// MARK: Keras

extension ReshapeOptions {
    public init(keras options: inout KerasOptions) throws {
        self.init(targetShape: try options.integers("target_shape"))
    }

    public func kerasOptions(of layer: String) -> [String: JSONValue] {
        ["target_shape": .array(targetShape.map { .integer($0) })]
    }
}

// MARK: ONNX

extension ReshapeOptions {
    /// Between two vectors nothing; else by way of Keras' order of axes.
    public func onnxValue(of layer: ONNXLayer, in graph: inout some ONNXGraph) -> ONNXValue {
        let (input, output) = (layer.inputs[0], layer.outputShape)
        if input.shape == output { return input }
        let name = graph.channelsLast(input, in: layer.name)
        // 0: as many samples as there are.
        let extents = graph.constant("\(layer.name)/shape", integers: [0] + output.extents)
        return graph.channelsFirst(graph.append("Reshape", [name, extents], in: layer.name), output, in: layer.name)
    }
}
