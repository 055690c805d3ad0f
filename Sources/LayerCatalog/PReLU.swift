import Layers
import Tensors

/// A rectifier whose slope below zero is trained. `keras.layers.PReLU`.
public struct PReLUOptions: LayerOptions {
    /// Axes along which one slope stands for all, as Keras counts them: 1 is the first axis of a sample.
    public var sharedAxes: [Int]

    public static let storedName = "prelu"
    public static let kerasClasses = ["PReLU"]
    public static let kerasVariables = ["alpha"]

    public func operation(at place: LayerPlace) throws -> LayerOperation {
        let shape = try place.inputShape()
        guard sharedAxes.allSatisfy({ (1...shape.extents.count).contains($0) }) else {
            throw place.fault(
                "it shares the axes \(sharedAxes) of inputs of shape \(shape)",
                remedy: "share axes from 1 to \(shape.extents.count)")
        }
        return .layer(PReLU(name: place.layer, inputShape: shape, sharedAxes: Set(sharedAxes.map { $0 - 1 })))
    }
}

extension LayerKind {
    /// A rectifier whose slope below zero is trained; along shared axes, counted from 1, one slope stands for all.
    public static func prelu(sharedAxes: [Int]) -> LayerKind { LayerKind(PReLUOptions(sharedAxes: sharedAxes)) }
}

// MARK: Keras

extension PReLUOptions {
    public init(keras options: inout KerasOptions) throws {
        let axes = options.take("shared_axes")
        guard axes.isNull || axes.array?.allSatisfy({ $0.integer != nil }) == true else {
            throw options.unsupported("shared_axes", axes, supported: "axes from 1 on, such as [1, 2]")
        }
        self.init(sharedAxes: axes.array?.compactMap(\.integer) ?? [])
    }

    public func kerasOptions(of layer: String) -> [String: JSONValue] {
        ["shared_axes": sharedAxes.isEmpty ? .null : .array(sharedAxes.map { .integer($0) })]
    }
}

// MARK: ONNX

extension PReLUOptions {
    public func onnxValue(of layer: ONNXLayer, in graph: inout some ONNXGraph) -> ONNXValue {
        let input = layer.inputs[0]
        let shape = Shape(input.shape.extents.enumerated().map { sharedAxes.contains($0 + 1) ? 1 : $1 })
        let slopes = graph.constant(
            "\(layer.name)/alpha", layer.requiredParameter("alpha"), of: shape, beside: input)
        return layer.value(graph.append("PRelu", [input.name, slopes], in: layer.name))
    }
}
