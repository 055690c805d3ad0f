import CKernels
import Tensors

/// The kernels of `row_product.h` within the bounds of what they read and write.
extension RowProduct {
    /// y = f(bias + x·weights) for each row, f being ReLU or the identity: `row_product`.
    ///
    /// - Parameter bias: `channels` floats, or nil for zero.
    func multiply(
        _ input: FloatView, _ weights: FloatView, bias: FloatView? = nil, isRectified: Bool = false,
        into output: MutableFloatView
    ) {
        var product = self
        row_product(
            &product, input.pointer(inputExtent), weights.pointer(weightExtent), bias?.pointer(channels),
            isRectified ? 1 : 0, output.pointer(outputExtent))
    }

    /// ∂loss/∂weights from the rows of inputs and of output gradients: `row_product_weight_gradient`.
    ///
    /// - Parameter gradient: (segments · length, channels) floats, which are overwritten.
    func writeWeightGradient(_ input: FloatView, _ outputGradient: FloatView, into gradient: MutableFloatView) {
        var product = self
        row_product_weight_gradient(
            &product, input.pointer(inputExtent), outputGradient.pointer(outputExtent),
            gradient.pointer(segments * length * channels))
    }

    private var isEmpty: Bool { groups == 0 || lines == 0 || rows == 0 }

    /// Floats from the first input to behind the last one.
    private var inputExtent: Int {
        guard !isEmpty, segments > 0, length > 0 else { return 0 }
        return (groups - 1) * input_group + (lines - 1) * input_line + (rows - 1) * input_step
            + (segments - 1) * segment_step + length
    }

    /// Floats from the first output to behind the last one.
    private var outputExtent: Int {
        guard !isEmpty else { return 0 }
        return (groups - 1) * output_group + (lines - 1) * output_line + (rows - 1) * output_step + channels
    }

    /// Floats from the first weight to behind the last one.
    private var weightExtent: Int {
        guard segments > 0, length > 0 else { return 0 }
        let weightRows = (segments - 1) * segment_rows + length
        if panel_step > 0 { return (channels / 32 - 1) * panel_step + weightRows * 32 }
        // Rows of fewer than 16 weights are padded, and read whole.
        return (weightRows - 1) * weight_step + max(channels, 16)
    }
}
