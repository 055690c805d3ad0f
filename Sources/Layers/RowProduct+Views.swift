import CKernels
import Tensors

/// The kernels of `row_product.h` within the bounds of what they read and write.
extension RowProduct {
    /// `groups` groups of `rows` rows of plain matrices, all dense.
    init(groups: Int, rows: Int, inputs: Int, outputs: Int) {
        self.init()
        self.groups = groups
        input_group = rows * inputs
        output_group = rows * outputs
        lines = 1
        self.rows = rows
        input_step = inputs
        output_step = outputs
        segments = 1
        length = inputs
        channels = outputs
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
}
