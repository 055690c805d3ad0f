import Layers
import Tensors

/// The axes of each sample in another order. `keras.layers.Permute`.
public struct PermuteOptions: LayerOptions {
    /// For each axis of the output the axis of the input that it is, counted from 1 as Keras does.
    public var dimensions: [Int]

    public static let storedName = "permute"
    public static let kerasClasses = ["Permute"]

    public func operation(at place: LayerPlace) throws -> LayerOperation {
        let shape = try place.inputShape()
        guard dimensions.sorted() == Array(1...shape.extents.count) else {
            throw place.fault(
                "it puts the axes of inputs of shape \(shape) in the order \(dimensions)",
                remedy: "name each axis from 1 to \(shape.extents.count) once")
        }
        return .layer(Permute(name: place.layer, inputShape: shape, order: dimensions.map { $0 - 1 }))
    }
}

extension LayerKind {
    /// The axes of each sample in another order, counted from 1.
    public static func permute(_ dimensions: [Int]) -> LayerKind { LayerKind(PermuteOptions(dimensions: dimensions)) }
}

// MARK: Keras

extension PermuteOptions {
    public init(keras options: inout KerasOptions) throws { self.init(dimensions: try options.integers("dims")) }

    public func kerasOptions(of layer: String) -> [String: JSONValue] {
        ["dims": .array(dimensions.map { .integer($0) })]
    }
}

// MARK: ONNX

extension PermuteOptions {
    public func onnxValue(of layer: ONNXLayer, in graph: inout some ONNXGraph) -> ONNXValue {
        let input = layer.inputs[0]
        guard dimensions.count > 1 else { return input }
        // Where each axis of a sample stands in the graph, whose maps have their channels first.
        let last = dimensions.count
        let order = [dimensions[last - 1]] + dimensions.dropLast()
        let places = order.map { $0 == last ? 1 : $0 + 1 }
        return ONNXValue(
            name: graph.append("Transpose", [input.name], [.integers("perm", [0] + places)], in: layer.name),
            shape: layer.outputShape)
    }
}
