import CKernels
import Tensors

/// The transpose of a convolution, with bias and optional ReLU: each input pixel adds a kernel to the output.
///
///     y[ih·strideH + kh·dilationH − top, iw·strideW + kw·dilationW − left, co] = f(bias[co] + Σ x[ih, iw, ci]
///                                                                                  · kernel[kh, kw, co, ci])
///
/// Input (height, width, in), kernel (height, width, out, in), output (height, width, out). It is computed as what it
/// transposes: a convolution of the output's map, whose kernel lies in memory the same. Its input's gradient gives the
/// output, and its output gives the input's gradient. Results equal `keras.layers.Conv2DTranspose`.
public struct TransposedConvolution2D: Layer {
    public let name: String
    public let inputShape: Shape
    public let outputShape: Shape
    public let isRectified: Bool
    public let hasBias: Bool
    private let convolution: Convolution2D

    /// - Parameter outputPadding: by how much the output is larger than the kernels alone would make it; nil for as
    ///   Keras chooses it.
    /// - Precondition: there are output pixels; the network's builder checks it and names the layer.
    public init(
        name: String, inputShape: Shape, filters: Int, kernelSize: Extent2D, strides: Extent2D = Extent2D(1, 1),
        padding: Padding = .valid, outputPadding: Extent2D? = nil, dilation: Extent2D = Extent2D(1, 1),
        isRectified: Bool = false, hasBias: Bool = true
    ) {
        let extents = inputShape.extents
        let rows = TransposedAxis(
            extent: extents[0], window: kernelSize.height, stride: strides.height, padding: padding,
            outputPadding: outputPadding?.height, dilation: dilation.height)
        let columns = TransposedAxis(
            extent: extents[1], window: kernelSize.width, stride: strides.width, padding: padding,
            outputPadding: outputPadding?.width, dilation: dilation.width)
        precondition(rows.output > 0 && columns.output > 0, "\(name): the output has no pixels")
        self.init(
            Convolution2D(
                name: name, inputShape: [rows.output, columns.output, filters], filters: inputShape.channels,
                padding: padding, rows: rows.transposed, columns: columns.transposed, isRectified: false,
                hasBias: false), isRectified: isRectified, hasBias: hasBias)
    }

    private init(_ convolution: Convolution2D, isRectified: Bool, hasBias: Bool) {
        self.convolution = convolution
        name = convolution.name
        inputShape = convolution.outputShape
        outputShape = convolution.inputShape
        self.isRectified = isRectified
        self.hasBias = hasBias
    }

    public func rectified() -> (any Layer)? {
        TransposedConvolution2D(convolution, isRectified: true, hasBias: hasBias)
    }

    private var outputChannels: Int { outputShape.channels }

    public var parameters: [ParameterSpecification] {
        convolution.parameters + (hasBias ? [ParameterSpecification("bias", [outputChannels], .zeros)] : [])
    }

    public var multiplyAdds: Int { convolution.multiplyAdds }
    public var preparedCount: Int { convolution.preparedCount }

    public func prepare(_ parameters: FloatView, into prepared: MutableFloatView) {
        convolution.prepare(parameters, into: prepared)
    }

    public func workspaceCount(samples: Int) -> Int { convolution.workspaceCount(samples: samples) }

    public func valuesReadBackward(rectifiesInputGradient: Bool, isOutputGradientRectified: Bool) -> ValuesRead {
        ValuesRead(inputs: true, output: isRectified && !isOutputGradientRectified)
    }

    public func forward(_ pass: LayerPass) {
        convolution.writeInputGradient(pass.output, transposed(pass))
        let rows = pass.samples * outputShape.rows
        let output = pass.output.pointer(rows * outputChannels)
        if hasBias {
            let bias = pass.parameters.pointer(outputChannels, at: convolution.kernelCount)
            add_to_rows(bias, rows, outputChannels, isRectified ? 1 : 0, output)
        } else if isRectified {
            relu(output, rows * outputChannels, output)
        }
    }

    public func backward(_ pass: LayerPass) {
        let rows = pass.samples * outputShape.rows
        if isRectified { pass.undoRectifier(count: rows * outputChannels) }
        var inner = transposed(pass)
        inner.inputs = [FloatView(pass.outputGradient)]
        if pass.needsParameterGradient {
            if hasBias { pass.writeBiasGradient(rows: rows, outputs: outputChannels, at: convolution.kernelCount) }
            convolution.writeKernelGradient(inner)
        }
        guard let inputGradient = pass.inputGradients[0] else { return }
        inner.output = inputGradient
        convolution.forward(inner)
    }

    /// The convolution's pass, of which this layer's input is the output's gradient.
    private func transposed(_ pass: LayerPass) -> LayerPass {
        var inner = pass
        let count = pass.samples * inputShape.count
        // It is only read.
        inner.outputGradient = MutableFloatView(
            UnsafeMutablePointer(mutating: pass.inputs[0].pointer(count)), count: count)
        inner.rectifiesInputGradient = false
        return inner
    }
}

/// How kernels lie along one axis of a transposed convolution's output.
public struct TransposedAxis: Hashable, Sendable {
    /// Pixels of the output.
    public let output: Int
    /// Pixels of the first kernel that lie before the output's first one.
    public let before: Int
    /// How the convolution that is transposed slides along the output.
    let transposed: Axis

    /// - Parameter outputPadding: as of `TransposedConvolution2D`.
    public init(extent: Int, window: Int, stride: Int, padding: Padding, outputPadding: Int?, dilation: Int) {
        let reach = (window - 1) * dilation + 1
        switch padding {
        case .valid: output = (extent - 1) * stride + reach + (outputPadding ?? max(0, stride - reach))
        case .same: output = outputPadding.map { (extent - 1) * stride + reach % 2 + $0 } ?? extent * stride
        }
        before = padding == .valid ? 0 : max(0, (extent - 1) * stride + reach - output) / 2
        transposed = Axis(
            extent: output, window: window, stride: stride, dilation: dilation, output: extent, before: before)
    }

    /// Pixels of the last kernel that lie behind the output's last one; negative for pixels behind all kernels.
    public var after: Int { (transposed.output - 1) * transposed.stride + transposed.reach - before - output }
}
