import CKernels
import Tensors

/// The mean of each window of a map, channel by channel, over the pixels that lie on the map.
///
/// Results equal `keras.layers.AveragePooling2D`.
public struct AveragePooling2D: Layer {
    public let name: String
    public let inputShape: Shape
    public let outputShape: Shape
    private let shape: Pooling

    /// - Precondition: the window fits the (padded) map; the network's builder checks it.
    public init(name: String, inputShape: Shape, poolSize: Extent2D, strides: Extent2D, padding: Padding = .valid) {
        self.name = name
        self.inputShape = inputShape
        shape = Pooling(name: name, inputShape: inputShape, poolSize: poolSize, strides: strides, padding: padding)
        outputShape = [shape.out_height, shape.out_width, shape.channels]
    }

    public func valuesReadBackward(rectifiesInputGradient: Bool, isOutputGradientRectified: Bool) -> ValuesRead {
        ValuesRead(inputs: false, output: false)
    }

    public func forward(_ pass: LayerPass) {
        var shape = shape
        average_pooling(
            &shape, pass.inputs[0].pointer(pass.samples * inputShape.count), pass.samples,
            pass.output.pointer(pass.samples * outputShape.count))
    }

    public func backward(_ pass: LayerPass) {
        guard let inputGradient = pass.inputGradients[0] else { return }
        var shape = shape
        average_pooling_backward(
            &shape, pass.outputGradient.pointer(pass.samples * outputShape.count), pass.samples,
            inputGradient.pointer(pass.samples * inputShape.count))
    }
}

extension Pooling {
    /// How windows slide over a map.
    init(name: String, inputShape: Shape, poolSize: Extent2D, strides: Extent2D, padding: Padding) {
        let extents = inputShape.extents
        let rows = Axis(extent: extents[0], window: poolSize.height, stride: strides.height, padding: padding)
        let columns = Axis(extent: extents[1], window: poolSize.width, stride: strides.width, padding: padding)
        precondition(rows.output > 0 && columns.output > 0, "\(name): the window is larger than its map")
        self.init(
            height: extents[0], width: extents[1], channels: extents[2], out_height: rows.output,
            out_width: columns.output, window_height: poolSize.height, window_width: poolSize.width,
            stride_height: strides.height, stride_width: strides.width, top: rows.before, left: columns.before)
    }
}
