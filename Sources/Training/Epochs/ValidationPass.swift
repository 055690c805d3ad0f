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
    let watched: Stopping.Metric?

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
        try inference.logits(of: stamps).map { logits in
            let means = inference.means(of: stamps, logits: logits)
            return Measured(
                loss: means.loss, accuracy: means.accuracy,
                rocArea: area(.validationROCArea, logits), averagePrecision: area(.validationAveragePrecision, logits))
        }
    }

    /// An area that compares the classes, of more than two the mean of each against the rest; nil unless it is watched.
    private func area(_ metric: Stopping.Metric, _ logits: [Float]) -> Double? {
        guard metric == watched else { return nil }
        let probabilities = probabilities(logits)
        guard !probabilities.contains(where: \.isNaN) else { return .nan }
        let isROC = metric == .validationROCArea
        guard inference.network.classCount > 2 else {
            let samples = scored(probabilities)
            return (isROC ? ROCCurve.area(samples) : ThresholdSweep(samples).averagePrecision) ?? .nan
        }
        let predictions = ClassPredictions(
            classes: inference.network.classCount, indices: Array(stamps.labels.indices), trueClasses: stamps.labels,
            probabilities: probabilities)
        return (isROC ? predictions.macroROCArea : predictions.macroAveragePrecision) ?? .nan
    }

    /// The stamps' probabilities in single precision, as `metrics.json` ranks the test set: where these are equal, so
    /// are the stamps, even if their logits differ.
    private func probabilities(_ logits: [Float]) -> [Float] {
        var probabilities = [Float](repeating: 0, count: logits.count)
        logits.withUnsafeBufferPointer {
            inference.network.loss.probabilities(
                logits: $0.baseAddress!, samples: stamps.labels.count, outputs: inference.network.outputs,
                into: &probabilities)
        }
        return probabilities
    }

    /// The stamps with their probabilities of a source.
    private func scored(_ probabilities: [Float]) -> [ScoredSample] {
        let outputs = inference.network.outputs
        return stamps.labels.enumerated().map { index, label in
            ScoredSample(index: index, trueClass: label, score: probabilities[(index + 1) * outputs - 1])
        }
    }
}
