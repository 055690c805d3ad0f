import CKernels
import Tensors

/// The mean or the maximum of each channel over a whole map.
///
/// Input (height, width, channels), output (channels), or (1, 1, channels) if dimensions are kept. The gradient of a
/// maximum is shared equally among equals. Results equal `keras.layers.GlobalAveragePooling2D` and
/// `GlobalMaxPooling2D`.
public struct GlobalPooling2D: Layer {
    /// What is taken over the map.
    public enum Statistic: Hashable, Sendable {
        case mean
        case maximum
    }

    public let name: String
    public let inputShape: Shape
    public let outputShape: Shape
    public let statistic: Statistic

    public init(name: String, inputShape: Shape, statistic: Statistic, keepsDimensions: Bool = false) {
        self.name = name
        self.inputShape = inputShape
        self.statistic = statistic
        outputShape = keepsDimensions ? [1, 1, inputShape.channels] : [inputShape.channels]
    }

    public func valuesReadBackward(rectifiesInputGradient: Bool, isOutputGradientRectified: Bool) -> ValuesRead {
        ValuesRead(inputs: statistic == .maximum, output: statistic == .maximum)
    }

    public func forward(_ pass: LayerPass) {
        let input = pass.inputs[0].pointer(pass.samples * inputShape.count)
        let output = pass.output.pointer(pass.samples * outputShape.count)
        switch statistic {
        case .mean: global_average(input, pass.samples, inputShape.rows, inputShape.channels, output)
        case .maximum: global_max(input, pass.samples, inputShape.rows, inputShape.channels, output)
        }
    }

    public func backward(_ pass: LayerPass) {
        guard let inputGradient = pass.inputGradients[0] else { return }
        let (inputCount, outputCount) = (pass.samples * inputShape.count, pass.samples * outputShape.count)
        let (gradient, target) = (pass.outputGradient.pointer(outputCount), inputGradient.pointer(inputCount))
        switch statistic {
        case .mean:
            global_average_backward(gradient, pass.samples, inputShape.rows, inputShape.channels, target)
        case .maximum:
            global_max_backward(
                pass.inputs[0].pointer(inputCount), pass.output.pointer(outputCount), gradient, pass.samples,
                inputShape.rows, inputShape.channels, target)
        }
    }
}
