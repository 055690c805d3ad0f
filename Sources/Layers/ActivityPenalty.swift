import CKernels
import Tensors

/// What the outputs y of a layer add to the loss: a penalty of all of them in a batch, divided by the batch's samples.
/// The values pass unchanged. Results equal those of Keras' `activity_regularizer`.
public struct ActivityPenalty: Layer {
    public let name: String
    public let outputShape: Shape
    public let penalty: Penalty
    /// y = f(x) of the input x where the loss applies f, softmax or sigmoid; linear elsewhere.
    public let function: ActivationFunction

    public init(name: String, outputShape: Shape, penalty: Penalty, function: ActivationFunction = .linear) {
        self.name = name
        self.outputShape = outputShape
        self.penalty = penalty
        self.function = function
    }

    /// The outputs y, and the gradient of their penalty.
    public func workspaceCount(samples: Int) -> Int { function == .linear ? 0 : 2 * samples * outputShape.count }

    public func valuesReadBackward(rectifiesInputGradient: Bool, isOutputGradientRectified: Bool) -> ValuesRead {
        ValuesRead(inputs: true, output: false)
    }

    public func forward(_ pass: LayerPass) {
        pass.output.update(from: pass.inputs[0].slice(pass.samples * outputShape.count))
    }

    /// The penalty of one sample, not divided by anything, after `forward`.
    public func value(_ pass: LayerPass, sample: Int) -> Double {
        let count = outputShape.count
        let input = pass.inputs[0].pointer(pass.samples * count) + sample * count
        guard function != .linear else { return penalty.value(input, count: count) }
        let output = pass.workspace.pointer(count)
        apply(input, rows: 1, output)
        return penalty.value(output, count: count)
    }

    public func backward(_ pass: LayerPass) {
        guard let inputGradient = pass.inputGradients[0] else { return }
        let count = pass.samples * outputShape.count
        let (input, target) = (pass.inputs[0].pointer(count), inputGradient.pointer(count))
        inputGradient.update(from: pass.outputGradient.slice(count))
        let factor = 1 / Float(pass.batchSamples)
        guard function != .linear else {
            return penalty.addGradient(input, count: count, factor: factor, to: target)
        }
        let (output, gradient) = (pass.workspace.pointer(2 * count), pass.workspace.pointer(2 * count) + count)
        apply(input, rows: pass.samples, output)
        gradient.update(repeating: 0, count: count)
        penalty.addGradient(output, count: count, factor: factor, to: gradient)
        if function == .softmax {
            softmax_backward(output, gradient, pass.samples, outputShape.count, gradient)
        } else {
            activation_backward(ACTIVATION_SIGMOID, 0, input, output, gradient, count, gradient)
        }
        add_into(target, gradient, count)
    }

    private func apply(_ input: UnsafePointer<Float>, rows: Int, _ output: UnsafeMutablePointer<Float>) {
        if function == .softmax {
            softmax(input, rows, outputShape.count, output)
        } else {
            activation(ACTIVATION_SIGMOID, 0, input, rows * outputShape.count, output)
        }
    }
}
