import CKernels
import Tensors

/// Convolution an output line at a time: a kernel row's (column, channel) pairs are contiguous in an NHWC map, so that
/// a line is a product of rows (see `row_product.h`) without an im2col buffer.
extension Convolution2D {
    /// A sample's map with its padding around it.
    var paddedCount: Int { rows.padded * columns.padded * inputChannels }
    var needsPadding: Bool { rows.padded != rows.extent || columns.padded != columns.extent }

    /// The output's gradient, spread by the strides and surrounded so that every input pixel sees a whole kernel.
    var spreadHeight: Int { rows.spread }
    var spreadWidth: Int { columns.spread }
    var needsSpreading: Bool { spreadHeight != rows.output || spreadWidth != columns.output }

    private var spreadCount: Int { spreadHeight * spreadWidth * outputChannels }

    func linesWorkspaceCount(samples: Int) -> Int { (needsPadding ? samples * paddedCount : 0) + spreadCount }

    /// The convolution of `samples` padded maps.
    private func product(samples: Int) -> RowProduct {
        var product = RowProduct()
        product.groups = samples
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
        product.weight_step = max(outputChannels, 16)
        product.segment_rows = product.length
        return product
    }

    /// The inputs with their padding, in the workspace where there is any.
    private func paddedInput(_ pass: LayerPass) -> FloatView {
        guard needsPadding else { return pass.inputs[0] }
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

    func forwardLines(_ pass: LayerPass) {
        if threeColumns.forward {
            var shape = threeColumns.shape(samples: pass.samples)
            line_convolution(
                &shape, pass.inputs[0].pointer(pass.samples * inputShape.count), pass.parameters.pointer(kernelCount),
                bias(pass)?.pointer(outputChannels), isRectified ? 1 : 0,
                pass.output.pointer(pass.samples * outputShape.count))
            return
        }
        product(samples: pass.samples).multiply(
            paddedInput(pass), forwardKernel(pass), bias: bias(pass), isRectified: isRectified, into: pass.output)
    }

    func writeKernelGradientByLines(_ pass: LayerPass) {
        guard threeColumns.weightGradient else {
            product(samples: pass.samples).writeWeightGradient(
                paddedInput(pass), FloatView(pass.outputGradient), into: pass.parameterGradient)
            return
        }
        var shape = threeColumns.shape(samples: pass.samples)
        line_convolution_weight_gradient(
            &shape, pass.inputs[0].pointer(pass.samples * inputShape.count),
            pass.outputGradient.pointer(pass.samples * outputShape.count), pass.parameterGradient.pointer(kernelCount))
    }

    func writeInputGradientByLines(_ inputGradient: MutableFloatView, _ pass: LayerPass) {
        guard threeColumns.inputGradient else { return computeInputGradient(inputGradient, pass) }
        var shape = threeColumns.shape(samples: pass.samples)
        let inputCount = pass.samples * inputShape.count
        line_convolution_input_gradient(
            &shape, pass.outputGradient.pointer(pass.samples * outputShape.count),
            backwardKernel(pass).pointer(turnedKernel.count),
            pass.rectifiesInputGradient ? pass.inputs[0].pointer(inputCount) : nil, inputGradient.pointer(inputCount))
    }

    /// ∂loss/∂x as a convolution of the spread output gradient with the turned kernel, a sample at a time.
    func computeInputGradient(_ inputGradient: MutableFloatView, _ pass: LayerPass) {
        let spread = pass.workspace.slice(
            needsSpreading ? spreadCount : 0, at: needsPadding ? pass.samples * paddedCount : 0)
        spread.update(repeating: 0)
        for sample in 0..<pass.samples {
            var source = FloatView(pass.outputGradient.slice(outputShape.count, at: sample * outputShape.count))
            if needsSpreading {
                spreadGradient(source, into: spread)
                source = FloatView(spread)
            }
            multiplyLines(
                source, backwardKernel(pass), into: inputGradient.slice(inputShape.count, at: sample * inputShape.count)
            )
        }
    }

    /// Copies a sample's output gradient to its places in the spread map; what lies between stays zero.
    private func spreadGradient(_ gradient: FloatView, into spread: MutableFloatView) {
        let line = columns.output * outputChannels
        for row in 0..<rows.output {
            let source = gradient.slice(line, at: row * line)
            let place = (row * rows.stride + kernelSize.height - 1) * spreadWidth + kernelSize.width - 1
            let target = spread.dropFirst(place * outputChannels)
            if columns.stride == 1 {
                target.update(from: source)
            } else {
                for column in 0..<columns.output {
                    target.dropFirst(column * columns.stride * outputChannels).update(
                        from: source.slice(outputChannels, at: column * outputChannels))
                }
            }
        }
    }

    /// One input gradient line after another, without the kernel rows that would only meet zeros.
    private func multiplyLines(_ spread: FloatView, _ turned: FloatView, into inputGradient: MutableFloatView) {
        let line = spreadWidth * outputChannels
        var product = RowProduct()
        product.groups = 1
        product.lines = 1
        product.rows = columns.extent
        product.input_step = outputChannels
        product.output_step = inputChannels
        product.segment_step = line
        product.length = kernelSize.width * outputChannels
        product.segment_rows = product.length
        product.channels = inputChannels
        product.use(turnedKernel)
        let firstFilled = kernelSize.height - 1
        let lastFilled = firstFilled + (rows.output - 1) * rows.stride
        for row in 0..<rows.extent {
            let top = row + rows.before
            let first = max(0, firstFilled - top)
            let last = min(kernelSize.height - 1, lastFilled - top)
            product.segments = max(0, last - first + 1)
            product.multiply(
                spread.dropFirst((top + first) * line + columns.before * outputChannels),
                turned.dropFirst(first * kernelSize.width * outputChannels * turnedKernel.rowStep),
                into: inputGradient.dropFirst(row * columns.extent * inputChannels))
        }
    }
}

/// Which passes of a convolution with three kernel columns and stride one the loops of `line_convolution.h` take here.
struct ThreeColumns: Sendable {
    private var kernelHeight = 0
    private var inputChannels = 0
    private var outputChannels = 0
    private var outputHeight = 0
    private var outputWidth = 0
    private(set) var forward = false
    private(set) var inputGradient = false
    private(set) var weightGradient = false

    /// None of them.
    init() {}

    init(kernelHeight: Int, inputChannels: Int, outputChannels: Int, outputHeight: Int, outputWidth: Int) {
        self.kernelHeight = kernelHeight
        self.inputChannels = inputChannels
        self.outputChannels = outputChannels
        self.outputHeight = outputHeight
        self.outputWidth = outputWidth
        var shape = shape(samples: 1)
        forward = line_convolution_fits_forward(&shape) != 0
        inputGradient = line_convolution_fits_input_gradient(&shape) != 0
        weightGradient = line_convolution_fits_weight_gradient(&shape) != 0
    }

    func shape(samples: Int) -> LineConvolution {
        LineConvolution(
            samples: samples, kernel_height: kernelHeight, in_channels: inputChannels, out_channels: outputChannels,
            out_height: outputHeight, out_width: outputWidth)
    }
}
