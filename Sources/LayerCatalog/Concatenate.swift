import Layers
import Tensors

/// Inputs side by side along the last axis. `keras.layers.Concatenate`.
public struct ConcatenateOptions: LayerOptions {
    public static let storedName = "concatenate"
    public static let kerasClasses = ["Concatenate"]
    public static let inputCount = LayerInputCount.several

    public func operation(at place: LayerPlace) throws -> LayerOperation {
        let shapes = try place.mergedShapes()
        guard shapes.allSatisfy({ $0.extents.dropLast() == shapes[0].extents.dropLast() }) else {
            throw place.fault(
                "its inputs have the shapes \(place.shapeList)",
                remedy: "join outputs that agree in all extents but the last")
        }
        // A few layers that each join their inputs with themselves would double the channels without end.
        try place.checkSizes([[shapes.reduce(0) { $0 + $1.channels }, shapes[0].rows]])
        return .layer(Concatenate(name: place.layer, inputShapes: shapes))
    }
}

extension LayerKind {
    /// Inputs side by side along the last axis.
    public static var concatenate: LayerKind { LayerKind(ConcatenateOptions()) }
}

// MARK: Keras

extension ConcatenateOptions {
    public init(keras options: inout KerasOptions) throws { try options.requireLastAxis() }

    public func kerasOptions(of layer: String) -> [String: JSONValue] { ["axis": -1] }
}

// MARK: ONNX

extension ConcatenateOptions {
    public func onnxValue(of layer: ONNXLayer, in graph: inout some ONNXGraph) -> ONNXValue {
        var order: [Int]?
        if layer.inputs.contains(where: { $0.order != nil }) {
            var features: [Int] = []
            for input in layer.inputs {
                let first = features.count
                features += (input.order ?? Array(0..<input.shape.count)).map { first + $0 }
            }
            order = features
        }
        return ONNXValue(
            name: graph.append("Concat", layer.inputs.map(\.name), [.integer("axis", 1)], in: layer.name),
            shape: layer.outputShape, order: order)
    }
}
