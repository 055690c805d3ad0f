import CKernels
import Tensors

/// A matrix of weights in panels of 32 columns, as `patch_product` reads it.
struct PanelWeights: Sendable {
    let rows: Int
    let columns: Int

    /// Floats of the whole.
    var count: Int { panels_count(rows, columns) }

    /// Packs `count` rows of a matrix, from row `first` of the whole on.
    func write(_ matrix: FloatView, count: Int, first: Int, into panels: MutableFloatView) {
        pack_panels(matrix.pointer(count * columns), rows, columns, first, count, panels.pointer(self.count))
    }

    /// Packs the transpose of a matrix of `columns` × `count`, from row `first` of the whole on.
    func writeTranspose(_ matrix: FloatView, count: Int, first: Int, into panels: MutableFloatView) {
        pack_transposed_panels(
            matrix.pointer(columns * count), rows, columns, first, count, panels.pointer(self.count))
    }
}

/// The kernels of `patch_product.h` within the bounds of what they read and write.
extension Patches {
    /// The product of `rows` rows of `inputs` values with a matrix: patches of one pixel.
    init(rows count: Int, inputs: Int, outputs: Int) {
        let pixel = PatchAxis(pixels: 1, windows: 1, taps: 1, stride: 1, dilation: 1, before: 0)
        self.init(
            samples: count, rows: pixel, columns: pixel, in_channels: inputs, out_channels: outputs,
            out_sample: outputs, out_line: outputs, out_pixel: outputs)
    }

    /// The matrix that patches are multiplied with.
    var weights: PanelWeights {
        PanelWeights(rows: rows.taps * columns.taps * in_channels, columns: out_channels)
    }

    /// y = f(bias + patches · weights), f being ReLU or the identity: `patch_product`.
    ///
    /// - Parameter bias: `out_channels` floats, or nil for zero.
    func multiply(
        _ input: FloatView, _ panels: FloatView, bias: FloatView? = nil, isRectified: Bool = false,
        into output: MutableFloatView
    ) {
        guard samples > 0, rows.windows > 0, columns.windows > 0 else { return }
        var shape = self
        let outputs =
            (samples - 1) * out_sample + (rows.windows - 1) * out_line + (columns.windows - 1) * out_pixel
            + out_channels
        patch_product(
            &shape, input.pointer(samples * rows.pixels * columns.pixels * in_channels), panels.pointer(weights.count),
            bias?.pointer(out_channels), isRectified ? 1 : 0, output.pointer(outputs))
    }
}
