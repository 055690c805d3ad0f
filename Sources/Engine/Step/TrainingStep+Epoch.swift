import Communication
import Models
import Optimizers
import Tensors

/// What is done between steps.
extension TrainingStep {
    /// Starts an epoch: empty totals, a new order of each stratum. Called on every lane.
    ///
    /// - Parameter step: the first step that will be run.
    package func beginEpoch(_ epoch: Int, from step: Int = 0, lane: Int) {
        shard.beginReading(lanes[lane].positions, step: step, epoch: epoch)
        for position in lanes[lane].positions {
            shard.beginEpoch(epoch, position: position)
            totals.reset(position)
        }
    }

    /// Continues a partially completed epoch: restores the sums of this lane's positions, after `beginEpoch`.
    ///
    /// - Parameters: one value for each microbatch position.
    package func restoreTotals(losses: [Double], correct: [Double], lane: Int) {
        for position in lanes[lane].positions {
            totals.set(position, loss: losses[position], correct: correct[position])
        }
    }

    /// Whether stamps could not be read: the weights since then are worthless.
    package var hasReadingFailed: Bool { failure.withLock { $0 != nil } }

    /// Throws the error that kept stamps from being read, on all ranks. Collective.
    package func throwReadingFailure(in group: any ProcessGroup) throws {
        try group.agree { if let failure = failure.withLock({ $0 }) { throw failure } }
    }

    /// What lane 0 has added up in the first `steps` steps of this epoch. Called on lane 0.
    package func seenByFirstLane(steps: Int) -> (samples: Int, loss: Double, correct: Double) {
        var seen = (samples: 0, loss: 0.0, correct: 0.0)
        for position in lanes[0].positions {
            seen.samples += min(
                plan.firstInStratum(step: steps, position: position), plan.stratumSamples(position: position))
            seen.loss += totals[position].loss
            seen.correct += totals[position].correct
        }
        return seen
    }

    /// The average of the weights over the steps, whole on every rank; nil where none is kept. Collective.
    package func averagedWeights() throws -> FloatBuffer? {
        guard let index = stateNames.firstIndex(of: Regularization.averageName) else { return nil }
        let whole = FloatBuffer(count: network.trainableCount)
        try pipeline.gather(state: index, into: whole)
        return whole
    }

    /// Makes the average of the weights the weights, where one is kept: at the end of a run. Collective.
    package func takeAveragedWeights() throws {
        guard let averaged = try averagedWeights() else { return }
        weights.trainable.pointer.update(from: averaged.pointer, count: averaged.count)
    }
}
