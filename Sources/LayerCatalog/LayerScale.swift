import Layers
import Tensors

/// A trained factor for each channel: `LayerScale` of `keras.applications`' ConvNeXt.
public struct LayerScaleOptions: LayerOptions {
    /// What the factors are before training.
    public var initialValue: Float
    /// How many channels the layer's inputs have.
    public var channels: Int

    public static let storedName = "layerScale"
    public static let kerasClasses = ["LayerScale"]
    public static let kerasModule = "keras.src.applications.convnext"
    public static let kerasVariables = ["gamma"]

    public func operation(at place: LayerPlace) throws -> LayerOperation {
        let shape = try place.inputShape()
        guard shape.channels == channels, initialValue.isFinite else {
            throw place.fault(
                "it scales \(channels) channels from \(initialValue) on, and its input has shape \(shape)",
                remedy: "give it as many channels, and a finite number")
        }
        return .layer(LayerScale(name: place.layer, inputShape: shape, initialValue: initialValue))
    }
}

extension LayerKind {
    /// A trained factor for each channel.
    public static func layerScale(initialValue: Float, channels: Int) -> LayerKind {
        LayerKind(LayerScaleOptions(initialValue: initialValue, channels: channels))
    }
}

// MARK: Keras

extension LayerScaleOptions {
    public init(keras options: inout KerasOptions) throws {
        self.init(
            initialValue: try options.number("init_values"), channels: try options.integer("projection_dim"))
    }

    public func kerasOptions(of layer: String) -> [String: JSONValue] {
        ["init_values": .number(shortest: initialValue), "projection_dim": .integer(channels)]
    }
}

// MARK: ONNX

extension LayerScaleOptions {
    public func onnxValue(of layer: ONNXLayer, in graph: inout some ONNXGraph) -> ONNXValue {
        let input = layer.inputs[0]
        let shape = Shape(input.shape.extents.dropLast().map { _ in 1 } + [channels])
        let factors = graph.constant(
            "\(layer.name)/gamma", layer.requiredParameter("gamma"), of: shape, beside: input)
        return layer.value(graph.append("Mul", [input.name, factors], in: layer.name))
    }
}
