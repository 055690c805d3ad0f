import CKernels
import Tensors

/// Convolution a pixel at a time, with the samples as rows: for small padded maps, where most taps of a 3×3 kernel may
/// lie beside the map. Taps that meet only padding cost nothing.
extension Convolution2D {
    func forwardPixels(_ pass: LayerPass) {
        var product = RowProduct()
        product.groups = 1
        product.lines = 1
        product.rows = pass.samples
        product.input_step = inputShape.count
        product.output_step = outputShape.count
        product.segment_step = columns.extent * inputChannels
        product.segment_rows = kernelSize.width * inputChannels
        product.channels = outputChannels
        product.weight_step = outputChannels
        for row in 0..<rows.output {
            let taps = rows.tapsOnMap(of: row)
            let top = row * rows.stride - rows.before + taps.lowerBound
            product.segments = taps.count
            for column in 0..<columns.output {
                let columnTaps = columns.tapsOnMap(of: column)
                let left = column * columns.stride - columns.before + columnTaps.lowerBound
                product.length = columnTaps.count * inputChannels
                let firstRow = (taps.lowerBound * kernelSize.width + columnTaps.lowerBound) * inputChannels
                product.multiply(
                    pass.inputs[0].dropFirst((top * columns.extent + left) * inputChannels),
                    forwardKernel(pass).dropFirst(firstRow * outputChannels), bias: bias(pass),
                    isRectified: isRectified,
                    into: pass.output.dropFirst((row * columns.output + column) * outputChannels))
            }
        }
    }

    func writeKernelGradientByPixels(_ pass: LayerPass) {
        for row in 0..<kernelSize.height {
            for column in 0..<kernelSize.width { computeTapGradient(row, column, pass) }
        }
    }

    func writeInputGradientByPixels(_ inputGradient: MutableFloatView, _ pass: LayerPass) {
        if rows.stride == 1 && columns.stride == 1 {
            computeInputGradientByPixels(inputGradient, pass)
        } else {
            computeInputGradient(inputGradient, pass)
        }
    }

    /// The gradient of one tap's weights: over the output pixels for which it lies on the map.
    private func computeTapGradient(_ row: Int, _ column: Int, _ pass: LayerPass) {
        let block = inputChannels * outputChannels
        let gradient = pass.parameterGradient.slice(block, at: (row * kernelSize.width + column) * block)
        let (lines, pixels) = (rows.outputsOnMap(tap: row), columns.outputsOnMap(tap: column))
        guard !lines.isEmpty, !pixels.isEmpty else {
            gradient.update(repeating: 0)
            return
        }
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
        product.segment_rows = inputChannels
        product.channels = outputChannels
        let top = lines.lowerBound * rows.stride - rows.before + row
        let left = pixels.lowerBound * columns.stride - columns.before + column
        let firstOutput = (lines.lowerBound * columns.output + pixels.lowerBound) * outputChannels
        product.writeWeightGradient(
            pass.inputs[0].dropFirst((top * columns.extent + left) * inputChannels),
            FloatView(pass.outputGradient.dropFirst(firstOutput)), into: gradient)
    }

    /// ∂loss/∂x for strides of one: each input pixel from the output pixels whose kernel covers it.
    private func computeInputGradientByPixels(_ inputGradient: MutableFloatView, _ pass: LayerPass) {
        var product = RowProduct()
        product.groups = 1
        product.lines = 1
        product.rows = pass.samples
        product.input_step = outputShape.count
        product.output_step = inputShape.count
        product.segment_step = columns.output * outputChannels
        product.segment_rows = kernelSize.width * outputChannels
        product.channels = inputChannels
        product.use(turnedKernel)
        let (gradient, turned) = (FloatView(pass.outputGradient), backwardKernel(pass))
        for row in 0..<rows.extent {
            let lines = rows.outputsCovering(row)
            let firstRow = kernelSize.height - 1 - row - rows.before + lines.lowerBound
            product.segments = lines.count
            for column in 0..<columns.extent {
                let pixels = columns.outputsCovering(column)
                let firstColumn = kernelSize.width - 1 - column - columns.before + pixels.lowerBound
                product.length = pixels.count * outputChannels
                let firstWeight = (firstRow * kernelSize.width + firstColumn) * outputChannels * turnedKernel.rowStep
                product.multiply(
                    gradient.dropFirst((lines.lowerBound * columns.output + pixels.lowerBound) * outputChannels),
                    turned.dropFirst(firstWeight),
                    into: inputGradient.dropFirst((row * columns.extent + column) * inputChannels))
            }
        }
    }
}

extension Axis {
    /// The outputs whose window covers one input, for a stride of one.
    func outputsCovering(_ input: Int) -> Range<Int> {
        let first = max(0, input + before - window + 1)
        return first..<max(first, min(output, input + before + 1))
    }
}
