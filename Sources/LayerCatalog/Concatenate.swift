import Layers
import Tensors

/// Inputs side by side along one axis. `keras.layers.Concatenate`.
public struct ConcatenateOptions: LayerOptions {
    /// The axis as Keras counts it, from 1 for the first of a sample, or from −1 backwards; nil for the last one.
    public var axis: Int?

    public static let storedName = "concatenate"
    public static let kerasClasses = ["Concatenate"]
    public static let inputCount = LayerInputCount.several

    public func operation(at place: LayerPlace) throws -> LayerOperation {
        let shapes = try place.mergedShapes()
        guard let index = sampleAxis(of: shapes[0]) else {
            throw place.fault(
                "its axis is \(axis ?? -1), and its inputs have the shapes \(place.shapeList)",
                remedy: "join along an axis that a sample has, -1 for the last")
        }
        func others(_ shape: Shape) -> [Int] {
            shape.extents.enumerated().compactMap { $0 == index ? nil : $1 } + [shape.extents.count]
        }
        guard shapes.allSatisfy({ others($0) == others(shapes[0]) }) else {
            throw place.fault(
                "its inputs have the shapes \(place.shapeList)",
                remedy: index == shapes[0].extents.count - 1
                    ? "join outputs that agree in all extents but the last"
                    : "join outputs that agree in all extents but that of axis \(index + 1)")
        }
        // A few layers that each join their inputs with themselves would double the channels without end.
        try place.checkSizes([others(shapes[0]) + [shapes.reduce(0) { $0 + $1.extents[index] }]])
        return .layer(Concatenate(name: place.layer, inputShapes: shapes, axis: index))
    }

    /// The axis among those of a sample, counted from 0; nil when it has none.
    private func sampleAxis(of shape: Shape) -> Int? {
        let axis = axis ?? -1
        let index = axis > 0 ? axis - 1 : shape.extents.count + axis
        return axis != 0 && shape.extents.indices.contains(index) ? index : nil
    }
}

extension LayerKind {
    /// Inputs side by side along the last axis.
    public static var concatenate: LayerKind { .concatenate(axis: nil) }

    /// Inputs side by side along an axis as Keras counts it; nil for the last one.
    public static func concatenate(axis: Int?) -> LayerKind { LayerKind(ConcatenateOptions(axis: axis)) }
}

// MARK: Keras

extension ConcatenateOptions {
    public init(keras options: inout KerasOptions) throws { self.init(axis: try options.axis()) }

    public func kerasOptions(of layer: String) -> [String: JSONValue] { ["axis": .integer(axis ?? -1)] }
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
        // Maps have their channels first.
        let index = sampleAxis(of: layer.outputShape) ?? 0
        let axis = index == layer.outputShape.extents.count - 1 ? 1 : index + 2
        return ONNXValue(
            name: graph.append("Concat", layer.inputs.map(\.name), [.integer("axis", axis)], in: layer.name),
            shape: layer.outputShape, order: order)
    }
}
