import CKernels
import Tensors

/// y = x·scale + offset with numbers that stay as they are, for each channel. Results equal `keras.layers.Rescaling`.
public struct ChannelRescaling: Layer {
    public let name: String
    public let outputShape: Shape
    private let scale: [Float]
    private let offset: [Float]

    /// - Precondition: a scale and an offset for each channel.
    public init(name: String, inputShape: Shape, scale: [Float], offset: [Float]) {
        precondition(
            scale.count == inputShape.channels && offset.count == inputShape.channels,
            "\(name): \(scale.count) scales and \(offset.count) offsets of \(inputShape.channels) channels")
        self.name = name
        outputShape = inputShape
        (self.scale, self.offset) = (scale, offset)
    }

    public func valuesReadBackward(rectifiesInputGradient: Bool, isOutputGradientRectified: Bool) -> ValuesRead {
        ValuesRead(inputs: false, output: false)
    }

    public func forward(_ pass: LayerPass) {
        let count = pass.samples * outputShape.count
        channel_scale_shift(
            pass.inputs[0].pointer(count), nil, scale, offset, pass.samples * outputShape.rows, outputShape.channels, 0,
            pass.output.pointer(count))
    }

    public func backward(_ pass: LayerPass) {
        guard let inputGradient = pass.inputGradients[0] else { return }
        let count = pass.samples * outputShape.count
        channel_scale_shift(
            pass.outputGradient.pointer(count), nil, scale, [Float](repeating: 0, count: scale.count),
            pass.samples * outputShape.rows, outputShape.channels, 0, inputGradient.pointer(count))
    }
}

/// y = γ·x with a trained γ for each channel. Results equal `LayerScale` of `keras.applications`' ConvNeXt.
///
/// Source: H. Touvron et al., "Going deeper with image transformers", arXiv:2103.17239 (2021).
public struct LayerScale: Layer {
    public let name: String
    public let outputShape: Shape
    /// What γ is before training.
    public let initialValue: Float

    public init(name: String, inputShape: Shape, initialValue: Float) {
        self.name = name
        outputShape = inputShape
        self.initialValue = initialValue
    }

    public var parameters: [ParameterSpecification] {
        [ParameterSpecification("gamma", [outputShape.channels], .constant(initialValue))]
    }

    /// γ's gradient in double precision, two sums a channel, and a 0 and a 1 for each channel.
    public func workspaceCount(samples: Int) -> Int { 6 * outputShape.channels }

    public func valuesReadBackward(rectifiesInputGradient: Bool, isOutputGradientRectified: Bool) -> ValuesRead {
        ValuesRead(inputs: true, output: false)
    }

    private func constants(_ pass: LayerPass) -> (zeros: UnsafePointer<Float>, ones: UnsafePointer<Float>) {
        let channels = outputShape.channels
        let zeros = pass.workspace.pointer(channels, at: 4 * channels)
        let ones = pass.workspace.pointer(channels, at: 5 * channels)
        zeros.update(repeating: 0, count: channels)
        ones.update(repeating: 1, count: channels)
        return (UnsafePointer(zeros), UnsafePointer(ones))
    }

    public func forward(_ pass: LayerPass) {
        let count = pass.samples * outputShape.count
        channel_scale_shift(
            pass.inputs[0].pointer(count), nil, pass.parameters.pointer(outputShape.channels), constants(pass).zeros,
            pass.samples * outputShape.rows, outputShape.channels, 0, pass.output.pointer(count))
    }

    public func backward(_ pass: LayerPass) {
        let (count, channels) = (pass.samples * outputShape.count, outputShape.channels)
        let rows = pass.samples * outputShape.rows
        let (zeros, ones) = constants(pass)
        let gradient = UnsafePointer(pass.outputGradient.pointer(count))
        let sums = pass.workspace.zeroedDoubles(2 * channels)
        channel_gradient_sums(
            pass.inputs[0].pointer(count), gradient, zeros, ones, nil, nil, rows, channels, sums)
        for channel in 0..<channels { pass.parameterGradient[channel] = Float(sums[channels + channel]) }
        guard let inputGradient = pass.inputGradients[0] else { return }
        channel_scale_shift(
            gradient, nil, pass.parameters.pointer(channels), zeros, rows, channels, 0, inputGradient.pointer(count))
    }
}
