import Layers
import Tensors

/// Each sample's values along some axes brought to mean 0 and variance 1. `keras.layers.LayerNormalization`.
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
        func layer(_ shape: Shape) -> GroupwiseNormalization {
            GroupwiseNormalization(
                name: place.layer, inputShape: shape, overLast: normalized.count, epsilon: epsilon, hasScale: scale,
                hasCenter: center)
        }
        guard !Self.areLast(normalized, of: shape) else { return .layer(layer(shape)) }
        return .layer(ReorderedLayer(name: place.layer, inputShape: shape, last: normalized, layer))
    }

    /// Whether axes, counted from 0, are the last ones.
    private static func areLast(_ axes: [Int], of shape: Shape) -> Bool {
        axes == Array((shape.extents.count - axes.count)..<shape.extents.count)
    }
}

extension LayerKind {
    /// Each sample's values along some axes, as Keras counts them, brought to mean 0 and variance 1.
    public static func layerNormalization(
        axes: [Int] = [-1], epsilon: Float, center: Bool = true, scale: Bool = true
    ) -> LayerKind {
        LayerKind(LayerNormalizationOptions(axes: axes, epsilon: epsilon, center: center, scale: scale))
    }
}

// MARK: Keras

extension LayerNormalizationOptions {
    public init(keras options: inout KerasOptions) throws {
        try options.require(
            "rms_scaling", false,
            supported: "False; it divides by the deviation without subtracting the mean, and Keras advises against it")
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
    /// Last axes in Keras' order, in which they lie together; others by their means.
    public func onnxValue(of layer: ONNXLayer, in graph: inout some ONNXGraph) -> ONNXValue {
        let input = layer.inputs[0]
        let normalized = ONNXAxes(axes, of: input.shape)
        guard Self.areLast(normalized.places, of: input.shape) else { return alongOtherAxes(normalized, layer, &graph) }
        let shape = Shape(input.shape.extents.suffix(axes.count))
        let gamma = layer.parameter("gamma") ?? Array(repeating: 1, count: shape.count)
        let operands =
            [
                graph.channelsLast(input, in: layer.name),
                graph.constant("\(layer.name)/gamma", shape: shape.extents, gamma),
            ]
            + (layer.parameter("beta").map { [graph.constant("\(layer.name)/beta", shape: shape.extents, $0)] } ?? [])
        let result = graph.append(
            "LayerNormalization", operands, [.integer("axis", -axes.count), .float("epsilon", epsilon)], in: layer.name)
        return graph.channelsFirst(result, layer.outputShape, in: layer.name)
    }

    private func alongOtherAxes(
        _ normalized: ONNXAxes, _ layer: ONNXLayer, _ graph: inout some ONNXGraph
    ) -> ONNXValue {
        let (name, input) = (layer.name, layer.inputs[0])
        let along = ONNXAttribute.integers("axes", normalized.inGraph)
        let mean = graph.append("ReduceMean", [input.name], [along], in: name)
        let centred = graph.append("Sub", [input.name, mean], in: name)
        let square = graph.append("Mul", [centred, centred], in: name)
        let variance = graph.append("ReduceMean", [square], [along], in: name)
        let moved = graph.append("Add", [variance, graph.constant("\(name)/epsilon", epsilon)], in: name)
        var result = graph.append("Div", [centred, graph.append("Sqrt", [moved], in: name)], in: name)
        for (parameter, type) in [("gamma", "Mul"), ("beta", "Add")] {
            guard let values = layer.parameter(parameter) else { continue }
            let constant = graph.constant("\(name)/\(parameter)", values, of: normalized.shape, beside: input)
            result = graph.append(type, [result, constant], in: name)
        }
        return layer.value(result)
    }
}
