import Layers
import Tensors

/// Each sample's values along the last axes brought to mean 0 and variance 1. `keras.layers.LayerNormalization`.
public struct LayerNormalizationOptions: LayerOptions {
    /// The axes as Keras counts them, from 1 for the first of a sample, or from −1 backwards.
    public var axes: [Int]
    /// What is added to the variance.
    public var epsilon: Float
    /// Whether there is a β.
    public var center: Bool
    /// Whether there is a γ.
    public var scale: Bool

    public static let storedName = "layerNormalization"
    public static let kerasClasses = ["LayerNormalization"]
    public static let kerasVariables = ["gamma", "beta"]

    public func operation(at place: LayerPlace) throws -> LayerOperation {
        let shape = try place.inputShape()
        let normalized = try place.sampleAxes(axes)
        try place.check(epsilon: epsilon)
        guard normalized == Array((shape.extents.count - normalized.count)..<shape.extents.count) else {
            throw place.fault(
                "it normalises along the axes \(axes) of inputs of shape \(shape)",
                remedy: "use the last axes, such as -1 or [1, 2, 3]")
        }
        return .layer(
            GroupwiseNormalization(
                name: place.layer, inputShape: shape, overLast: normalized.count, epsilon: epsilon, hasScale: scale,
                hasCenter: center))
    }
}

extension LayerKind {
    /// Each sample's values along the last axes brought to mean 0 and variance 1.
    public static func layerNormalization(
        axes: [Int] = [-1], epsilon: Float, center: Bool = true, scale: Bool = true
    ) -> LayerKind {
        LayerKind(LayerNormalizationOptions(axes: axes, epsilon: epsilon, center: center, scale: scale))
    }
}

// MARK: Keras

extension LayerNormalizationOptions {
    public init(keras options: inout KerasOptions) throws {
        self.init(
            axes: try options.axes(default: [-1]), epsilon: try options.number("epsilon", default: 0.001),
            center: try options.boolean("center", default: true), scale: try options.boolean("scale", default: true))
    }

    public func kerasOptions(of layer: String) -> [String: JSONValue] {
        [
            "axis": axes.kerasAxes, "epsilon": .number(shortest: epsilon), "center": .boolean(center),
            "scale": .boolean(scale),
        ]
    }
}

// MARK: ONNX

extension LayerNormalizationOptions {
    /// In Keras' order of axes, in which the last ones lie together.
    public func onnxValue(of layer: ONNXLayer, in graph: inout some ONNXGraph) -> ONNXValue {
        let input = layer.inputs[0]
        let shape = Shape(input.shape.extents.suffix(axes.count))
        let gamma = layer.parameter("gamma") ?? Array(repeating: 1, count: shape.count)
        let operands =
            [
                graph.channelsLast(input, in: layer.name),
                graph.constant("\(layer.name)/gamma", shape: shape.extents, gamma),
            ]
            + (layer.parameter("beta").map { [graph.constant("\(layer.name)/beta", shape: shape.extents, $0)] } ?? [])
        let normalized = graph.append(
            "LayerNormalization", operands, [.integer("axis", -axes.count), .float("epsilon", epsilon)], in: layer.name)
        return graph.channelsFirst(normalized, layer.outputShape, in: layer.name)
    }
}
