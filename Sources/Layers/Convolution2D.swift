import CKernels
import Tensors

/// A two-dimensional convolution (cross-correlation, as Keras computes it) with bias and optional ReLU.
///
///     y[oh, ow, co] = f(bias[co] + Σ x[oh·strideH + kh − top, ow·strideW + kw − left, ci] · kernel[kh, kw, ci, co])
///
/// Input (height, width, in), kernel (height, width, in, out), output (height, width, out); pixels outside the map are
/// zero. Results equal `keras.layers.Conv2D` with padding `valid` or `same`.
public struct Convolution2D: Layer {
    public let name: String
    public let inputShape: Shape
    public let outputShape: Shape
    /// Height and width of the kernel.
    public let kernelSize: Extent2D
    public let strides: Extent2D
    public let padding: Padding
    public let isRectified: Bool
    public let hasBias: Bool

    private let rows: Axis
    private let columns: Axis
    private let inputChannels: Int
    private let outputChannels: Int

    /// - Precondition: the kernel fits the (padded) map; the network's builder checks it and names the layer.
    public init(
        name: String, inputShape: Shape, filters: Int, kernelSize: Extent2D, strides: Extent2D = Extent2D(1, 1),
        padding: Padding = .valid, isRectified: Bool = false, hasBias: Bool = true
    ) {
        self.name = name
        self.inputShape = inputShape
        self.kernelSize = kernelSize
        self.strides = strides
        self.padding = padding
        self.isRectified = isRectified
        self.hasBias = hasBias
        inputChannels = inputShape.extents[2]
        outputChannels = filters
        rows = Axis(extent: inputShape.extents[0], window: kernelSize.height, stride: strides.height, padding: padding)
        columns = Axis(extent: inputShape.extents[1], window: kernelSize.width, stride: strides.width, padding: padding)
        precondition(rows.output > 0 && columns.output > 0, "\(name): the kernel is larger than its map")
        outputShape = [rows.output, columns.output, filters]
    }

    private var kernelCount: Int { kernelSize.height * kernelSize.width * inputChannels * outputChannels }

    public var parameters: [ParameterSpecification] {
        let window = kernelSize.height * kernelSize.width
        let kernel = ParameterSpecification(
            "kernel", [kernelSize.height, kernelSize.width, inputChannels, outputChannels],
            .glorotUniform(fanIn: window * inputChannels, fanOut: window * outputChannels))
        return hasBias ? [kernel, ParameterSpecification("bias", [outputChannels], .zeros)] : [kernel]
    }

    // MARK: Prepared weights: the kernel padded to 16 outputs (where there are fewer), then the kernel turned by 180° and
    // transposed, (height, width, out, in): the input's gradient is a convolution with it.

    private var paddedKernelCount: Int {
        outputChannels < 16 ? kernelSize.height * kernelSize.width * inputChannels * 16 : 0
    }
    private var turnedStep: Int { max(inputChannels, 16) }

    public var preparedCount: Int {
        paddedKernelCount + kernelSize.height * kernelSize.width * outputChannels * turnedStep
    }

    public func prepare(_ parameters: UnsafePointer<Float>, into prepared: UnsafeMutablePointer<Float>) {
        let taps = kernelSize.height * kernelSize.width
        let turned = prepared + paddedKernelCount
        for tap in 0..<taps {
            for input in 0..<inputChannels {
                let row = tap * inputChannels + input
                for output in 0..<outputChannels {
                    let value = parameters[row * outputChannels + output]
                    if outputChannels < 16 { prepared[row * 16 + output] = value }
                    turned[((taps - 1 - tap) * outputChannels + output) * turnedStep + input] = value
                }
            }
        }
    }

    // MARK: Passes

    /// A sample's map with its padding around it.
    private var paddedCount: Int { rows.padded * columns.padded * inputChannels }
    private var needsPadding: Bool { rows.padded != rows.extent || columns.padded != columns.extent }

    /// The output's gradient, spread by the strides and surrounded so that every input pixel sees a whole kernel.
    private var spreadHeight: Int { rows.spread }
    private var spreadWidth: Int { columns.spread }
    private var needsSpreading: Bool { spreadHeight != rows.output || spreadWidth != columns.output }

    public func workspaceCount(samples: Int) -> Int {
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

    public func forward(_ pass: LayerPass) {
        var product = product(samples: pass.samples)
        row_product(
            &product, paddedInput(pass), outputChannels < 16 ? pass.prepared : pass.parameters,
            hasBias ? pass.parameters + kernelCount : nil, isRectified ? 1 : 0, pass.output)
    }

    public func backward(_ pass: LayerPass) {
        let gradient = pass.outputGradient
        let pixels = pass.samples * rows.output * columns.output
        if isRectified { relu_backward(pass.output, gradient, pixels * outputChannels, gradient) }
        if hasBias {
            column_sums(gradient, pixels, outputChannels, outputChannels, pass.parameterGradient + kernelCount)
        }
        var product = product(samples: pass.samples)
        row_product_weight_gradient(&product, paddedInput(pass), gradient, pass.parameterGradient)
        if let inputGradient = pass.inputGradients[0] { computeInputGradient(inputGradient, pass) }
    }

    /// ∂loss/∂x as a convolution of the spread output gradient with the turned kernel, a sample at a time.
    private func computeInputGradient(_ inputGradient: UnsafeMutablePointer<Float>, _ pass: LayerPass) {
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
        product.channels = inputChannels
        product.weight_step = turnedStep
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
                turned + first * kernelSize.width * outputChannels * turnedStep, nil, 0, target)
        }
    }
}
