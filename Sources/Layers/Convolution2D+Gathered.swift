import CKernels
import Tensors

/// Convolution with dilated kernels: the pixels under a row of the kernel are gathered, so that they are contiguous as
/// they are under a dense one, and the lines under its rows are a whole number of gathered lines apart.
extension Convolution2D {
    /// Lines of gathered pixels: for each of `places` along a line, `taps` pixels of `channels` values.
    private struct Gathering {
        let lines: Int
        let places: Int
        let taps: Int
        let channels: Int

        var lineCount: Int { places * taps * channels }
        var count: Int { lines * lineCount }

        /// Copies the pixels that `line` and `pixel` name from `map` of `width` pixels a line; nil is zero.
        func gather(
            _ map: FloatView, width: Int, into gathered: MutableFloatView, line: (Int) -> Int?,
            pixel: (_ place: Int, _ tap: Int) -> Int?
        ) {
            for number in 0..<lines {
                let target = gathered.slice(lineCount, at: number * lineCount)
                guard let source = line(number) else {
                    target.update(repeating: 0)
                    continue
                }
                var index = 0
                for place in 0..<places {
                    for tap in 0..<taps {
                        let pixels = target.slice(channels, at: index)
                        if let column = pixel(place, tap) {
                            pixels.update(from: map.slice(channels, at: (source * width + column) * channels))
                        } else {
                            pixels.update(repeating: 0)
                        }
                        index += channels
                    }
                }
            }
        }
    }

    /// Padded lines of inputs, for each output the pixels under a kernel row.
    private var inputGathering: Gathering {
        Gathering(
            lines: (rows.output - 1) * rows.stride + rows.reach, places: columns.output, taps: kernelSize.width,
            channels: inputChannels)
    }

    /// Lines of the output's gradient, spread by the strides and surrounded so that every input line sees all kernel
    /// rows; for each input pixel the pixels under a row of the turned kernel.
    private var gradientGathering: Gathering {
        Gathering(
            lines: rows.extent + rows.reach - 1, places: columns.extent, taps: kernelSize.width,
            channels: outputChannels)
    }

    func gatheredWorkspaceCount(samples: Int) -> Int {
        max(samples * inputGathering.count, gradientGathering.count)
    }

    /// All samples' gathered inputs, in the workspace.
    private func gatheredInput(_ pass: LayerPass) -> FloatView {
        let gathering = inputGathering
        for sample in 0..<pass.samples {
            gathering.gather(
                pass.inputs[0].slice(inputShape.count, at: sample * inputShape.count), width: columns.extent,
                into: pass.workspace.slice(gathering.count, at: sample * gathering.count)
            ) {
                rows.pixel(at: $0)
            } pixel: {
                columns.pixel(at: $0 * columns.stride + $1 * columns.dilation)
            }
        }
        return FloatView(pass.workspace.slice(pass.samples * gathering.count))
    }

    private func gatheredProduct(samples: Int) -> RowProduct {
        let gathering = inputGathering
        var product = RowProduct()
        product.groups = samples
        product.input_group = gathering.count
        product.output_group = outputShape.count
        product.lines = rows.output
        product.input_line = rows.stride * gathering.lineCount
        product.output_line = columns.output * outputChannels
        product.rows = columns.output
        product.input_step = gathering.taps * inputChannels
        product.output_step = outputChannels
        product.segments = kernelSize.height
        product.segment_step = rows.dilation * gathering.lineCount
        product.length = product.input_step
        product.segment_rows = product.length
        product.channels = outputChannels
        product.weight_step = max(outputChannels, 16)
        return product
    }

    func forwardGathered(_ pass: LayerPass) {
        gatheredProduct(samples: pass.samples).multiply(
            gatheredInput(pass), forwardKernel(pass), bias: bias(pass), isRectified: isRectified, into: pass.output)
    }

    func writeKernelGradientGathered(_ pass: LayerPass) {
        gatheredProduct(samples: pass.samples).writeWeightGradient(
            gatheredInput(pass), FloatView(pass.outputGradient), into: pass.parameterGradient)
    }

    /// A sample and a line at a time: a dense convolution of the gathered gradient with the turned kernel.
    func writeInputGradientGathered(_ inputGradient: MutableFloatView, _ pass: LayerPass) {
        let gathering = gradientGathering
        var product = RowProduct()
        product.groups = 1
        product.lines = 1
        product.rows = columns.extent
        product.input_step = gathering.taps * outputChannels
        product.output_step = inputChannels
        product.segments = kernelSize.height
        product.segment_step = rows.dilation * gathering.lineCount
        product.length = product.input_step
        product.segment_rows = product.length
        product.channels = inputChannels
        product.use(turnedKernel)
        let gathered = pass.workspace.slice(gathering.count)
        for sample in 0..<pass.samples {
            gathering.gather(
                FloatView(pass.outputGradient.slice(outputShape.count, at: sample * outputShape.count)),
                width: columns.output, into: gathered
            ) {
                rows.output(at: $0 - (rows.reach - 1))
            } pixel: {
                columns.output(at: $0 + $1 * columns.dilation - (columns.reach - 1))
            }
            for row in 0..<rows.extent {
                let line = (sample * rows.extent + row) * columns.extent * inputChannels
                product.multiply(
                    FloatView(gathered.dropFirst(row * gathering.lineCount)), backwardKernel(pass),
                    into: inputGradient.dropFirst(line))
            }
        }
    }
}

extension Axis {
    /// The pixel at a place of the padded map; nil in the padding.
    func pixel(at place: Int) -> Int? {
        let pixel = place - before
        return 0..<extent ~= pixel ? pixel : nil
    }

    /// The output whose window starts at a pixel of the map, which may lie before it; nil where there is none.
    func output(at pixel: Int) -> Int? {
        let place = pixel + before
        return place >= 0 && place % stride == 0 && place / stride < output ? place / stride : nil
    }
}
