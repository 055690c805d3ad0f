import Tensors

/// A layer that needs sums over the whole global batch, in each of its two passes, before it can go on.
///
/// All microbatches of all ranks synchronise there: each microbatch adds up its part (`sumMoments`, `sumGradients`),
/// the parts are added in the order of the canonical tree, and the total goes back in (`finishMoments`,
/// `finishGradients`). Whoever runs the network sees to that; the layer knows nothing of threads or ranks. Such a layer
/// opens a new segment of its network. What the totals say of the batch lies where other layers have their prepared
/// weights.
///
/// ``BatchNormalization`` is one.
public protocol SynchronizedLayer: Layer {
    /// How many numbers each of the two sums has.
    var sumCount: Int { get }

    /// Moments out: adds up what one microbatch contributes to the forward pass, from `pass.inputs`.
    ///
    /// - Parameter sums: `sumCount` numbers, which are overwritten.
    func sumMoments(_ pass: LayerPass, into sums: MutableBufferView<Double>)
    /// Sums in: turns the total over all microbatches into what `forward` needs, and updates the layer's moving
    /// statistics.
    ///
    /// - Parameters:
    ///   - sums: the total of what `sumMoments` has written, `sumCount` numbers.
    ///   - samples: those of the global batch.
    ///   - parameters: the layer's `trainableCount` parameters.
    ///   - prepared: `preparedCount` floats that all microbatches of the step share.
    ///   - state: the layer's moving statistics, `stateCount` floats.
    func finishMoments(
        _ sums: BufferView<Double>, samples: Int, parameters: FloatView, prepared: MutableFloatView,
        state: MutableFloatView
    )
    /// Gradients out: adds up what one microbatch contributes to the backward pass, and writes the gradient of its
    /// parameters.
    ///
    /// - Parameter sums: `sumCount` numbers, which are overwritten.
    func sumGradients(_ pass: LayerPass, into sums: MutableBufferView<Double>)
    /// Sums in: turns the total over all microbatches into what `backward` needs for the gradient of its input.
    func finishGradients(_ sums: BufferView<Double>, samples: Int, prepared: MutableFloatView)
    /// Lets `forward` use the moving statistics in place of the batch's: for inference.
    func useMovingStatistics(_ state: FloatView, parameters: FloatView, prepared: MutableFloatView)
}
