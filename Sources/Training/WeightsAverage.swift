import CKernels
import Communication
import Models
import Tensors

/// The exponential moving average of a network's trainable parameters over the steps, for evaluation.
///
/// After step t: average ← m·average + (1 − m)·parameters, and the parameters themselves after the first step, as
/// `keras.optimizers.Optimizer(use_ema=True, ema_momentum=m)`. Batch normalisation's moving statistics are averages
/// already, and shared.
package final class WeightsAverage: Sendable {
    /// The averages, with the moving statistics of the network that is trained.
    package let weights: Weights
    private let source: Weights
    private let momentum: Float

    package init(of source: Weights, momentum: Float) {
        self.source = source
        self.momentum = momentum
        weights = Weights(trainable: FloatBuffer(count: source.trainable.count), state: source.state)
    }

    /// Takes the parameters of a step in: one lane's part.
    package func update(isFirstStep: Bool, lane: Int, of lanes: Int) {
        let part = (0..<source.trainable.count).balancedRuns(
            over: lanes, multipleOf: GradientReduction.sliceUnit)[lane]
        let average = weights.trainable.pointer + part.lowerBound, values = source.trainable.pointer + part.lowerBound
        if isFirstStep {
            average.update(from: values, count: part.count)
        } else {
            average_update(average, values, part.count, momentum)
        }
    }
}
