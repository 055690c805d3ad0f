import CKernels
import Tensors

extension LayerPass {
    /// Makes `outputGradient` the one before the layer's own rectifier, where that has not been done: 0 where the output
    /// is not above 0.
    ///
    /// - Parameter count: values of the output.
    func undoRectifier(count: Int) {
        guard !isOutputGradientRectified else { return }
        let gradient = outputGradient.pointer(count)
        relu_backward(output.pointer(count), gradient, count, gradient)
    }

    /// Writes the gradient of a bias, the sum of all rows of `outputGradient`, behind `offset` others.
    func writeBiasGradient(rows: Int, outputs: Int, at offset: Int) {
        column_sums(
            outputGradient.pointer(rows * outputs), rows, outputs, outputs,
            parameterGradient.pointer(outputs, at: offset))
    }
}
