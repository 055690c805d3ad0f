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

    /// - Precondition: the window fits the (padded) map and holds at most 256 pixels; the network's builder checks it.
    public init(name: String, inputShape: Shape, poolSize: Extent2D, strides: Extent2D, padding: Padding = .valid) {
        self.name = name
        self.inputShape = inputShape
        let extents = inputShape.extents
        let rows = Axis(extent: extents[0], window: poolSize.height, stride: strides.height, padding: padding)
        let columns = Axis(extent: extents[1], window: poolSize.width, stride: strides.width, padding: padding)
        precondition(rows.output > 0 && columns.output > 0, "\(name): the window is larger than its map")
        precondition(poolSize.height * poolSize.width <= 256, "\(name): the window holds more than 256 pixels")
        outputShape = [rows.output, columns.output, extents[2]]
        shape = Pooling(
            height: extents[0], width: extents[1], channels: extents[2], out_height: rows.output,
            out_width: columns.output, window_height: poolSize.height, window_width: poolSize.width,
            stride_height: strides.height, stride_width: strides.width, top: rows.before, left: columns.before)
    }

    /// One byte an output: which position of the window won.
    public var keptBytes: Int { outputShape.count }

    public func forward(_ pass: LayerPass) {
        var shape = shape
        max_pooling(
            &shape, pass.inputs[0], pass.samples, pass.output, pass.kept.assumingMemoryBound(to: UInt8.self))
    }

    public func backward(_ pass: LayerPass) {
        guard let inputGradient = pass.inputGradients[0] else { return }
        var shape = shape
        max_pooling_backward(
            &shape, pass.outputGradient, pass.kept.assumingMemoryBound(to: UInt8.self), pass.samples, inputGradient)
    }
}
