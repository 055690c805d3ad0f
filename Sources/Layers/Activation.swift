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

    public var isCheapToRecompute: Bool {
        switch function {
        case .linear, .relu, .boundedReLU, .leakyReLU, .hardSigmoid, .hardSilu, .hardTanh, .softsign, .softShrink,
            .hardShrink, .sparsePlus, .sparseSigmoid:
            true
        // An exponential costs more.
        case .softmax, .logSoftmax, .sigmoid, .tanh, .elu, .gelu, .silu, .softplus, .selu, .celu, .mish, .exponential,
            .logSigmoid, .tanhShrink, .squareplus:
            false
        }
    }

    public func forward(_ pass: LayerPass) {
        let count = pass.samples * outputShape.count
        let rows = pass.samples * outputShape.rows
        let (input, output) = (pass.inputs[0].pointer(count), pass.output.pointer(count))
        switch loop {
        case .copy: output.update(from: input, count: count)
        case .rectifier: relu(input, count, output)
        case .boundedRectifier(let slope, let threshold, let maximum):
            bounded_relu(slope, threshold, maximum, input, count, output)
        case .softmax: softmax(input, rows, outputShape.channels, output)
        case .logSoftmax: log_softmax(input, rows, outputShape.channels, output)
        case .elements(let kernel, let parameter): activation(kernel, parameter, input, count, output)
        }
    }

    public func backward(_ pass: LayerPass) {
        guard let inputGradient = pass.inputGradients[0] else { return }
        let count = pass.samples * outputShape.count
        let rows = pass.samples * outputShape.rows
        let (output, gradient) = (pass.output.pointer(count), pass.outputGradient.pointer(count))
        let target = inputGradient.pointer(count)
        switch loop {
        case .copy: target.update(from: gradient, count: count)
        case .rectifier: relu_backward(output, gradient, count, target)
        case .boundedRectifier(let slope, let threshold, let maximum):
            // As in TensorFlow the maximum itself lets the gradient pass, but not that of `relu6`.
            let limit = threshold == 0 && maximum == 6 ? maximum : maximum.nextUp
            bounded_relu_backward(slope, threshold, limit, pass.inputs[0].pointer(count), gradient, count, target)
        case .softmax: softmax_backward(output, gradient, rows, outputShape.channels, target)
        case .logSoftmax: log_softmax_backward(output, gradient, rows, outputShape.channels, target)
        case .elements(let kernel, let parameter):
            activation_backward(
                kernel, parameter, pass.inputs[0].pointer(count), output, gradient, count, target)
        }
    }

    /// What computes a function.
    private enum Loop {
        case copy
        case rectifier
        case boundedRectifier(slope: Float, threshold: Float, maximum: Float)
        case softmax
        case logSoftmax
        case elements(Activation, parameter: Float = 0)
    }

    private var loop: Loop {
        switch function {
        case .linear: .copy
        case .relu: .rectifier
        case .boundedReLU(let maximum, let slope, let threshold):
            .boundedRectifier(slope: slope, threshold: threshold, maximum: maximum ?? .infinity)
        case .softmax: .softmax
        case .logSoftmax: .logSoftmax
        case .sigmoid: .elements(ACTIVATION_SIGMOID)
        case .tanh: .elements(ACTIVATION_TANH)
        case .leakyReLU(let slope): .elements(ACTIVATION_LEAKY_RELU, parameter: slope)
        case .elu(let alpha): .elements(ACTIVATION_ELU, parameter: alpha)
        case .gelu(let approximate): .elements(approximate ? ACTIVATION_GELU_APPROXIMATE : ACTIVATION_GELU)
        case .silu: .elements(ACTIVATION_SILU)
        case .hardSigmoid: .elements(ACTIVATION_HARD_SIGMOID)
        case .hardSilu: .elements(ACTIVATION_HARD_SILU)
        case .softplus: .elements(ACTIVATION_SOFTPLUS)
        case .softsign: .elements(ACTIVATION_SOFTSIGN)
        case .selu: .elements(ACTIVATION_SELU)
        case .celu(let alpha): .elements(ACTIVATION_CELU, parameter: alpha)
        case .mish: .elements(ACTIVATION_MISH)
        case .exponential: .elements(ACTIVATION_EXPONENTIAL)
        case .logSigmoid: .elements(ACTIVATION_LOG_SIGMOID)
        case .hardTanh: .elements(ACTIVATION_HARD_TANH)
        case .tanhShrink: .elements(ACTIVATION_TANH_SHRINK)
        case .softShrink(let threshold): .elements(ACTIVATION_SOFT_SHRINK, parameter: threshold)
        case .hardShrink(let threshold): .elements(ACTIVATION_HARD_SHRINK, parameter: threshold)
        case .squareplus(let b): .elements(ACTIVATION_SQUAREPLUS, parameter: b)
        case .sparsePlus: .elements(ACTIVATION_SPARSE_PLUS)
        case .sparseSigmoid: .elements(ACTIVATION_SPARSE_SIGMOID)
        }
    }
}
