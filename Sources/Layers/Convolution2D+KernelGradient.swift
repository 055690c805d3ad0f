import CKernels
import Tensors

/// ∂loss/∂kernel as products of rows of inputs and of output gradients (`row_product.h`).
extension Convolution2D {
    // MARK: A tap at a time: over the output pixels for which it lies on the map, as both maps lie in memory

    func writeKernelGradientByTaps(_ pass: LayerPass) {
        for row in 0..<kernelSize.height {
            for column in 0..<kernelSize.width { writeTapGradient(row, column, pass) }
        }
    }

    private func writeTapGradient(_ row: Int, _ column: Int, _ pass: LayerPass) {
        let block = inputChannels * outputChannels
        let gradient = pass.parameterGradient.slice(block, at: (row * kernelSize.width + column) * block)
        let (lines, pixels) = (rows.outputsOnMap(tap: row), columns.outputsOnMap(tap: column))
        guard pass.samples > 0, !lines.isEmpty, !pixels.isEmpty else { return gradient.update(repeating: 0) }
        var product = RowProduct()
        product.groups = pass.samples
        product.input_group = inputShape.count
        product.output_group = outputShape.count
        product.lines = lines.count
        product.input_line = rows.stride * columns.extent * inputChannels
        product.output_line = columns.output * outputChannels
        product.rows = pixels.count
        product.input_step = columns.stride * inputChannels
        product.output_step = outputChannels
        product.segments = 1
        product.length = inputChannels
        product.channels = outputChannels
        let top = lines.lowerBound * rows.stride - rows.before + row * rows.dilation
        let left = pixels.lowerBound * columns.stride - columns.before + column * columns.dilation
        let firstOutput = (lines.lowerBound * columns.output + pixels.lowerBound) * outputChannels
        product.writeWeightGradient(
            pass.inputs[0].dropFirst((top * columns.extent + left) * inputChannels),
            FloatView(pass.outputGradient.dropFirst(firstOutput)), into: gradient)
    }

    // MARK: All taps at a time, for few input channels: over maps with their padding around them

    private var isPadded: Bool { rows.padded != rows.extent || columns.padded != columns.extent }
    private var paddedCount: Int { rows.padded * columns.padded * inputChannels }

    func paddedInputCount(samples: Int) -> Int { isPadded ? samples * paddedCount : 0 }

    func writeKernelGradientByLines(_ pass: LayerPass) {
        var product = RowProduct()
        product.groups = pass.samples
        product.input_group = paddedCount
        product.output_group = outputShape.count
        product.lines = rows.output
        product.input_line = rows.stride * columns.padded * inputChannels
        product.output_line = columns.output * outputChannels
        product.rows = columns.output
        product.input_step = columns.stride * inputChannels
        product.output_step = outputChannels
        product.segments = kernelSize.height
        product.segment_step = columns.padded * inputChannels
        product.length = kernelSize.width * inputChannels
        product.channels = outputChannels
        product.writeWeightGradient(
            isPadded ? paddedInput(pass) : pass.inputs[0], FloatView(pass.outputGradient), into: pass.parameterGradient)
    }

    /// The inputs with their padding, in the workspace.
    private func paddedInput(_ pass: LayerPass) -> FloatView {
        let padded = pass.workspace.slice(pass.samples * paddedCount)
        padded.update(repeating: 0)
        let line = min(columns.extent, columns.padded - columns.before) * inputChannels
        for sample in 0..<pass.samples {
            for row in 0..<min(rows.extent, rows.padded - rows.before) {
                let place = ((row + rows.before) * columns.padded + columns.before) * inputChannels
                let source = sample * inputShape.count + row * columns.extent * inputChannels
                padded.slice(line, at: sample * paddedCount + place).update(
                    from: pass.inputs[0].slice(line, at: source))
            }
        }
        return FloatView(padded)
    }
}
