import Faults
import Tensors

/// A layer that is to become ONNX operators: its inputs, its output's shape and its parameters.
public struct ONNXLayer {
    /// The layer's name: the scope of its operators and constants.
    public let name: String
    /// What feeds it; for the network's input the stamps as the caller gives them, (N, height, width, channels).
    public let inputs: [ONNXValue]
    /// The shape of one sample's output, in Keras' order of axes.
    public let outputShape: Shape
    private let parameters: (_ name: String) -> [Float]?

    /// - Parameter parameters: gives a parameter's values in Keras' layout; nil when the layer has none of this name.
    public init(
        name: String, inputs: [ONNXValue], outputShape: Shape, parameters: @escaping (_ name: String) -> [Float]?
    ) {
        self.name = name
        self.inputs = inputs
        self.outputShape = outputShape
        self.parameters = parameters
    }

    /// The layer's output, whose features stand as those of its first input.
    public func value(_ name: String) -> ONNXValue {
        ONNXValue(name: name, shape: outputShape, order: inputs.first?.order)
    }

    /// A parameter's values in Keras' layout; nil when the layer has none of this name.
    public func parameter(_ name: String) -> [Float]? { parameters(name) }

    /// A parameter's values in Keras' layout.
    ///
    /// - Precondition: layers of this kind always have it.
    public func requiredParameter(_ name: String) -> [Float] {
        guard let values = parameter(name) else { preconditionFailure("\(self.name) has no \(name)") }
        return values
    }

    /// The fault of a layer that ONNX has no operators for.
    public func fault(_ problem: String, remedy: String) -> Fault {
        Fault(.badData, "layer \(name)", problem, remedy: remedy)
    }
}
