import Communication
import Engine
import Files
import Lanes
import ModelFiles
import Models
import Optimizers
import RunRecords
import Settings
import Tensors

/// A run that can take its next step: its weights and its optimizer's state exist, new or from a checkpoint, and
/// `config.json` is written.
struct RestoredRun {
    let loaded: LoadedRun
    let step: TrainingStep
    let inference: Inference
    let checkpoints: TrainingCheckpoints
    /// The lanes that train: those that have a microbatch.
    let trainingTeam: LaneTeam
    let trace: TraceRecording?
    /// On rank 0.
    let journal: RunJournal?
    /// The run's progress so far.
    let progress: TrainingProgress
    /// The epochs so far, on rank 0; nil for none.
    let records: EpochRecords?

    var context: RunContext { loaded.context }

    /// Creates the training step, and restores the newest checkpoint if the run resumes from one. Collective.
    ///
    /// - Throws: `AgreedFault` for a checkpoint that does not fit the settings, weights that cannot be read, and files
    ///   that cannot be written.
    init(_ loaded: LoadedRun, _ trainingTeam: LaneTeam) throws {
        let (context, network, data) = (loaded.context, loaded.network, loaded.data)
        let (configuration, group, folder) = (context.configuration, context.group, loaded.prepared.folder)
        self.loaded = loaded
        let found =
            configuration.execution.resume
            ? try FoundCheckpoint.newest(
                in: folder, settings: loaded.deciding, plan: data.plan, epochs: configuration.epochs, group: group,
                logger: context.logger)
            : nil
        // A resumed run has its weights from the checkpoint: the file that it began with may be gone.
        let weights = try found == nil ? Self.initialWeights(network, context) : Weights(network: network)
        self.trainingTeam = trainingTeam
        trace = try Self.trace(loaded, trainingTeam)
        step = try Self.trainingStep(loaded, weights, trainingTeam)
        try context.logMemory(data)
        inference = Inference(
            network: network, weights: weights, prepared: step.prepared, team: loaded.prepared.team,
            group: group)
        let checkpoints = try TrainingCheckpoints(
            folder: folder, settings: loaded.deciding, step: step, plan: data.plan, configuration: configuration,
            group: group, logger: context.logger)
        self.checkpoints = checkpoints
        let restored = try found.map { try checkpoints.restore($0) }
        let progress = restored?.progress ?? TrainingProgress()
        self.progress = progress
        records = restored?.records
        try Self.writeConfiguration(loaded)
        journal = Self.journal(loaded, progress)
    }

    /// What rank 0 records while the run is under way.
    private static func journal(_ loaded: LoadedRun, _ progress: TrainingProgress) -> RunJournal? {
        let configuration = loaded.context.configuration
        return loaded.prepared.folder.map {
            RunJournal(
                $0, hasEvents: configuration.execution.tensorBoard, isResumed: configuration.execution.resume,
                step: progress.globalStep(loaded.data.plan), epochs: progress.completedEpochs)
        }
    }

    /// Initial weights: drawn from the seed, or read on rank 0 and sent to all. Collective.
    private static func initialWeights(_ network: Network, _ context: RunContext) throws -> Weights {
        let (configuration, group) = (context.configuration, context.group)
        let isFile = StandardNetwork(rawValue: configuration.model) == nil && !configuration.model.hasSuffix(".json")
        guard let source = configuration.initialWeights ?? (isFile ? configuration.model : nil) else {
            return network.initialWeights(seed: configuration.seed)
        }
        let weights = try group.agree {
            context.isRoot ? try ModelFiles.weights(of: network, from: source) : Weights(network: network)
        }
        try group.broadcast(weights)
        return weights
    }

    /// `--trace`. Collective.
    private static func trace(_ loaded: LoadedRun, _ team: LaneTeam) throws -> TraceRecording? {
        let context = loaded.context
        return try context.group.agree {
            try context.configuration.execution.trace.map {
                try TraceRecording(
                    path: $0, steps: context.configuration.execution.traceSteps, network: loaded.network,
                    plan: loaded.data.plan, team: team, group: context.group, logger: context.logger)
            }
        }
    }

    /// Plans the step and allocates all that it needs. Collective.
    private static func trainingStep(_ loaded: LoadedRun, _ weights: Weights, _ team: LaneTeam) throws -> TrainingStep {
        let (context, data) = (loaded.context, loaded.data)
        let (configuration, collection) = (context.configuration, loaded.prepared.collection)
        let levels = try RankLevels(context.group, ranksPerNode: configuration.execution.ranksPerNode)
        if context.isRoot, levels.sizes.count > 1 {
            context.logger.debug("ranks sum in levels of \(levels.sizes.map(String.init).joined(separator: " × "))")
        }
        let sources = data.split.training.count { collection.label($0) == 1 }
        return try TrainingStep(
            network: loaded.network, weights: weights, shard: data.shard, plan: data.plan,
            optimizer: configuration.optimizer, regularization: configuration.regularization,
            labelSmoothing: configuration.objective.labelSmoothing,
            classWeights: configuration.objective.classWeights.values(
                noise: data.split.training.count - sources, sources: sources), seed: configuration.seed,
            format: configuration.gradients, team: team, levels: levels, group: context.group)
    }

    /// Writes `config.json` on rank 0. Collective.
    private static func writeConfiguration(_ loaded: LoadedRun) throws {
        let (context, prepared) = (loaded.context, loaded.prepared)
        try context.group.agree {
            guard let folder = prepared.folder else { return }
            let record = ConfigurationRecord(
                settings: loaded.settings, findings: loaded.findings,
                versions: SoftwareVersions(
                    program: context.programVersion, swift: CompilerVersion.swift,
                    openBLAS: MatrixProduct.configuration),
                cpuKernelType: prepared.kernelType, ranks: context.group.size, threads: prepared.team.count,
                memory: context.configuration.execution.memory?.description, badStamps: loaded.data.bad,
                commandLine: context.configuration.execution.commandLine)
            try JSONFile.write(record, to: folder.configuration)
        }
    }
}
