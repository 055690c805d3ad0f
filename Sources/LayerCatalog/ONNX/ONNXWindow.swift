import Layers
import Tensors

/// A kernel or pooling window and how it slides, with explicit padding.
///
/// ONNX' own SAME_UPPER would do what Keras' `same` does; explicit pads leave nothing to a runtime's interpretation.
public struct ONNXWindow: Sendable {
    /// ONNX' `kernel_shape`, `strides` and `pads` (top, left, bottom, right), and `dilations` where there are any.
    public let attributes: [ONNXAttribute]

    /// The window that turns maps of shape `input` into maps of shape `output`.
    public init(
        _ input: Shape, _ output: Shape, _ size: Extent2D, _ strides: Extent2D, _ padding: Padding,
        dilation: Extent2D = Extent2D(1, 1)
    ) {
        let (top, bottom) = Self.pads(
            padding, extent: input.extents[0], outputs: output.extents[0],
            window: (size.height - 1) * dilation.height + 1, stride: strides.height)
        let (left, right) = Self.pads(
            padding, extent: input.extents[1], outputs: output.extents[1],
            window: (size.width - 1) * dilation.width + 1, stride: strides.width)
        attributes =
            [
                .integers("kernel_shape", [size.height, size.width]),
                .integers("strides", [strides.height, strides.width]),
                .integers("pads", [top, left, bottom, right]),
            ]
            + (dilation == Extent2D(1, 1) ? [] : [.integers("dilations", [dilation.height, dilation.width])])
    }

    /// What `same` adds before and after an axis: the odd pixel goes to the end.
    private static func pads(_ padding: Padding, extent: Int, outputs: Int, window: Int, stride: Int) -> (Int, Int) {
        guard padding == .same else { return (0, 0) }
        let missing = max(0, (outputs - 1) * stride + window - extent)
        return (missing / 2, missing - missing / 2)
    }
}
