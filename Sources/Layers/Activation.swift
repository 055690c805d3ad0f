import CKernels
import Tensors

/// An activation function as a layer of its own: y = f(x). Results equal `keras.layers.Activation`.
public struct ActivationLayer: Layer {
    public let name: String
    public let outputShape: Shape
    /// Not linear: that is no layer.
    public let function: ActivationFunction

    public init(name: String, inputShape: Shape, function: ActivationFunction) {
        self.name = name
        outputShape = inputShape
        self.function = function
    }

    public func forward(_ pass: LayerPass) {
        let count = pass.samples * outputShape.count
        switch function {
        case .linear: pass.output.update(from: pass.inputs[0], count: count)
        case .relu: relu(pass.inputs[0], count, pass.output)
        case .softmax:
            softmax(pass.inputs[0], pass.samples * outputShape.rows, outputShape.channels, pass.output)
        default:
            let (kernel, parameter) = kernel
            activation(kernel, parameter, pass.inputs[0], count, pass.output)
        }
    }

    public func backward(_ pass: LayerPass) {
        guard let inputGradient = pass.inputGradients[0] else { return }
        let count = pass.samples * outputShape.count
        switch function {
        case .linear: inputGradient.update(from: pass.outputGradient, count: count)
        case .relu: relu_backward(pass.output, pass.outputGradient, count, inputGradient)
        case .softmax:
            softmax_backward(
                pass.output, pass.outputGradient, pass.samples * outputShape.rows, outputShape.channels, inputGradient)
        default:
            let (kernel, parameter) = kernel
            activation_backward(
                kernel, parameter, pass.inputs[0], pass.output, pass.outputGradient, count, inputGradient)
        }
    }

    private var kernel: (Activation, Float) {
        switch function {
        case .sigmoid: (ACTIVATION_SIGMOID, 0)
        case .tanh: (ACTIVATION_TANH, 0)
        case .leakyReLU(let slope): (ACTIVATION_LEAKY_RELU, slope)
        case .elu(let alpha): (ACTIVATION_ELU, alpha)
        case .gelu(let approximate): (approximate ? ACTIVATION_GELU_APPROXIMATE : ACTIVATION_GELU, 0)
        case .linear, .relu, .softmax: preconditionFailure("\(function) has loops of its own")
        }
    }
}
