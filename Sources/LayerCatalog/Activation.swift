import Layers
import Tensors

/// An activation function as a layer of its own. `keras.layers.Activation`, `ReLU`, `LeakyReLU`, `ELU` and `Softmax`;
/// `ActivityRegularization` is one without a function, whose outputs add to the loss.
public struct ActivationOptions: LayerOptions {
    /// What is applied to the layer's input.
    public var function: ActivationFunction

    private enum CodingKeys: String, CodingKey {
        /// Model files have the function without a name.
        case function = "_0"
    }

    public static let storedName = "activation"
    public static let kerasClasses = ["Activation", "ReLU", "LeakyReLU", "ELU", "Softmax", "ActivityRegularization"]

    public func operation(at place: LayerPlace) throws -> LayerOperation {
        try place.check(function)
        _ = try place.inputShape()
        return .activation(function)
    }
}

extension LayerKind {
    /// An activation function as a layer of its own.
    public static func activation(_ function: ActivationFunction) -> LayerKind {
        LayerKind(ActivationOptions(function: function))
    }
}

// MARK: Keras

extension ActivationOptions {
    public init(keras options: inout KerasOptions) throws {
        self.init(function: try ActivationFunction(layer: &options) ?? options.activation())
    }

    public var kerasClass: String { layerOfItsOwn?.className ?? Self.kerasClasses[0] }

    public func kerasOptions(of layer: String) throws -> [String: JSONValue] {
        try layerOfItsOwn?.options ?? ["activation": function.kerasValue(of: layer)]
    }

    /// The Keras layer for a function with an option that no name stands for.
    private var layerOfItsOwn: (className: String, options: [String: JSONValue])? {
        function.hasKerasName ? nil : function.kerasLayer
    }
}

// MARK: ONNX

extension ActivationOptions {
    public func onnxValue(of layer: ONNXLayer, in graph: inout some ONNXGraph) -> ONNXValue {
        layer.value(graph.activation(function, layer.inputs[0].name, in: layer.name))
    }
}
