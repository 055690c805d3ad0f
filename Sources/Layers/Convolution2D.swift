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
    /// Which passes Winograd's tiles compute.
    let tiledPasses: TiledPasses
    /// Which of the other passes take the loops for kernels of three columns.
    let threeColumns: ThreeColumns
    /// The phases of the strides, by which other loops compute the input's gradient.
    private let phases: [ConvolutionPhase]

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
        tiledPasses = TiledPasses(
            rows: rows, columns: columns, inputChannels: inputChannels, outputChannels: filters)
        let isPadded = rows.padded != rows.extent || columns.padded != columns.extent
        let isPlain = strides == Extent2D(1, 1) && dilation == Extent2D(1, 1)
        threeColumns =
            kernelSize.width == 3 && isPlain && !isPadded
            ? ThreeColumns(
                kernelHeight: kernelSize.height, inputChannels: inputChannels, outputChannels: outputChannels,
                outputHeight: rows.output, outputWidth: columns.output) : ThreeColumns()
        phases = Self.phases(rows: rows, columns: columns, inputShape: inputShape, outputShape: outputShape)
    }

    var kernelCount: Int { kernelSize.height * kernelSize.width * inputChannels * outputChannels }

    public func rectified() -> (any Layer)? {
        Convolution2D(
            name: name, inputShape: inputShape, filters: outputChannels, padding: padding, rows: rows,
            columns: columns, isRectified: true, hasBias: hasBias)
    }

    public func padded(by frame: ZeroPadding2D) -> (any Layer)? {
        guard let (rows, columns) = frame.inner(rows, columns) else { return nil }
        return Convolution2D(
            name: name, inputShape: frame.inputShape, filters: outputChannels, padding: padding, rows: rows,
            columns: columns, isRectified: isRectified, hasBias: hasBias)
    }

    public var parameters: [ParameterSpecification] {
        let window = kernelSize.height * kernelSize.width
        let kernel = ParameterSpecification(
            "kernel", [kernelSize.height, kernelSize.width, inputChannels, outputChannels],
            .glorotUniform(fanIn: window * inputChannels, fanOut: window * outputChannels))
        return hasBias ? [kernel, ParameterSpecification("bias", [outputChannels], .zeros)] : [kernel]
    }

    public var multiplyAdds: Int {
        rows.tapsOnMap * columns.tapsOnMap * inputChannels * outputChannels
    }

    // MARK: Prepared weights: the kernel in panels (not for the loops for three columns), then the transposed kernel for
    // the input's gradient, as it is for those loops, else phase by phase. Tiles read transformed kernels instead.

    private var forwardCount: Int {
        tiledPasses.forward != nil ? transformedCount : threeColumns.forward ? 0 : kernelPanels.count
    }
    private var phasesCount: Int { phases.reduce(0) { $0 + $1.weights.count } }
    private var backwardCount: Int {
        tiledPasses.inputGradient != nil
            ? turnedTransformedCount : threeColumns.inputGradient ? transposedKernelCount : phasesCount
    }

    public var preparedCount: Int { forwardCount + backwardCount }

    public func prepare(_ parameters: FloatView, into prepared: MutableFloatView) {
        if tiledPasses.forward != nil {
            prepareTiles(parameters, into: prepared)
        } else if !threeColumns.forward {
            kernelPanels.write(parameters, count: kernelPanels.rows, first: 0, into: prepared)
        }
        let backward = prepared.dropFirst(forwardCount)
        if tiledPasses.inputGradient != nil {
            prepareTurnedTiles(parameters, into: backward)
        } else if threeColumns.inputGradient {
            prepareThreeColumns(parameters, into: backward)
        } else {
            prepare(phases, parameters, into: backward)
        }
    }

    /// The kernel as the input's gradient reads it.
    func backwardKernel(_ pass: LayerPass) -> FloatView { pass.prepared.dropFirst(forwardCount) }

    func bias(_ pass: LayerPass) -> FloatView? {
        hasBias ? pass.parameters.slice(outputChannels, at: kernelCount) : nil
    }

    // MARK: Passes

    public var canRectifyInputGradient: Bool { tiledPasses.inputGradient != nil || threeColumns.inputGradient }

    public func workspaceCount(samples: Int) -> Int {
        let padded = tiledPasses.weightGradient == nil && hasFewInputs ? paddedInputCount(samples: samples) : 0
        return max(tilesWorkspaceCount(samples: samples), padded)
    }

    public func valuesReadBackward(rectifiesInputGradient: Bool, isOutputGradientRectified: Bool) -> ValuesRead {
        ValuesRead(inputs: true, output: isRectified && !isOutputGradientRectified)
    }

    public func forward(_ pass: LayerPass) {
        if tiledPasses.forward != nil {
            forwardByTiles(pass)
        } else if threeColumns.forward {
            forwardByThreeColumns(pass)
        } else {
            forwardByPatches(pass)
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

    /// Whether a tap has too few inputs for a loop of its own.
    private var hasFewInputs: Bool { inputChannels < 16 && dilation == Extent2D(1, 1) }

    /// ∂loss/∂kernel from `pass.inputs` and `pass.outputGradient`.
    func writeKernelGradient(_ pass: LayerPass) {
        if tiledPasses.weightGradient != nil {
            writeKernelGradientByTiles(pass)
        } else if threeColumns.weightGradient {
            writeKernelGradientByThreeColumns(pass)
        } else if hasFewInputs {
            writeKernelGradientByLines(pass)
        } else {
            writeKernelGradientByTaps(pass)
        }
    }

    /// ∂loss/∂x from `pass.outputGradient`, which it only reads, and the kernel; nothing else, unless the rectifier
    /// that made the input is to be passed too.
    func writeInputGradient(_ inputGradient: MutableFloatView, _ pass: LayerPass) {
        if tiledPasses.inputGradient != nil {
            writeInputGradientByTiles(inputGradient, pass)
        } else if threeColumns.inputGradient {
            writeInputGradientByThreeColumns(inputGradient, pass)
        } else {
            writeInputGradient(inputGradient, by: phases, pass)
        }
    }
}
