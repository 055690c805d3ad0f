import CKernels

/// Convolution an output line at a time: a kernel row's (column, channel) pairs are contiguous in an NHWC map, so that a
/// line is a product of rows (see `row_product.h`) without an im2col buffer.
extension Convolution2D {
    /// A sample's map with its padding around it.
    var paddedCount: Int { rows.padded * columns.padded * inputChannels }
    var needsPadding: Bool { rows.padded != rows.extent || columns.padded != columns.extent }

    /// The output's gradient, spread by the strides and surrounded so that every input pixel sees a whole kernel.
    var spreadHeight: Int { rows.spread }
    var spreadWidth: Int { columns.spread }
    var needsSpreading: Bool { spreadHeight != rows.output || spreadWidth != columns.output }

    func linesWorkspaceCount(samples: Int) -> Int {
        (needsPadding ? samples * paddedCount : 0) + spreadHeight * spreadWidth * outputChannels
    }

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
    private func paddedInput(_ pass: LayerPass) -> UnsafeMutablePointer<Float> {
        guard needsPadding else { return pass.inputs[0] }
        pass.workspace.update(repeating: 0, count: pass.samples * paddedCount)
        for sample in 0..<pass.samples {
            for row in 0..<min(rows.extent, rows.padded - rows.before) {
                let source = pass.inputs[0] + sample * inputShape.count + row * columns.extent * inputChannels
                let target =
                    pass.workspace + sample * paddedCount
                    + ((row + rows.before) * columns.padded + columns.before) * inputChannels
                target.update(
                    from: source, count: min(columns.extent, columns.padded - columns.before) * inputChannels)
            }
        }
        return pass.workspace
    }

    func forwardLines(_ pass: LayerPass) {
        if threeColumns.forward {
            var shape = threeColumns.shape(samples: pass.samples)
            line_convolution(&shape, pass.inputs[0], pass.parameters, bias(pass), isRectified ? 1 : 0, pass.output)
            return
        }
        var product = product(samples: pass.samples)
        row_product(&product, paddedInput(pass), forwardKernel(pass), bias(pass), isRectified ? 1 : 0, pass.output)
    }

    func backwardLines(_ pass: LayerPass) {
        var shape = threeColumns.shape(samples: pass.samples)
        if threeColumns.weightGradient {
            line_convolution_weight_gradient(&shape, pass.inputs[0], pass.outputGradient, pass.parameterGradient)
        } else {
            var product = product(samples: pass.samples)
            row_product_weight_gradient(&product, paddedInput(pass), pass.outputGradient, pass.parameterGradient)
        }
        guard let inputGradient = pass.inputGradients[0] else { return }
        if threeColumns.inputGradient {
            line_convolution_input_gradient(
                &shape, pass.outputGradient, pass.prepared + paddedKernelCount,
                pass.rectifiesInputGradient ? pass.inputs[0] : nil, inputGradient)
        } else {
            computeInputGradient(inputGradient, pass)
        }
    }

    /// ∂loss/∂x as a convolution of the spread output gradient with the turned kernel, a sample at a time.
    func computeInputGradient(_ inputGradient: UnsafeMutablePointer<Float>, _ pass: LayerPass) {
        let turned = pass.prepared + paddedKernelCount
        let spread = pass.workspace + (needsPadding ? pass.samples * paddedCount : 0)
        if needsSpreading { spread.update(repeating: 0, count: spreadHeight * spreadWidth * outputChannels) }
        for sample in 0..<pass.samples {
            var source = pass.outputGradient + sample * outputShape.count
            if needsSpreading {
                spreadGradient(source, into: spread)
                source = spread
            }
            multiplyLines(source, turned, into: inputGradient + sample * inputShape.count)
        }
    }

    /// Copies a sample's output gradient to its places in the spread map; what lies between stays zero.
    private func spreadGradient(_ gradient: UnsafePointer<Float>, into spread: UnsafeMutablePointer<Float>) {
        for row in 0..<rows.output {
            let source = gradient + row * columns.output * outputChannels
            let target =
                spread
                + ((row * rows.stride + kernelSize.height - 1) * spreadWidth + kernelSize.width - 1) * outputChannels
            if columns.stride == 1 {
                target.update(from: source, count: columns.output * outputChannels)
            } else {
                for column in 0..<columns.output {
                    (target + column * columns.stride * outputChannels).update(
                        from: source + column * outputChannels, count: outputChannels)
                }
            }
        }
    }

    /// One input gradient line after another, without the kernel rows that would only meet zeros.
    private func multiplyLines(
        _ spread: UnsafePointer<Float>, _ turned: UnsafePointer<Float>, into inputGradient: UnsafeMutablePointer<Float>
    ) {
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
            let target = inputGradient + row * columns.extent * inputChannels
            product.segments = max(0, last - first + 1)
            row_product(
                &product, spread + (top + first) * line + columns.before * outputChannels,
                turned + first * kernelSize.width * outputChannels * turnedKernel.rowStep, nil, 0, target)
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
