import CKernels
import Tensors

/// A convolution of each channel by itself, with bias and optional ReLU.
///
///     y[oh, ow, c·M + m] = f(bias[c·M + m] + Σ x[oh·strideH + i·dilationH − top, ow·strideW + j·dilationW − left, c]
///                                             · kernel[i, j, c, m])
///
/// Input (height, width, channels), kernel (height, width, channels, M), output (height, width, channels·M); pixels
/// outside the map are zero. Results equal `keras.layers.DepthwiseConv2D`, and
/// `Conv2D` with as many groups as channels.
public struct DepthwiseConvolution2D: Layer {
    public let name: String
    public let inputShape: Shape
    public let outputShape: Shape
    /// How many outputs each channel gives: M.
    public let depthMultiplier: Int
    public let isRectified: Bool
    public let hasBias: Bool
    /// Whether the kernel is one of a convolution in as many groups as there are channels, (height, width, 1,
    /// channels·M), whose weights stand in the same order.
    public let isGrouped: Bool

    private let rows: Axis
    private let columns: Axis

    /// - Precondition: the window fits the (padded) map; the network's builder checks it and names the layer.
    public init(
        name: String, inputShape: Shape, kernelSize: Extent2D, strides: Extent2D = Extent2D(1, 1),
        padding: Padding = .valid, dilation: Extent2D = Extent2D(1, 1), depthMultiplier: Int = 1,
        isRectified: Bool = false, hasBias: Bool = true, isGrouped: Bool = false
    ) {
        let extents = inputShape.extents
        self.init(
            name: name, inputShape: inputShape,
            rows: Axis(
                extent: extents[0], window: kernelSize.height, stride: strides.height, padding: padding,
                dilation: dilation.height),
            columns: Axis(
                extent: extents[1], window: kernelSize.width, stride: strides.width, padding: padding,
                dilation: dilation.width), depthMultiplier: depthMultiplier, isRectified: isRectified, hasBias: hasBias,
            isGrouped: isGrouped)
    }

    private init(
        name: String, inputShape: Shape, rows: Axis, columns: Axis, depthMultiplier: Int, isRectified: Bool,
        hasBias: Bool, isGrouped: Bool
    ) {
        precondition(rows.output > 0 && columns.output > 0, "\(name): the kernel is larger than its map")
        self.name = name
        self.inputShape = inputShape
        self.rows = rows
        self.columns = columns
        self.depthMultiplier = depthMultiplier
        self.isRectified = isRectified
        self.hasBias = hasBias
        self.isGrouped = isGrouped
        outputShape = [rows.output, columns.output, inputShape.channels * depthMultiplier]
    }

    public func rectified() -> (any Layer)? {
        DepthwiseConvolution2D(
            name: name, inputShape: inputShape, rows: rows, columns: columns, depthMultiplier: depthMultiplier,
            isRectified: true, hasBias: hasBias, isGrouped: isGrouped)
    }

    public func padded(by frame: ZeroPadding2D) -> (any Layer)? {
        guard let (rows, columns) = frame.inner(rows, columns) else { return nil }
        return DepthwiseConvolution2D(
            name: name, inputShape: frame.inputShape, rows: rows, columns: columns, depthMultiplier: depthMultiplier,
            isRectified: isRectified, hasBias: hasBias, isGrouped: isGrouped)
    }

    private var outputChannels: Int { outputShape.channels }
    private var kernelCount: Int { rows.window * columns.window * outputChannels }

    public var parameters: [ParameterSpecification] {
        let window = rows.window * columns.window
        let (inputs, outputs) = isGrouped ? (1, outputChannels) : (inputShape.channels, depthMultiplier)
        let kernel = ParameterSpecification(
            "kernel", [rows.window, columns.window, inputs, outputs],
            .glorotUniform(fanIn: window * inputs, fanOut: window * outputs))
        return hasBias ? [kernel, ParameterSpecification("bias", [outputChannels], .zeros)] : [kernel]
    }

    public var multiplyAdds: Int {
        func taps(_ axis: Axis) -> Int { (0..<axis.output).reduce(0) { $0 + axis.tapsOnMap(of: $1).count } }
        return taps(rows) * taps(columns) * outputChannels
    }

    // MARK: Passes

    /// The loops know one kernel for each channel: of several, each works on a copy of the channel.
    private var repeatedCount: Int { inputShape.count * depthMultiplier }

    public func workspaceCount(samples: Int) -> Int { depthMultiplier == 1 ? 0 : samples * repeatedCount }

    private var shape: DepthwiseConvolution {
        DepthwiseConvolution(
            height: rows.extent, width: columns.extent, channels: outputChannels, out_height: rows.output,
            out_width: columns.output, window_height: rows.window, window_width: columns.window,
            stride_height: rows.stride, stride_width: columns.stride, dilation_height: rows.dilation,
            dilation_width: columns.dilation, top: rows.before, left: columns.before)
    }

    /// The inputs with each channel `depthMultiplier` times, in the workspace if that is not once.
    private func repeatedInput(_ pass: LayerPass) -> UnsafePointer<Float> {
        let count = pass.samples * inputShape.count
        guard depthMultiplier > 1 else { return pass.inputs[0].pointer(count) }
        let repeated = pass.workspace.pointer(pass.samples * repeatedCount)
        repeat_channels(
            pass.inputs[0].pointer(count), pass.samples * inputShape.rows, inputShape.channels, depthMultiplier,
            repeated)
        return UnsafePointer(repeated)
    }

    public func valuesReadBackward(rectifiesInputGradient: Bool, isOutputGradientRectified: Bool) -> ValuesRead {
        ValuesRead(inputs: true, output: isRectified && !isOutputGradientRectified)
    }

    public func forward(_ pass: LayerPass) {
        var shape = shape
        depthwise_convolution(
            &shape, repeatedInput(pass), pass.samples, pass.parameters.pointer(kernelCount),
            hasBias ? pass.parameters.pointer(outputChannels, at: kernelCount) : nil, isRectified ? 1 : 0,
            pass.output.pointer(pass.samples * outputShape.count))
    }

    public func backward(_ pass: LayerPass) {
        var shape = shape
        let count = pass.samples * outputShape.count
        let gradient = pass.outputGradient.pointer(count)
        if isRectified { pass.undoRectifier(count: count) }
        if pass.needsParameterGradient {
            if hasBias {
                pass.writeBiasGradient(rows: pass.samples * outputShape.rows, outputs: outputChannels, at: kernelCount)
            }
            depthwise_convolution_weight_gradient(
                &shape, repeatedInput(pass), gradient, pass.samples, pass.parameterGradient.pointer(kernelCount))
        }
        guard let inputGradient = pass.inputGradients[0] else { return }
        let target = depthMultiplier == 1 ? inputGradient : pass.workspace
        depthwise_convolution_input_gradient(
            &shape, gradient, pass.samples, pass.parameters.pointer(kernelCount),
            target.pointer(pass.samples * repeatedCount))
        guard depthMultiplier > 1 else { return }
        add_repeated_channels(
            target.pointer(pass.samples * repeatedCount), pass.samples * inputShape.rows, inputShape.channels,
            depthMultiplier, inputGradient.pointer(pass.samples * inputShape.count))
    }
}
