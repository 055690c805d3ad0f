import Engine
import Lanes
import Metrics
import Optimizers
import Prediction
import StampLoading
import Tensors

/// Measures the validation set between epochs, with the averaged weights if averages are kept.
struct ValidationPass {
    let stamps: LabelledStamps
    let inference: Inference
    let step: TrainingStep
    let team: LaneTeam
    /// What is measured besides loss and accuracy.
    let watched: [Stopping.Metric]

    /// What the validation set reveals after an epoch.
    struct Measured {
        let loss: Double
        let accuracy: Double
        /// The areas are nil unless they are watched, and NaN when a probability is not a number.
        let rocArea: Double?
        let averagePrecision: Double?
    }

    /// The measurements on rank 0; nil elsewhere, and without stamps. Collective.
    ///
    /// As in Keras the loss contains what the sizes of weights and of the outputs of layers add to it.
    /// Batch normalisation's moving statistics already are averages over the steps, and are used as they are.
    func measure() throws -> Measured? {
        guard !stamps.stamps.isEmpty else { return nil }
        guard let averaged = try step.averagedWeights() else { return try measureWeights() }
        let weights = step.weights.trainable
        let trained = FloatBuffer(count: weights.count)
        trained.pointer.update(from: weights.pointer, count: weights.count)
        weights.pointer.update(from: averaged.pointer, count: weights.count)
        let measured = try measureWeights()
        weights.pointer.update(from: trained.pointer, count: weights.count)
        try team.run { [step] lane in step.prepareWeights(lane: lane) }
        return measured
    }

    private func measureWeights() throws -> Measured? {
        try inference.logitsAndPenalty(of: stamps).map { logits, penalty in
            let means = inference.means(of: stamps.labels, logits: logits)
            return Measured(
                loss: means.loss + penalty + step.penaltyOfWeights(), accuracy: means.accuracy,
                rocArea: area(.validationROCArea, logits), averagePrecision: area(.validationAveragePrecision, logits))
        }
    }

    /// An area that compares the classes, of more than two the mean of each against the rest; nil unless it is watched.
    ///
    /// Of probabilities in single precision, as `metrics.json` ranks the test set: where these are equal, so are the
    /// stamps, even if their logits differ.
    private func area(_ metric: Stopping.Metric, _ logits: [Float]) -> Double? {
        guard watched.contains(metric) else { return nil }
        let probabilities = inference.network.probabilities(logits)
        guard !probabilities.contains(where: \.isNaN) else { return .nan }
        let set = inference.network.testSet(labels: stamps.labels, probabilities: probabilities)
        return (metric == .validationROCArea ? set.rocArea : set.averagePrecision) ?? .nan
    }
}
