import CKernels
import Communication
import Engine
import Faults
import Files
import FoundationEssentials
import KerasFormat
import Lanes
import Layers
import Logging
import Metrics
import ModelFiles
import Models
import Optimizers
import Prediction
import RunRecords
import Settings
import StampData
import StampLoading
import Tensors

/// A training run from files to a run folder: what `swift-run-trainer train` does on every rank.
///
/// Rank 0 alone validates, writes and prints; every rank trains. All that any rank may find wrong with the input is found
/// and agreed on before the first step.
public final class TrainingRun {
    /// Recorded in `config.json`.
    private let programVersion: String
    private let configuration: TrainingConfiguration
    private let group: any ProcessGroup
    private let environment: [String: String]
    private let logger: Logger

    private var isRoot: Bool { group.rank == 0 }

    public init(
        _ configuration: TrainingConfiguration, programVersion: String, group: any ProcessGroup,
        environment: [String: String], logger: Logger
    ) {
        self.configuration = configuration
        self.programVersion = programVersion
        self.group = group
        self.environment = environment
        self.logger = logger
    }

    /// Trains. Collective.
    ///
    /// - Returns: on rank 0 the metrics of the test set, if there is one.
    public func run() throws -> ClassificationMetrics? {
        try group.limitWaits(to: configuration.stallTimeout)
        let team = try LaneTeam.forRank(threads: configuration.threads, group: group, logger: logger)
        defer { team.finish() }
        let kernelType = try ProcessorKernels.agreed(in: group)
        let collection = try StampCollection.agreed(in: group) {
            try StampCollection(noise: configuration.noise, sources: configuration.sources)
        }
        let folder = try openRunFolder()
        do {
            let trained = try train(team, collection, folder, kernelType)
            defer { trained.checkpoints.wait() }
            let metrics = try test(trained, collection, folder)
            try trained.checkpoints.finish()
            return metrics
        } catch {
            // A start that was refused leaves nothing behind.
            folder?.withdraw()
            throw error
        }
    }

    /// What training leaves for the test.
    private struct Trained {
        let inference: Inference
        let network: Network
        let weights: Weights
        /// The last of which may still be under way.
        let checkpoints: TrainingCheckpoints
        /// Rank 0's.
        let journal: RunJournal?
        /// Steps of the whole run.
        let steps: Int
        let validation: LabelledStamps
        /// The stamps of the test set, in order.
        let test: [Int]
    }

    // MARK: Preparation

    private func openRunFolder() throws -> RunFolder? {
        try group.agree {
            isRoot ? try RunFolder.open(configuration.output, resuming: configuration.resume) : nil
        }
    }

    /// The network that a model file holds; nil for a standard one. Rank 0 alone reads the file. Collective.
    private func describedNetwork() throws -> NetworkDescription? {
        guard StandardNetwork(rawValue: configuration.model) == nil else { return nil }
        return try group.shared { try ModelFiles.network(configuration.model).network.description }
    }

    private func makeNetwork(_ collection: StampCollection, _ described: NetworkDescription?) throws -> Network {
        let network: Network
        if let standard = StandardNetwork(rawValue: configuration.model) {
            network = try makeNetwork(standard, height: collection.height, width: collection.width)
        } else {
            precondition(described != nil, "no description of \(configuration.model)")
            network = try Network(described!)
        }
        if let classes = configuration.classes, classes != network.outputs {
            throw Fault(
                .usage, "--classes \(classes)",
                "does not go with \(configuration.model), which has \(network.outputs) output\(network.outputs == 1 ? "" : "s")",
                remedy: "leave it out, or choose another model")
        }
        guard network.inputShape == [collection.height, collection.width, 1] else {
            let shape = network.inputShape.extents
            throw Fault(
                .badData, configuration.model,
                "takes stamps of \(shape[0])×\(shape[1]), the data are \(collection.height)×\(collection.width)",
                remedy: "use stamps of that size or a model for this one")
        }
        return configuration.dropout ? network : try network.withoutDropout()
    }

    /// A standard network, or a fault that tells which option and which stamps do not go together.
    private func makeNetwork(_ standard: StandardNetwork, height: Int, width: Int) throws -> Network {
        do {
            return try Network(standard.description(height: height, width: width, classes: configuration.classes ?? 2))
        } catch let fault as Fault {
            throw Fault(
                fault.kind, "--model \(configuration.model)",
                "does not fit stamps of \(height)×\(width) (\(fault.subject): \(fault.problem))", remedy: fault.remedy)
        }
    }

    private func resolvedSettings(
        _ collection: StampCollection, _ network: Network, _ data: TrainingData
    ) -> ResolvedSettings {
        let (split, plan) = (data.split, data.plan)
        return ResolvedSettings(
            model: configuration.model, network: network.description, noise: configuration.noise,
            sources: configuration.sources, stampHeight: collection.height, stampWidth: collection.width,
            noiseStamps: collection.noiseCount, sourceStamps: collection.sourceCount,
            dataFingerprint: data.findings.fingerprint.hexadecimal,
            trainingStamps: split.training.count, validationStamps: split.validation.count,
            testStamps: split.test.count,
            epochs: configuration.epochs, batchSize: plan.batchSize, microbatch: plan.largestMicrobatch,
            microbatches: plan.microbatches, learningRate: configuration.learningRate,
            optimizer: configuration.optimizer, schedule: configuration.schedule, objective: configuration.objective,
            regularization: configuration.regularization, stopping: configuration.stopping,
            classes: network.outputs, split: configuration.split,
            seed: configuration.seed, output: configuration.output, initialWeights: configuration.initialWeights,
            dropout: configuration.dropout, normalize: configuration.normalization,
            augmentation: configuration.augmentation, skipBad: configuration.skipBad,
            checkpointEvery: configuration.checkpointInterval.description,
            keepCheckpoints: configuration.keepCheckpoints, verifyEvery: configuration.verifyEvery,
            decision: configuration.decision, splitSeed: configuration.splitSeed,
            gradients: configuration.gradients)
    }

    /// First weights: drawn from the seed, or read on rank 0 and sent to all.
    private func initialWeights(_ network: Network) throws -> Weights {
        let isFile = StandardNetwork(rawValue: configuration.model) == nil && !configuration.model.hasSuffix(".json")
        guard let source = configuration.initialWeights ?? (isFile ? configuration.model : nil) else {
            return network.initialWeights(seed: configuration.seed)
        }
        let weights = try group.agree {
            isRoot ? try ModelFiles.weights(of: network, from: source) : Weights(network: network)
        }
        try group.broadcast(weights)
        return weights
    }

    // MARK: Training

    private func train(
        _ team: LaneTeam, _ collection: StampCollection, _ folder: RunFolder?, _ kernelType: String
    ) throws -> Trained {
        // A network that cannot work is refused before the stamps are read.
        let described = try describedNetwork()
        let network = try group.agree { try makeNetwork(collection, described) }
        let clock = ContinuousClock()
        let began = clock.now
        let data = try TrainingData.load(
            collection,
            DataRequest(configuration, defaultMicrobatch: network.defaultMicrobatch),
            team: team, group: group, logger: logger)
        if isRoot, let warning = data.findings.swappedClassesWarning { logger.warning("\(warning)") }
        try refuseUnmeasured(configuration.stopping.early?.metric, "--early-stopping", data)
        try refuseUnmeasured(configuration.stopping.plateau?.metric, "--reduce-on-plateau", data)
        let (plan, shard) = (data.plan, data.shard)
        warnAboutLanes(plan, team)
        tell(collection, data, team, network)
        if isRoot { logger.debug("stamps read and normalised in \(clock.now - began)") }
        try tellReadCounts()
        let settings = resolvedSettings(collection, network, data)
        let deciding = try settings.decidingResult()
        let found =
            configuration.resume
            ? try FoundCheckpoint.newest(
                in: folder, settings: deciding, plan: plan, epochs: configuration.epochs, group: group, logger: logger)
            : nil
        // A run that goes on has its weights from the checkpoint: the file that it began with may be gone.
        let weights = try found == nil ? initialWeights(network) : Weights(network: network)
        // Lanes without a microbatch would only be waited for at each meeting: with batch 1 that is all lanes but one.
        let busy = max(1, shard.positions.count)
        let trainingTeam = try group.agree { busy < team.count ? try LaneTeam(count: busy) : team }
        defer { if trainingTeam !== team { trainingTeam.finish() } }
        let trace = try group.agree {
            try configuration.trace.map {
                try TraceRecording(
                    path: $0, steps: configuration.traceSteps, network: network, plan: plan, team: trainingTeam,
                    group: group, logger: logger)
            }
        }
        let sources = data.split.training.count { collection.label($0) == 1 }
        let levels = try RankLevels(group, ranksPerNode: configuration.ranksPerNode)
        if isRoot, levels.sizes.count > 1 {
            logger.debug("ranks sum in levels of \(levels.sizes.map(String.init).joined(separator: " × "))")
        }
        let step = TrainingStep(
            network: network, weights: weights, shard: shard, plan: plan, optimizer: configuration.optimizer,
            regularization: configuration.regularization, labelSmoothing: configuration.objective.labelSmoothing,
            classWeights: configuration.objective.classWeights.values(
                noise: data.split.training.count - sources, sources: sources), seed: configuration.seed,
            format: configuration.gradients, team: trainingTeam, levels: levels, group: group)
        try tellMemory(data)
        let inference = Inference(
            network: network, weights: weights, prepared: step.prepared, team: team, group: group)
        let checkpoints = TrainingCheckpoints(
            folder: folder, settings: deciding, step: step, plan: plan, configuration: configuration, group: group,
            logger: logger)
        let start = try found.map { try checkpoints.restore($0) }
        try group.agree {
            guard let folder else { return }
            let record = ConfigurationRecord(
                settings: settings,
                versions: SoftwareVersions(
                    program: programVersion, swift: swiftVersion, openBLAS: MatrixProduct.configuration),
                cpuKernelType: kernelType, ranks: group.size, threads: team.count,
                memory: configuration.memory?.description, badStamps: data.bad,
                commandLine: configuration.commandLine)
            try JSONFile.write(record, to: folder.configuration)
        }
        let journal = folder.map {
            RunJournal(
                $0, hasEvents: configuration.tensorBoard, isResumed: configuration.resume,
                step: start?.progress.globalStep(plan) ?? 0, epochs: start?.progress.completedEpochs ?? 0)
        }
        let epochs = TrainingEpochs(
            configuration: configuration, plan: plan, step: step, inference: inference, validation: data.validation,
            checkpoints: checkpoints, folder: folder, journal: journal, trace: trace, team: trainingTeam,
            group: group, environment: environment)
        let outcome: TrainingEpochs.Outcome
        do {
            let began = clock.now
            defer { if isRoot { logger.debug("trained for \(clock.now - began)") } }
            outcome = try epochs.run(from: start?.progress ?? TrainingProgress(), records: start?.records)
        } catch {
            checkpoints.wait()
            throw error
        }
        if isRoot, outcome.endedEarly { tellOfEarlyEnd(outcome, plan) }
        return Trained(
            inference: inference, network: network, weights: weights, checkpoints: checkpoints,
            journal: journal, steps: outcome.epochs * plan.steps, validation: data.validation,
            test: data.split.test.sorted())
    }

    /// A metric that was not measured cannot be watched.
    private func refuseUnmeasured(_ metric: Stopping.Metric?, _ option: String, _ data: TrainingData) throws {
        guard let metric, metric.needsValidation, data.split.validation.isEmpty else { return }
        throw AgreedFault(
            fault: Fault(
                .usage, option, "watches \(metric.rawValue), and --split leaves no stamp for validation",
                remedy: "give validation a share, or --early-stopping loss"))
    }

    private func tellOfEarlyEnd(_ outcome: TrainingEpochs.Outcome, _ plan: BatchPlan) {
        guard let early = configuration.stopping.early, configuration.showsProgress else { return }
        let best = outcome.best.map { ", with the weights of epoch \($0 / plan.steps)" } ?? ""
        print(
            """
            the run is finished after epoch \(outcome.epochs) of \(configuration.epochs): \
            \(early.metric.rawValue) got no better for \(early.patience) \
            \(early.patience == 1 ? "epoch" : "epochs")\(best)
            """)
    }

    private func warnAboutLanes(_ plan: BatchPlan, _ team: LaneTeam) {
        let lanes = team.count * group.size
        guard isRoot, lanes > plan.microbatches else { return }
        logger.warning(
            """
            \(lanes) lanes (ranks × threads) share \(plan.microbatches) \
            \(plan.microbatches == 1 ? "microbatch" : "microbatches"), so some are idle; use a smaller --microbatch \
            or fewer ranks and threads
            """)
    }

    /// What `--verbose` shows of the data and the plan.
    private func tell(_ collection: StampCollection, _ data: TrainingData, _ team: LaneTeam, _ network: Network) {
        guard isRoot else { return }
        let (plan, split) = (data.plan, data.split)
        logger.debug(
            """
            sources \(configuration.sources.joined(separator: ", ")), \
            noise \(configuration.noise.joined(separator: ", ")): \(collection.sourceCount) + \(collection.noiseCount) \
            stamps of \(collection.height)×\(collection.width)
            """)
        logger.debug(
            """
            \(split.training.count) stamps for training, \(split.validation.count) for validation, \
            \(split.test.count) for the test
            """)
        logger.debug(
            """
            \(network.description.name): \(network.trainableCount) parameters; \(plan.steps) steps an epoch, batches of \(plan.batchSize) \
            in \(plan.microbatches) microbatches of up to \(plan.largestMicrobatch), on \(group.size) \
            \(group.size == 1 ? "rank" : "ranks") with \(team.count) \(team.count == 1 ? "thread" : "threads")
            """)
    }

    /// Where the ranks' stamps are, for `--verbose`. Collective.
    private func tellMemory(_ data: TrainingData) throws {
        let most = MemorySize(bytes: try group.maximum(of: data.shard.stampBytes + data.validation.stampBytes))
        let isStreamed = try group.maximum(of: data.shard.isStreamed ? 1 : 0) > 0
        guard isRoot else { return }
        let share = Int((100 * data.shard.residentShare).rounded(.down))
        logger.debug(
            """
            stamps take at most \(most.rounded) of memory on a rank\
            \(isStreamed ? "; \(share) % of them stay there, the others are read ahead of each step" : "")
            """)
    }

    /// What the ranks have asked of the file system so far, for `--verbose`. Collective.
    private func tellReadCounts() throws {
        let own = [ReadCounts.now]
        let all = try own.withUnsafeBytes { try group.allGather($0) }.map {
            $0.withUnsafeBytes { $0.loadUnaligned(as: ReadCounts.self) }
        }
        guard isRoot else { return }
        logger.debug(
            """
            the first rank opened \(all[0].opens) files, another at most \(all.dropFirst().map(\.opens).max() ?? 0), \
            all together \(all.reduce(0) { $0 + $1.opens }); a rank read at most \(all.map(\.bytes).max() ?? 0) bytes, \
            all together \(all.reduce(0) { $0 + $1.bytes })
            """)
    }

    // MARK: Test

    private func test(_ trained: Trained, _ collection: StampCollection, _ folder: RunFolder?) throws
        -> ClassificationMetrics?
    {
        let (network, test) = (trained.network, trained.test)
        let decision = try Decision(
            settings: configuration.decision, network: network, weights: trained.weights,
            validation: trained.validation, inference: trained.inference, group: group, logger: logger
        ).fit()
        var metrics: ClassificationMetrics?
        if !test.isEmpty {
            let logits = try trained.inference.logits(
                of: test, in: collection, normalization: configuration.normalization)
            metrics = try group.agree {
                guard let folder, let logits else { return nil }
                let predictions = network.predictions(
                    logits: logits, stamps: test, in: collection, threshold: decision.threshold)
                let metrics = ClassificationMetrics(predictions)
                try TestPredictions.write(predictions, to: folder.testPredictions)
                try JSONFile.write(metrics, to: folder.metrics)
                if configuration.tensorBoard, let journal = trained.journal {
                    let pictures = TestPictures(metrics: metrics, predictions: predictions, collection: collection)
                    trained.checkpoints.record { [steps = trained.steps] in
                        try journal.show(pictures.values(), step: steps)
                    }
                }
                return metrics
            }
        }
        try group.agree {
            guard let folder else { return }
            let model = TrainedModel(
                network: network, weights: trained.weights, normalization: configuration.normalization.rawValue,
                decision: decision)
            try model.write(to: folder.model)
            if KerasArchive.isSupported { try writeForKeras(model, to: folder.kerasModel) }
        }
        return metrics
    }
}

extension TrainingRun {
    /// Writes the model for Keras. What Keras can only express as code is no reason to fail: the model itself is safe.
    private func writeForKeras(_ model: TrainedModel, to path: String) throws {
        do {
            try KerasArchive.write(model, to: path)
        } catch let fault as Fault where fault.kind == .badData {
            logger.warning("\(fault)")
        }
    }
}

/// The compiler that built the program.
#if compiler(>=6.4)
    private let swiftVersion = "6.4 or later"
#elseif compiler(>=6.3)
    private let swiftVersion = "6.3"
#elseif compiler(>=6.2)
    private let swiftVersion = "6.2"
#else
    private let swiftVersion = "6.1 or earlier"
#endif
