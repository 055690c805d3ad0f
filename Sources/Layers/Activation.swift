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
        let (input, output) = (pass.inputs[0].pointer(count), pass.output.pointer(count))
        switch function {
        case .linear: output.update(from: input, count: count)
        case .relu: relu(input, count, output)
        case .softmax: softmax(input, pass.samples * outputShape.rows, outputShape.channels, output)
        default:
            let (kernel, parameter) = kernel
            activation(kernel, parameter, input, count, output)
        }
    }

    public func backward(_ pass: LayerPass) {
        guard let inputGradient = pass.inputGradients[0] else { return }
        let count = pass.samples * outputShape.count
        let (output, gradient) = (pass.output.pointer(count), pass.outputGradient.pointer(count))
        let target = inputGradient.pointer(count)
        switch function {
        case .linear: target.update(from: gradient, count: count)
        case .relu: relu_backward(output, gradient, count, target)
        case .softmax:
            softmax_backward(output, gradient, pass.samples * outputShape.rows, outputShape.channels, target)
        default:
            let (kernel, parameter) = kernel
            activation_backward(
                kernel, parameter, pass.inputs[0].pointer(count), output, gradient, count, target)
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
