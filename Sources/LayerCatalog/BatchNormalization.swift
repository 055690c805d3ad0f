import Layers
import Tensors

/// Batch normalisation over the last axis. `keras.layers.BatchNormalization`.
public struct BatchNormalizationOptions: LayerOptions {
    /// How much of the moving statistics stays at each step.
    public var momentum: Float
    /// What is added to the variance.
    public var epsilon: Float
    /// Whether there is a β.
    public var center: Bool
    /// Whether there is a γ.
    public var scale: Bool

    public static let storedName = "batchNormalization"
    public static let kerasClasses = ["BatchNormalization"]
    public static let kerasVariables = ["gamma", "beta", "moving_mean", "moving_variance"]

    public func operation(at place: LayerPlace) throws -> LayerOperation {
        let shape = try place.inputShape()
        guard epsilon > 0, epsilon.isFinite, momentum >= 0, momentum <= 1 else {
            throw place.fault(
                "its momentum is \(momentum) and its epsilon \(epsilon)",
                remedy: "use a momentum from 0 to 1 and a positive epsilon")
        }
        return .layer(
            BatchNormalization(
                name: place.layer, inputShape: shape, momentum: momentum, epsilon: epsilon, hasScale: scale,
                hasCenter: center))
    }
}

extension LayerKind {
    /// Batch normalisation over the last axis; `scale` has γ and `center` has β.
    public static func batchNormalization(
        momentum: Float, epsilon: Float, center: Bool = true, scale: Bool = true
    ) -> LayerKind {
        LayerKind(BatchNormalizationOptions(momentum: momentum, epsilon: epsilon, center: center, scale: scale))
    }
}

// MARK: Keras

extension BatchNormalizationOptions {
    public init(keras options: inout KerasOptions) throws {
        try options.requireLastAxis()
        // Statistics are those of the whole batch over all ranks, which is what `synchronized` asks for.
        options.ignore("synchronized", "renorm_momentum")
        self.init(
            momentum: try options.number("momentum"), epsilon: try options.number("epsilon"),
            center: try options.boolean("center", default: true), scale: try options.boolean("scale", default: true))
    }

    public func kerasOptions(of layer: String) -> [String: JSONValue] {
        [
            "axis": -1, "momentum": .number(shortest: momentum), "epsilon": .number(shortest: epsilon),
            "center": .boolean(center), "scale": .boolean(scale),
        ]
    }
}

// MARK: ONNX

extension BatchNormalizationOptions {
    /// With the moving statistics: γ·(x − μ)/√(σ² + ε) + β.
    public func onnxValue(of layer: ONNXLayer, in graph: inout some ONNXGraph) -> ONNXValue {
        let input = layer.inputs[0]
        let channels = input.shape.channels
        let operands = zip(Self.kerasVariables, [1, 0, 0, 1] as [Float]).map { name, neutral in
            let values = layer.parameter(name) ?? Array(repeating: neutral, count: channels)
            return graph.constant(
                "\(layer.name)/\(name)", shape: [channels],
                input.order.map { WeightLayout.rows(values, columns: 1, order: $0) } ?? values)
        }
        return layer.value(
            graph.append("BatchNormalization", [input.name] + operands, [.float("epsilon", epsilon)], in: layer.name))
    }
}
