import CKernels
import Tensors

/// The maximum of each window of a map, channel by channel.
///
///     y[oh, ow, c] = max x[oh·strideH + i, ow·strideW + j, c]  over i < windowH, j < windowW
///
/// The gradient goes to the first maximum of a window in row-major order. Results equal `keras.layers.MaxPooling2D`.
public struct MaxPooling2D: Layer {
    public let name: String
    public let inputShape: Shape
    public let outputShape: Shape
    private let shape: Pooling

    /// - Precondition: the window fits the (padded) map and holds at most 2²⁴ pixels; the network's builder checks it.
    public init(name: String, inputShape: Shape, poolSize: Extent2D, strides: Extent2D, padding: Padding = .valid) {
        self.name = name
        self.inputShape = inputShape
        precondition(poolSize.height * poolSize.width <= 1 << 24, "\(name): the window holds more than 2²⁴ pixels")
        shape = Pooling(name: name, inputShape: inputShape, poolSize: poolSize, strides: strides, padding: padding)
        outputShape = [shape.out_height, shape.out_width, shape.channels]
    }

    /// Which position of the window won, for each output.
    public var keptBytes: Int {
        var shape = shape
        return outputShape.count * max_pooling_position_bytes(&shape)
    }

    public var canRectifyInputGradient: Bool { true }

    public func valuesReadBackward(rectifiesInputGradient: Bool, isOutputGradientRectified: Bool) -> ValuesRead {
        ValuesRead(inputs: false, output: rectifiesInputGradient)
    }

    public func forward(_ pass: LayerPass) {
        var shape = shape
        max_pooling(
            &shape, pass.inputs[0].pointer(pass.samples * inputShape.count), pass.samples,
            pass.output.pointer(pass.samples * outputShape.count), pass.kept.pointer(pass.samples * keptBytes))
    }

    public func backward(_ pass: LayerPass) {
        guard let inputGradient = pass.inputGradients[0] else { return }
        var shape = shape
        let count = pass.samples * outputShape.count
        max_pooling_backward(
            &shape, pass.outputGradient.pointer(count), pass.kept.pointer(pass.samples * keptBytes),
            pass.rectifiesInputGradient ? pass.output.pointer(count) : nil, pass.samples,
            inputGradient.pointer(pass.samples * inputShape.count))
    }
}
