import Layers
import Tensors

/// Each sample's groups of channels brought to mean 0 and variance 1. `keras.layers.GroupNormalization`.
public struct GroupNormalizationOptions: LayerOptions {
    /// How many groups; −1 for one of each channel.
    public var groups: Int
    /// What is added to the variance.
    public var epsilon: Float
    /// Whether there is a β.
    public var center: Bool
    /// Whether there is a γ.
    public var scale: Bool

    public static let storedName = "groupNormalization"
    public static let kerasClasses = ["GroupNormalization"]
    public static let kerasVariables = ["gamma", "beta"]

    public func operation(at place: LayerPlace) throws -> LayerOperation {
        let shape = try place.inputShape()
        let count = groups == -1 ? shape.channels : groups
        try place.check(epsilon: epsilon)
        guard count > 0, shape.channels % count == 0 else {
            throw place.fault(
                "it has \(groups) groups of \(shape.channels) channels",
                remedy: "use a number of groups that divides that of the channels")
        }
        return .layer(
            GroupwiseNormalization(
                name: place.layer, inputShape: shape, groups: count, epsilon: epsilon, hasScale: scale,
                hasCenter: center))
    }
}

extension LayerKind {
    /// Each sample's groups of channels brought to mean 0 and variance 1.
    public static func groupNormalization(
        groups: Int, epsilon: Float, center: Bool = true, scale: Bool = true
    ) -> LayerKind {
        LayerKind(GroupNormalizationOptions(groups: groups, epsilon: epsilon, center: center, scale: scale))
    }
}

// MARK: Keras

extension GroupNormalizationOptions {
    public init(keras options: inout KerasOptions) throws {
        try options.requireLastAxis()
        let groups = options.take("groups")
        guard groups.isNull || groups.integer.map({ (-1...(1 << 16)).contains($0) }) == true else {
            throw options.unsupported("groups", groups, supported: "a number of groups, or -1")
        }
        self.init(
            groups: groups.integer ?? 32, epsilon: try options.number("epsilon", default: 0.001),
            center: try options.boolean("center", default: true), scale: try options.boolean("scale", default: true))
    }

    public func kerasOptions(of layer: String) -> [String: JSONValue] {
        [
            "groups": .integer(groups), "axis": -1, "epsilon": .number(shortest: epsilon), "center": .boolean(center),
            "scale": .boolean(scale),
        ]
    }
}

// MARK: ONNX

extension GroupNormalizationOptions {
    /// Groups as the channels of an instance normalisation, then γ and β. (ONNX' own operator came with version 18.)
    public func onnxValue(of layer: ONNXLayer, in graph: inout some ONNXGraph) -> ONNXValue {
        let input = graph.inKerasOrder(layer.inputs[0], in: layer.name)
        let channels = input.shape.channels
        let count = groups == -1 ? channels : groups
        let grouped = graph.append(
            "Reshape", [input.name, graph.constant("\(layer.name)/groups", integers: [0, count, -1])], in: layer.name)
        let ones = graph.constant("\(layer.name)/ones", shape: [count], Array(repeating: 1, count: count))
        let zeros = graph.constant("\(layer.name)/zeros", shape: [count], Array(repeating: 0, count: count))
        let normalized = graph.append(
            "InstanceNormalization", [grouped, ones, zeros], [.float("epsilon", epsilon)], in: layer.name)
        let extents = [0, channels] + input.shape.extents.dropLast()
        var value = graph.append(
            "Reshape", [normalized, graph.constant("\(layer.name)/shape", integers: extents)], in: layer.name)
        let shape = Shape(input.shape.extents.dropLast().map { _ in 1 } + [channels])
        for (name, type) in [("gamma", "Mul"), ("beta", "Add")] {
            guard let values = layer.parameter(name) else { continue }
            let operand = graph.constant("\(layer.name)/\(name)", values, of: shape, beside: input)
            value = graph.append(type, [value, operand], in: layer.name)
        }
        return ONNXValue(name: value, shape: layer.outputShape)
    }
}
