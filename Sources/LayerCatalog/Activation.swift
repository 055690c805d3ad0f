import Layers
import Tensors

/// An activation function as a layer of its own. `keras.layers.Activation`, `ReLU`, `LeakyReLU`, `ELU` and `Softmax`;
/// `ActivityRegularization` is one without a function, whose outputs add to the loss.
public struct ActivationOptions: LayerOptions {
    /// What is applied to the layer's input.
    public var function: ActivationFunction
    /// Of a softmax: the axes, as Keras counts them, over which values add up to 1; nil for the last one alone.
    public var axes: [Int]?

    private enum CodingKeys: String, CodingKey {
        /// Model files have the function without a name.
        case function = "_0"
        case axes
    }

    public static let storedName = "activation"
    public static let kerasClasses = ["Activation", "ReLU", "LeakyReLU", "ELU", "Softmax", "ActivityRegularization"]

    public func operation(at place: LayerPlace) throws -> LayerOperation {
        try place.check(function)
        let shape = try place.inputShape()
        guard let axes else { return .activation(function) }
        guard function == .softmax else {
            throw place.fault("it has axes, and is no softmax", remedy: "use a softmax, or leave out the axes")
        }
        let along = try place.sampleAxes(axes)
        if along == [shape.extents.count - 1] { return .activation(.softmax) }
        return .layer(
            ReorderedLayer(name: place.layer, inputShape: shape, last: along) { reordered in
                let length = reordered.extents.suffix(along.count).reduce(1, *)
                return ActivationLayer(
                    name: place.layer, inputShape: [reordered.count / length, length], function: .softmax)
            })
    }
}

extension LayerKind {
    /// An activation function as a layer of its own.
    public static func activation(_ function: ActivationFunction) -> LayerKind {
        LayerKind(ActivationOptions(function: function))
    }

    /// A softmax over some axes, as Keras counts them.
    public static func softmax(axes: [Int]) -> LayerKind {
        LayerKind(ActivationOptions(function: .softmax, axes: axes))
    }
}

// MARK: Keras

extension ActivationOptions {
    public init(keras options: inout KerasOptions) throws {
        if let axes = try options.softmaxAxes() {
            self.init(function: .softmax, axes: axes)
        } else {
            self.init(function: try ActivationFunction(layer: &options) ?? options.activation())
        }
    }

    public var kerasClass: String { layerOfItsOwn?.className ?? Self.kerasClasses[0] }

    public func kerasOptions(of layer: String) throws -> [String: JSONValue] {
        try layerOfItsOwn?.options ?? ["activation": function.kerasValue(of: layer)]
    }

    /// Functions that no layer of Keras has are operators.
    public var writtenKerasModule: String {
        axes == nil && function.kerasOperator != nil ? KerasObject.functionModule : Self.kerasModule
    }

    /// The Keras layer, or operator, for a function with an option that no name stands for.
    private var layerOfItsOwn: (className: String, options: [String: JSONValue])? {
        if let axes { return ("Softmax", ["axis": axes.kerasAxes]) }
        return function.hasKerasName ? nil : function.kerasLayer ?? function.kerasOperator
    }
}

// MARK: ONNX

extension ActivationOptions {
    public func onnxValue(of layer: ONNXLayer, in graph: inout some ONNXGraph) -> ONNXValue {
        if let axes { return softmax(over: axes, layer, &graph) }
        return layer.value(graph.activation(function, layer.inputs[0].name, in: layer.name))
    }

    /// exp(x − max x) / Σ exp(x − max x) over several axes.
    private func softmax(over axes: [Int], _ layer: ONNXLayer, _ graph: inout some ONNXGraph) -> ONNXValue {
        let (name, input) = (layer.name, layer.inputs[0])
        let along = ONNXAxes(axes, of: input.shape).inGraph
        let largest = graph.append("ReduceMax", [input.name], [.integers("axes", along)], in: name)
        let powers = graph.append("Exp", [graph.append("Sub", [input.name, largest], in: name)], in: name)
        let sum = graph.append("ReduceSum", [powers, graph.constant("\(name)/axes", integers: along)], in: name)
        return layer.value(graph.append("Div", [powers, sum], in: name))
    }
}
