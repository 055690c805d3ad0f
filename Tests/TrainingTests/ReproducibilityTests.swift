import EngineTestSupport
import FoundationEssentials
import Models
import Optimizers
import Preparation
import RunRecords
import Settings
import StampData
import TestSupport
import Testing

/// The same bits from any number of lanes, at once or in parts. (`TrainerCommandTests` has the same under mpirun.)
@Suite struct ReproducibilityTests {
    static let optimizers: [Optimizer] = [.sgd(), .sgd(momentum: 0.9, nesterov: true), .adam()]

    /// Dropout is on, the last batch is uneven and smaller than its number of microbatches.
    private func configuration(
        _ model: StandardNetwork, _ optimizer: Optimizer, in folder: TemporaryFolder
    ) throws -> TrainingSettings {
        var configuration = try TrainingSettings.onAll(LabelledPixels(count: 99, seed: 2), in: folder)
        configuration.model = model.rawValue
        configuration.split = try SplitFractions(0.7, 0.2, 0.1)
        configuration.preparation.normalization = .mean
        configuration.dropout = true
        configuration.optimizer = optimizer
        configuration.batchSize = .samples(33)
        configuration.microbatch = 4
        configuration.epochs = 4
        return configuration
    }

    /// Everything at once: what asks for norms, averages, and the course of a metric.
    private func demanding(_ optimizer: Optimizer, in folder: TemporaryFolder) throws -> TrainingSettings {
        var configuration = try configuration(.vgg6, optimizer, in: folder)
        configuration.schedule.kind = .cosine
        configuration.schedule.warmup = .epochs(1)
        configuration.objective.labelSmoothing = 0.1
        configuration.objective.classWeights = .balanced
        configuration.regularization.weightDecay = 0.01
        configuration.regularization.clipNorm = 0.1
        configuration.regularization.averaging = 0.8
        configuration.stopping.plateau = Stopping.Plateau(metric: .validationLoss, factor: 0.5, patience: 1)
        configuration.stopping.early = Stopping.Early(metric: .validationLoss, patience: 3)
        configuration.keepCheckpoints = 10
        return configuration
    }

    private func results(_ output: String) throws -> Results {
        let history = try History.read(RunFolder(output).history).rows
        let model = try TrainedModel(contentsOf: RunFolder(output).model)
        return Results(
            weights: model.weights.trainable.array, state: model.weights.state.array,
            numbers: history.map { [$0.loss, $0.accuracy, $0.validationLoss!, $0.validationAccuracy!] })
    }

    private struct Results: Equatable {
        let weights: [Float]
        let state: [Float]
        let numbers: [[Double]]
    }

    @Test(arguments: [StandardNetwork.simple, .vgg6])
    func anyNumberOfLanesGivesTheSameBits(model: StandardNetwork) throws {
        let folder = try TemporaryFolder()
        var configuration = try configuration(model, .sgd(momentum: 0.9), in: folder)
        let all = try [1, 2, 3, 5, 12].map { threads in
            configuration.execution.threads = threads
            configuration.output = folder.path("run-\(threads)")
            try configuration.run()
            return try results(configuration.output)
        }
        #expect(all.allSatisfy { $0 == all[0] })
        configuration.seed = 1
        configuration.output = folder.path("other")
        try configuration.run()
        #expect(try results(configuration.output) != all[0])
    }

    /// Every normalisation of augmented stamps: any lanes, and a resume, draw what one lane draws.
    @Test(arguments: Normalization.named + [.percentile(PercentileRange(low: 1, high: 99)!), .standard(nil)])
    func augmentationGivesTheSameBitsOnAnyLanes(normalization: Normalization) throws {
        let folder = try TemporaryFolder()
        var configuration = try configuration(.vgg6, .adam(), in: folder)
        configuration.preparation.normalization = normalization
        configuration.augmentation = .all
        let all = try [1, 2, 5].map { threads in
            configuration.execution.threads = threads
            configuration.output = folder.path("run-\(threads)")
            try configuration.run()
            return try results(configuration.output)
        }
        #expect(all.allSatisfy { $0 == all[0] })
        configuration.output = folder.path("in-parts")
        #expect(try resultsInTwoParts(configuration) == all[0])
        configuration.augmentation = .none
        configuration.output = folder.path("plain")
        try configuration.run()
        #expect(try results(folder.path("plain")) != all[0])
    }

    /// The optimizer's state goes through a checkpoint without a rounding, and is dealt anew to another number of
    /// lanes.
    @Test(arguments: optimizers) func resumingGivesTheSameBits(optimizer: Optimizer) throws {
        let folder = try TemporaryFolder()
        var configuration = try configuration(.vgg6, optimizer, in: folder)
        configuration.execution.threads = 2
        configuration.output = folder.path("at-once")
        try configuration.run()
        configuration.output = folder.path("in-parts")
        #expect(try resultsInTwoParts(configuration) == results(folder.path("at-once")))
    }

    /// Two of the four epochs, then the others on three lanes.
    private func resultsInTwoParts(_ configuration: TrainingSettings) throws -> Results {
        var configuration = configuration
        configuration.epochs = 2
        try configuration.run()
        configuration.epochs = 4
        configuration.execution.threads = 3
        configuration.execution.resume = true
        try configuration.run()
        return try results(configuration.output)
    }

    @Test(arguments: [Optimizer.adam(), .lamb(), .lars()])
    func everyPartOfTheObjectiveGivesTheSameBits(optimizer: Optimizer) throws {
        let folder = try TemporaryFolder()
        var configuration = try demanding(optimizer, in: folder)
        configuration.checkpointInterval = .steps(1)
        let all = try [1, 3, 5].map { threads in
            configuration.execution.threads = threads
            configuration.output = folder.path("run-\(threads)")
            try configuration.run()
            return try results(configuration.output)
        }
        #expect(all.allSatisfy { $0 == all[0] })
        // As if the run had been cut off in the midst of its second epoch.
        let checkpoints = RunFolder(configuration.output).checkpoints
        for checkpoint in try checkpoints.all() where checkpoint.step > 4 {
            try FileManager.default.removeItem(atPath: checkpoint.path)
        }
        configuration.execution.threads = 2
        configuration.execution.resume = true
        try configuration.run()
        #expect(try results(configuration.output) == all[0])
    }

    @Test func aRunThatGotNoBetterEndsWithItsBestWeights() throws {
        let folder = try TemporaryFolder()
        var configuration = try configuration(.simple, .adam(), in: folder)
        configuration.epochs = 60
        configuration.stopping.early = Stopping.Early(metric: .validationAccuracy, patience: 2)
        try configuration.run()
        let history = try History.read(RunFolder(configuration.output).history).rows
        let best = history.max { ($0.validationAccuracy!, $1.epoch) < ($1.validationAccuracy!, $0.epoch) }!
        #expect(history.count == best.epoch + 2)
        let checkpoint = RunFolder(configuration.output).checkpoints.checkpoint(step: 3 * best.epoch)
        let (ended, expected) = (
            try TrainedModel(contentsOf: RunFolder(configuration.output).model),
            try TrainedModel(contentsOf: checkpoint.model)
        )
        #expect(ended.weights.trainable.array == expected.weights.trainable.array)
        // It stays finished.
        configuration.execution.resume = true
        try configuration.run()
        #expect(try History.read(RunFolder(configuration.output).history).rows.count == history.count)
        let again = try TrainedModel(contentsOf: RunFolder(configuration.output).model)
        #expect(again.weights.trainable.array == expected.weights.trainable.array)
    }
}
