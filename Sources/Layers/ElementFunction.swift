import CKernels
import Tensors

/// A function of each value that is no activation: |x|, ln x, or x within limits. Results equal `keras.ops.absolute`,
/// `log` and `clip`.
public struct ElementFunction: Layer {
    /// What is computed of a value.
    public enum Function: Hashable, Sendable {
        case absolute
        case logarithm
        case clip(ClosedRange<Float>)
    }

    public let name: String
    public let outputShape: Shape
    public let function: Function

    public init(name: String, inputShape: Shape, function: Function) {
        self.name = name
        outputShape = inputShape
        self.function = function
    }

    public func valuesReadBackward(rectifiesInputGradient: Bool, isOutputGradientRectified: Bool) -> ValuesRead {
        ValuesRead(inputs: true, output: false)
    }

    public func forward(_ pass: LayerPass) {
        let count = pass.samples * outputShape.count
        let (input, output) = (pass.inputs[0].pointer(count), pass.output.pointer(count))
        switch function {
        case .absolute: for index in 0..<count { output[index] = abs(input[index]) }
        case .logarithm: for index in 0..<count { output[index] = Float(portable_log(Double(input[index]))) }
        case .clip(let limits):
            // What is no number stays none.
            for index in 0..<count {
                let value = input[index]
                output[index] =
                    value < limits.lowerBound
                    ? limits.lowerBound : value > limits.upperBound ? limits.upperBound : value
            }
        }
    }

    /// The limits themselves let the gradient pass, and |x| has none at 0.
    public func backward(_ pass: LayerPass) {
        guard let inputGradient = pass.inputGradients[0] else { return }
        let count = pass.samples * outputShape.count
        let (input, gradient) = (pass.inputs[0].pointer(count), inputGradient.pointer(count))
        let above = pass.outputGradient.pointer(count)
        switch function {
        case .absolute:
            for index in 0..<count {
                gradient[index] = input[index] > 0 ? above[index] : input[index] < 0 ? -above[index] : 0
            }
        case .logarithm: for index in 0..<count { gradient[index] = above[index] / input[index] }
        case .clip(let limits):
            for index in 0..<count { gradient[index] = limits.contains(input[index]) ? above[index] : 0 }
        }
    }
}
