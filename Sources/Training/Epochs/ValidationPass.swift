import Engine
import Lanes
import StampLoading
import Tensors

/// Measures the validation set between epochs, with the averaged weights if averages are kept.
struct ValidationPass {
    let stamps: LabelledStamps
    let inference: Inference
    let step: TrainingStep
    let team: LaneTeam

    /// Loss and accuracy on rank 0; nil elsewhere, and without stamps. Collective.
    ///
    /// Batch normalisation's moving statistics already are averages over the steps, and are used as they are.
    func measure() throws -> (loss: Double, accuracy: Double)? {
        guard !stamps.stamps.isEmpty else { return nil }
        guard let averaged = try step.averagedWeights() else { return try inference.evaluate(stamps) }
        let weights = step.weights.trainable
        let trained = FloatBuffer(count: weights.count)
        trained.pointer.update(from: weights.pointer, count: weights.count)
        weights.pointer.update(from: averaged.pointer, count: weights.count)
        let measured = try inference.evaluate(stamps)
        weights.pointer.update(from: trained.pointer, count: weights.count)
        try team.run { [step] lane in step.prepareWeights(lane: lane) }
        return measured
    }
}
