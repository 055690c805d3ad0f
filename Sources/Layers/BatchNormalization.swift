import CKernels
import Tensors

/// Batch normalisation over all axes but the last, with statistics over the whole global batch.
///
///     y = γ·(x − μ)/√(σ² + ε) + β
///
/// In training μ and σ² are the batch's mean and (biased) variance, elsewhere the moving ones, which follow as moving =
/// momentum·moving + (1 − momentum)·batch. Because μ and σ² are sums over all microbatches, each pass is cut in two:
/// sums over a microbatch, and, once those of all microbatches are added, the rest (``SynchronizedLayer``).
///
/// Source: S. Ioffe and C. Szegedy, ICML 2015; `keras.layers.BatchNormalization`.
public struct BatchNormalization: SynchronizedLayer {
    public let name: String
    public let outputShape: Shape
    public let momentum: Float
    public let epsilon: Float
    /// Whether there is a γ to train, else it is 1.
    public let hasScale: Bool
    /// Whether there is a β to train, else it is 0.
    public let hasCenter: Bool
    /// Whether ReLU follows: max(y, 0), in the same pass over memory.
    public let isRectified: Bool
    private let channels: Int

    public func rectified() -> (any Layer)? {
        BatchNormalization(
            name: name, inputShape: outputShape, momentum: momentum, epsilon: epsilon, hasScale: hasScale,
            hasCenter: hasCenter, isRectified: true)
    }

    public init(
        name: String, inputShape: Shape, momentum: Float = 0.99, epsilon: Float = 0.001, hasScale: Bool = true,
        hasCenter: Bool = true, isRectified: Bool = false
    ) {
        self.name = name
        outputShape = inputShape
        self.momentum = momentum
        self.epsilon = epsilon
        self.hasScale = hasScale
        self.hasCenter = hasCenter
        self.isRectified = isRectified
        channels = inputShape.channels
    }

    public var parameters: [ParameterSpecification] {
        (hasScale ? [ParameterSpecification("gamma", [channels], .ones)] : [])
            + (hasCenter ? [ParameterSpecification("beta", [channels], .zeros)] : [])
            + [
                ParameterSpecification("moving_mean", [channels], .zeros, isTrainable: false),
                ParameterSpecification("moving_variance", [channels], .ones, isTrainable: false),
            ]
    }

    /// Mean, 1/deviation, scale, shift, the three factors of the gradient, and what single precision leaves out of the
    /// mean: what all microbatches of a step share.
    ///
    /// It lies where other layers have their prepared weights.
    public var preparedCount: Int { 8 * channels }

    /// Doubles that each of the two sums has.
    public var sumCount: Int { 2 * channels }

    // MARK: Forward

    /// Adds up Σx and Σx² of a microbatch, channel by channel.
    public func sumMoments(_ pass: LayerPass, into sums: MutableBufferView<Double>) {
        channel_moments(
            pass.inputs[0].pointer(pass.samples * outputShape.count), pass.samples * outputShape.rows, channels,
            sums.pointer(sumCount))
    }

    /// Turns the sums over `samples` samples into what `forward` needs, and moves the moving statistics.
    ///
    /// - Parameter state: moving mean, then moving variance.
    public func finishMoments(
        _ sums: BufferView<Double>, samples: Int, parameters: FloatView, prepared: MutableFloatView,
        state: MutableFloatView
    ) {
        let rows = Double(samples * outputShape.rows)
        for channel in 0..<channels {
            let mean = sums[channel] / rows
            let variance = max(0, sums[channels + channel] / rows - mean * mean)
            prepare(channel, mean: mean, variance: variance, parameters, prepared)
            state[channel] = state[channel] * momentum + Float(mean) * (1 - momentum)
            state[channels + channel] = state[channels + channel] * momentum + Float(variance) * (1 - momentum)
        }
    }

    /// Lays out what `forward` needs to apply the moving statistics.
    public func useMovingStatistics(_ state: FloatView, parameters: FloatView, prepared: MutableFloatView) {
        for channel in 0..<channels {
            prepare(
                channel, mean: Double(state[channel]), variance: Double(state[channels + channel]), parameters, prepared
            )
        }
    }

    private func prepare(
        _ channel: Int, mean: Double, variance: Double, _ parameters: FloatView, _ prepared: MutableFloatView
    ) {
        let inverse = 1 / (variance + Double(epsilon)).squareRoot()
        let scale = (hasScale ? Double(parameters[channel]) : 1) * inverse
        let center = hasCenter ? Double(parameters[(hasScale ? channels : 0) + channel]) : 0
        // The loops subtract the rounded mean first: what it lacks of the mean goes into the shift.
        let rounded = Float(mean)
        let rest = mean - Double(rounded)
        prepared[channel] = rounded
        prepared[channels + channel] = Float(inverse)
        prepared[2 * channels + channel] = Float(scale)
        prepared[3 * channels + channel] = Float(center - rest * scale)
        prepared[7 * channels + channel] = Float(rest)
    }

    public func forward(_ pass: LayerPass) {
        let count = pass.samples * outputShape.count
        channel_scale_shift(
            pass.inputs[0].pointer(count), shared(pass, 0), shared(pass, 2), shared(pass, 3),
            pass.samples * outputShape.rows, channels,
            isRectified ? 1 : 0, pass.output.pointer(count))
    }

    // MARK: Backward

    /// Adds up Σ∂y and Σ∂y·x̂ of a microbatch: the gradients of β and γ, which also go into the parameters' gradient.
    public func sumGradients(_ pass: LayerPass, into sums: MutableBufferView<Double>) {
        let count = pass.samples * outputShape.count
        channel_gradient_sums(
            pass.inputs[0].pointer(count), pass.outputGradient.pointer(count), shared(pass, 0), shared(pass, 1),
            rectifiedScale(pass), rectifiedShift(pass), pass.samples * outputShape.rows, channels,
            sums.pointer(sumCount))
        for channel in 0..<channels {
            // The loops' x̂ is that of the rounded mean.
            let rest = Double(pass.prepared[7 * channels + channel]) * Double(pass.prepared[channels + channel])
            sums[channels + channel] -= rest * sums[channel]
            if hasScale { pass.parameterGradient[channel] = Float(sums[channels + channel]) }
            if hasCenter { pass.parameterGradient[(hasScale ? channels : 0) + channel] = Float(sums[channel]) }
        }
    }

    /// Turns the sums over `samples` samples into the factors of ∂x = a·∂y + b·(x − μ) + d, with the rounded mean μ.
    public func finishGradients(_ sums: BufferView<Double>, samples: Int, prepared: MutableFloatView) {
        let rows = Double(samples * outputShape.rows)
        for channel in 0..<channels {
            let rest = Double(prepared[7 * channels + channel])
            let inverse = Double(prepared[channels + channel])
            let scale = Double(prepared[2 * channels + channel])
            let slope = -scale * inverse * sums[channels + channel] / rows
            prepared[4 * channels + channel] = Float(scale)
            prepared[5 * channels + channel] = Float(slope)
            prepared[6 * channels + channel] = Float(-scale * sums[channel] / rows - slope * rest)
        }
    }

    /// ∂x = γ/σ·(∂y − mean(∂y) − x̂·mean(∂y·x̂)), written as a·∂y + b·(x − μ) + d. The parameters' gradient is that of
    /// `sumGradients`.
    public func backward(_ pass: LayerPass) {
        guard let inputGradient = pass.inputGradients[0] else { return }
        let count = pass.samples * outputShape.count
        channel_gradient(
            pass.inputs[0].pointer(count), pass.outputGradient.pointer(count), shared(pass, 0), shared(pass, 4),
            shared(pass, 5), shared(pass, 6), rectifiedScale(pass), rectifiedShift(pass),
            pass.samples * outputShape.rows, channels, inputGradient.pointer(count))
    }

    /// One of the eight rows of `channels` floats that all microbatches share (`preparedCount`).
    private func shared(_ pass: LayerPass, _ row: Int) -> UnsafePointer<Float> {
        pass.prepared.pointer(channels, at: row * channels)
    }

    /// Scale and shift of the forward pass, from which the loops see what its rectifier let pass; nil without one.
    private func rectifiedScale(_ pass: LayerPass) -> UnsafePointer<Float>? {
        isRectified ? shared(pass, 2) : nil
    }
    private func rectifiedShift(_ pass: LayerPass) -> UnsafePointer<Float>? {
        isRectified ? shared(pass, 3) : nil
    }
}
