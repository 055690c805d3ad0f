import CKernels
import Tensors

/// A two-dimensional convolution (cross-correlation, as Keras computes it) with bias and optional ReLU.
///
///     y[oh, ow, co] = f(bias[co] + Σ x[oh·strideH + kh·dilationH − top, ow·strideW + kw·dilationW − left, ci]
///                                      · kernel[kh, kw, ci, co])
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
    /// Pixels from one tap of the kernel to the next.
    public let dilation: Extent2D
    public let isRectified: Bool
    public let hasBias: Bool

    let rows: Axis
    let columns: Axis
    let inputChannels: Int
    let outputChannels: Int
    private let route: Route

    /// Which loops compute the layer: each leaves out what would only multiply padding.
    private enum Route {
        /// 3×3 kernels, strides of one and many channels: tiles of 2×2 outputs, by Winograd's filtering.
        case tiles
        /// 1×1 kernels: pixels are rows of a matrix.
        case pointwise
        /// Small padded maps with many channels: for each pixel, the samples are the rows and only taps on the map
        /// count.
        case pixels
        /// Other dense kernels: an output line at a time, over maps with their padding around them.
        case lines
        /// Dilated kernels: the pixels under a kernel row are gathered first.
        case gathered
    }

    /// Which passes of the route by lines take the loops for kernels of three columns (`line_convolution.h`).
    let threeColumns: ThreeColumns

    /// - Precondition: the kernel fits the (padded) map; the network's builder checks it and names the layer.
    public init(
        name: String, inputShape: Shape, filters: Int, kernelSize: Extent2D, strides: Extent2D = Extent2D(1, 1),
        padding: Padding = .valid, dilation: Extent2D = Extent2D(1, 1), isRectified: Bool = false, hasBias: Bool = true
    ) {
        let (height, width) = (inputShape.extents[0], inputShape.extents[1])
        self.init(
            name: name, inputShape: inputShape, filters: filters, padding: padding,
            rows: Axis(
                extent: height, window: kernelSize.height, stride: strides.height, padding: padding,
                dilation: dilation.height),
            columns: Axis(
                extent: width, window: kernelSize.width, stride: strides.width, padding: padding,
                dilation: dilation.width), isRectified: isRectified, hasBias: hasBias)
    }

    /// - Parameter rows: how the kernel slides down the map; it says what `padding` only names.
    init(
        name: String, inputShape: Shape, filters: Int, padding: Padding, rows: Axis, columns: Axis, isRectified: Bool,
        hasBias: Bool
    ) {
        self.name = name
        self.inputShape = inputShape
        self.padding = padding
        self.isRectified = isRectified
        self.hasBias = hasBias
        self.rows = rows
        self.columns = columns
        kernelSize = Extent2D(rows.window, columns.window)
        strides = Extent2D(rows.stride, columns.stride)
        dilation = Extent2D(rows.dilation, columns.dilation)
        inputChannels = inputShape.extents[2]
        outputChannels = filters
        precondition(rows.output > 0 && columns.output > 0, "\(name): the kernel is larger than its map")
        outputShape = [rows.output, columns.output, filters]
        let isPadded = rows.padded != rows.extent || columns.padded != columns.extent
        let isDense = dilation == Extent2D(1, 1)
        let paysByTiles = Self.paysByTiles(
            rows: rows, columns: columns, inputChannels: inputChannels, outputChannels: filters)
        threeColumns =
            !paysByTiles && kernelSize.width == 3 && strides == Extent2D(1, 1) && isDense && !isPadded
            ? ThreeColumns(
                kernelHeight: kernelSize.height, inputChannels: inputChannels, outputChannels: outputChannels,
                outputHeight: rows.output, outputWidth: columns.output) : ThreeColumns()
        if paysByTiles {
            route = .tiles
        } else if !isDense {
            route = .gathered
        } else if kernelSize == Extent2D(1, 1) && !isPadded {
            route = .pointwise
        } else if isPadded && columns.output <= 16 && min(inputChannels, outputChannels) >= 16 {
            route = .pixels
        } else {
            route = .lines
        }
    }

    var kernelCount: Int { kernelSize.height * kernelSize.width * inputChannels * outputChannels }

    public func rectified() -> (any Layer)? {
        Convolution2D(
            name: name, inputShape: inputShape, filters: outputChannels, padding: padding, rows: rows,
            columns: columns, isRectified: true, hasBias: hasBias)
    }

    public var parameters: [ParameterSpecification] {
        let window = kernelSize.height * kernelSize.width
        let kernel = ParameterSpecification(
            "kernel", [kernelSize.height, kernelSize.width, inputChannels, outputChannels],
            .glorotUniform(fanIn: window * inputChannels, fanOut: window * outputChannels))
        return hasBias ? [kernel, ParameterSpecification("bias", [outputChannels], .zeros)] : [kernel]
    }

    public var multiplyAdds: Int {
        func taps(_ axis: Axis) -> Int { (0..<axis.output).reduce(0) { $0 + axis.tapsOnMap(of: $1).count } }
        return taps(rows) * taps(columns) * inputChannels * outputChannels
    }

    // MARK: Prepared weights: by tiles, both kernels transformed; else the kernel padded to 16 outputs (where there are
    // fewer), then the kernel transposed, (height, width, out, in), and turned by 180°, so that the input's gradient is
    // a convolution with it (not turned for the loops for three columns).

    var paddedKernelCount: Int {
        outputChannels < 16 ? kernelSize.height * kernelSize.width * inputChannels * 16 : 0
    }
    var turnedKernel: TransposedWeights {
        TransposedWeights(
            rows: kernelSize.height * kernelSize.width * outputChannels, columns: inputChannels,
            isPlain: threeColumns.inputGradient)
    }

    public var preparedCount: Int {
        route == .tiles ? tilesPreparedCount : paddedKernelCount + turnedKernel.count
    }

    public func prepare(_ parameters: FloatView, into prepared: MutableFloatView) {
        guard route != .tiles else { return prepareTiles(parameters, into: prepared) }
        let taps = kernelSize.height * kernelSize.width
        let block = inputChannels * outputChannels
        for tap in 0..<taps where isTurnedTapRead(tap) {
            let place = threeColumns.inputGradient ? tap : taps - 1 - tap
            turnedKernel.write(
                parameters.slice(block, at: tap * block), count: outputChannels, first: place * outputChannels,
                into: prepared.dropFirst(paddedKernelCount))
        }
        guard outputChannels < 16 else { return }
        for row in 0..<taps * inputChannels {
            prepared.slice(outputChannels, at: row * 16).update(
                from: parameters.slice(outputChannels, at: row * outputChannels))
        }
    }

    /// Whether the input's gradient needs a tap: by pixels, only those that lie on the map for some output.
    private func isTurnedTapRead(_ tap: Int) -> Bool {
        guard route == .pixels && rows.stride == 1 && columns.stride == 1 else { return true }
        return !rows.outputsOnMap(tap: tap / kernelSize.width).isEmpty
            && !columns.outputsOnMap(tap: tap % kernelSize.width).isEmpty
    }

    // MARK: Passes

    public var canRectifyInputGradient: Bool { route == .tiles || threeColumns.inputGradient }

    public func workspaceCount(samples: Int) -> Int {
        switch route {
        case .tiles: tilesWorkspaceCount
        case .pointwise: pointwiseWorkspaceCount(samples: samples)
        case .pixels: rows.stride == 1 && columns.stride == 1 ? 0 : linesWorkspaceCount(samples: samples)
        case .lines: linesWorkspaceCount(samples: samples)
        case .gathered: gatheredWorkspaceCount(samples: samples)
        }
    }

    public func valuesReadBackward(rectifiesInputGradient: Bool, isOutputGradientRectified: Bool) -> ValuesRead {
        ValuesRead(inputs: true, output: isRectified && !isOutputGradientRectified)
    }

    public func forward(_ pass: LayerPass) {
        switch route {
        case .tiles: forwardByTiles(pass)
        case .pointwise: forwardPointwise(pass)
        case .pixels: forwardPixels(pass)
        case .lines: forwardLines(pass)
        case .gathered: forwardGathered(pass)
        }
    }

    public func backward(_ pass: LayerPass) {
        let pixels = pass.samples * rows.output * columns.output
        if isRectified { pass.undoRectifier(count: pixels * outputChannels) }
        if pass.needsParameterGradient {
            if hasBias { pass.writeBiasGradient(rows: pixels, outputs: outputChannels, at: kernelCount) }
            writeKernelGradient(pass)
        }
        if let inputGradient = pass.inputGradients[0] { writeInputGradient(inputGradient, pass) }
    }

    /// ∂loss/∂kernel from `pass.inputs` and `pass.outputGradient`.
    func writeKernelGradient(_ pass: LayerPass) {
        switch route {
        case .tiles: writeKernelGradientByTiles(pass)
        case .pointwise: writeKernelGradientPointwise(pass)
        case .pixels: writeKernelGradientByPixels(pass)
        case .lines: writeKernelGradientByLines(pass)
        case .gathered: writeKernelGradientGathered(pass)
        }
    }

    /// ∂loss/∂x from `pass.outputGradient`, which it only reads, and the kernel; nothing else, unless the rectifier
    /// that made the input is to be passed too.
    func writeInputGradient(_ inputGradient: MutableFloatView, _ pass: LayerPass) {
        switch route {
        case .tiles: writeInputGradientByTiles(inputGradient, pass)
        case .pointwise: writeInputGradientPointwise(inputGradient, pass)
        case .pixels: writeInputGradientByPixels(inputGradient, pass)
        case .lines: writeInputGradientByLines(inputGradient, pass)
        case .gathered: writeInputGradientGathered(inputGradient, pass)
        }
    }

    /// The kernel as the forward pass reads it.
    func forwardKernel(_ pass: LayerPass) -> FloatView {
        outputChannels < 16 ? pass.prepared.slice(paddedKernelCount) : pass.parameters.slice(kernelCount)
    }

    /// The kernel as the input's gradient reads it.
    func backwardKernel(_ pass: LayerPass) -> FloatView { pass.prepared.dropFirst(paddedKernelCount) }

    func bias(_ pass: LayerPass) -> FloatView? {
        hasBias ? pass.parameters.slice(outputChannels, at: kernelCount) : nil
    }
}
