import Communication
import Faults
import Files
import KerasFormat
import Metrics
import Models
import Prediction
import RunRecords

/// A run after its last epoch: its weights are those of the model.
struct TrainedRun {
    let restored: RestoredRun
    /// How many epochs it has, and why it ended.
    let outcome: TrainingEpochs.Outcome

    private var context: RunContext { restored.context }
    private var network: Network { restored.loaded.network }
    private var folder: RunFolder? { restored.loaded.prepared.folder }

    /// Calibrates the network, measures the test set and writes the model. Collective.
    ///
    /// - Returns: on rank 0 the metrics of the test set, if there is one.
    func test() throws -> TestMetrics? {
        let decision = try Decision(
            settings: context.configuration.decision, network: network, weights: restored.step.weights,
            validation: restored.loaded.data.validation, classNames: restored.loaded.prepared.collection.classes.names,
            inference: restored.inference, group: context.group, logger: context.logger
        ).fit()
        let metrics = try measure(decision)
        try measureFeatures()
        try writeModel(decision)
        return metrics
    }

    private func measure(_ decision: DecisionRule) throws -> TestMetrics? {
        let (collection, test) = (restored.loaded.prepared.collection, restored.loaded.data.split.test.sorted())
        guard !test.isEmpty else { return nil }
        let logits = try restored.inference.logits(of: test, by: restored.loaded.data.reader)
        return try context.group.agree { () -> TestMetrics? in
            guard let folder, let logits else { return nil }
            let predictions = network.labelledPredictions(
                logits: logits, stamps: test, in: collection, threshold: decision.threshold)
            let names = collection.classes.names, metrics = predictions.metrics(classNames: names)
            try TestPredictions.write(
                predictions, identifiers: restored.loaded.prepared.identifiers, classNames: names,
                to: folder.testPredictions)
            try JSONFile.write(metrics, to: folder.metrics)
            if let journal = restored.journal {
                let values =
                    [("loss", metrics.loss), ("accuracy", metrics.accuracy)]
                    + (metrics.rocAUC.map { [("roc_auc", $0)] } ?? [])
                restored.checkpoints.record { [epochs = outcome.epochs] in
                    try journal.append(test: values, epochs: epochs)
                }
            }
            if context.configuration.execution.tensorBoard, let journal = restored.journal {
                let pictures = TestPictures(metrics: metrics, predictions: predictions, collection: collection)
                let steps = outcome.epochs * restored.loaded.data.plan.steps
                restored.checkpoints.record { try journal.show(pictures.values(), step: steps) }
            }
            return metrics
        }
    }

    /// Which features the test set needs. Collective.
    private func measureFeatures() throws {
        let (reader, test) = (restored.loaded.data.reader, restored.loaded.data.split.test.sorted())
        guard reader.featureCount > 0, !test.isEmpty else { return }
        let model = PermutationImportance.Model(inference: restored.inference, reader: reader)
        let importance = try PermutationImportance([model], test, seed: context.configuration.seed).measure()
        try context.group.agree {
            guard let folder, let importance else { return }
            try FeatureImportance.write(importance, to: folder.featureImportance)
        }
    }

    private func writeModel(_ decision: DecisionRule) throws {
        try context.group.agree {
            guard let folder else { return }
            let classes = restored.loaded.prepared.collection.classes
            let model = TrainedModel(
                network: network, weights: restored.step.weights,
                preparation: restored.loaded.data.reader.preparation, decision: decision,
                classNames: classes == .noiseAndSource ? nil : classes.names,
                features: restored.loaded.data.reader.features?.preparation)
            try model.write(to: folder.model)
            if KerasArchive.isSupported { try writeForKeras(model, to: folder.kerasModel) }
        }
    }

    /// Writes the model for Keras. A network that Keras can only express as code does not fail the run: the model
    /// itself is safe.
    private func writeForKeras(_ model: TrainedModel, to path: String) throws {
        do {
            try KerasArchive.write(model, to: path)
        } catch let fault as Fault where fault.kind == .badData {
            context.logger.warning("\(fault)")
        }
    }
}

extension RestoredRun {
    /// Trains to the end of the last epoch. Collective.
    func trained() throws -> TrainedRun {
        let clock = ContinuousClock()
        let start = clock.now
        defer { if context.isRoot { context.logger.debug("trained for \(clock.now - start)") } }
        let outcome: TrainingEpochs.Outcome
        do {
            outcome = try TrainingEpochs(self).run()
        } catch {
            noteFailure(error)
            throw error
        }
        if context.isRoot, outcome.endedEarly { printEarlyEnd(outcome) }
        return TrainedRun(restored: self, outcome: outcome)
    }

    private func printEarlyEnd(_ outcome: TrainingEpochs.Outcome) {
        let configuration = context.configuration
        guard let early = configuration.stopping.early, configuration.execution.showsProgress else { return }
        let best =
            outcome.best.flatMap { outcome.lostBest == nil ? $0 : nil }.map {
                ", with the weights of epoch \($0 / loaded.data.plan.steps)"
            } ?? ""
        StandardOutput.show(
            progress: """
                the run is finished after epoch \(outcome.epochs) of \(configuration.epochs): \
                \(early.metric.rawValue) got no better for \(early.patience) \
                \(early.patience == 1 ? "epoch" : "epochs")\(best)

                """)
    }
}
