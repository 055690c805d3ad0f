import CKernels
import Tensors

/// The mean or the maximum of each channel over a whole map.
///
/// Input (height, width, channels), output (channels), or (1, 1, channels) if dimensions are kept. The gradient of a maximum
/// is shared equally among equals. Results equal `keras.layers.GlobalAveragePooling2D` and `GlobalMaxPooling2D`.
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
        switch statistic {
        case .mean: global_average(pass.inputs[0], pass.samples, inputShape.rows, inputShape.channels, pass.output)
        case .maximum: global_max(pass.inputs[0], pass.samples, inputShape.rows, inputShape.channels, pass.output)
        }
    }

    public func backward(_ pass: LayerPass) {
        guard let inputGradient = pass.inputGradients[0] else { return }
        switch statistic {
        case .mean:
            global_average_backward(
                pass.outputGradient, pass.samples, inputShape.rows, inputShape.channels, inputGradient)
        case .maximum:
            global_max_backward(
                pass.inputs[0], pass.output, pass.outputGradient, pass.samples, inputShape.rows, inputShape.channels,
                inputGradient)
        }
    }
}
