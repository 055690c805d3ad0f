import Communication
import Engine
import Faults
import Files
import Lanes
import MLflow
import Models
import Optimizers
import RunRecords
import Settings
import StampFormats
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
    /// When the run was begun, and where it runs, for `config.json`.
    private let origin: RunOrigin
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
        let context = loaded.context
        let isResumed = context.configuration.execution.resume
        let found = isResumed ? try FoundCheckpoint.newest(of: loaded) : nil
        try self.init(loaded, trainingTeam, from: found, isResumed: isResumed)
        if let whole = found?.whole, context.configuration.execution.showsProgress {
            StandardOutput.show(progress: placeOfResuming(whole.checkpoint))
        }
    }

    /// Where the run goes on, for its first line.
    private func placeOfResuming(_ checkpoint: Checkpoint) -> String {
        let (epochs, steps) = (context.configuration.epochs, loaded.data.plan.steps)
        let done = progress.globalStep(loaded.data.plan)
        let place =
            progress.isWithinEpoch
            ? "in epoch \(progress.completedEpochs + 1)/\(epochs)" : "after epoch \(progress.completedEpochs)/\(epochs)"
        return "Resumed \(place), step \(done) of \(epochs * steps), from \(checkpoint.path)\n".printableLines
    }

    /// Creates the training step, and restores a checkpoint. Collective.
    ///
    /// - Parameters:
    ///   - found: the checkpoint; nil to begin the run.
    ///   - isResumed: whether its folder may hold records of steps that are done again.
    init(_ loaded: LoadedRun, _ trainingTeam: LaneTeam, from found: FoundCheckpoint?, isResumed: Bool) throws {
        let (context, network, data) = (loaded.context, loaded.network, loaded.data)
        let (configuration, group, folder) = (context.configuration, context.group, loaded.prepared.folder)
        self.loaded = loaded
        // A resumed run has its weights from the checkpoint: the file that it began with may be gone.
        let weights = try found == nil ? InitialWeights.agreed(of: network, context) : Weights(network: network)
        self.trainingTeam = trainingTeam
        trace = try Self.trace(loaded, trainingTeam)
        step = try Self.trainingStep(loaded, weights, trainingTeam)
        try context.logMemory(data)
        inference = Inference(
            network: network, weights: weights, prepared: step.prepared, team: loaded.prepared.team,
            group: group)
        let checkpoints = try TrainingCheckpoints(
            folder: folder, settings: loaded.deciding, step: step, plan: data.plan,
            reader: data.reader, configuration: configuration, group: group, logger: context.logger)
        self.checkpoints = checkpoints
        let restored = try found.map { try checkpoints.restore($0) }
        let progress = restored?.progress ?? TrainingProgress()
        self.progress = progress
        records = restored?.records
        origin = try RunOrigin(loaded)
        try Self.writeConfiguration(loaded, origin)
        journal = Self.journal(loaded, progress, isResumed: isResumed)
    }

    /// What rank 0 records while the run is under way.
    private static func journal(
        _ loaded: LoadedRun, _ progress: TrainingProgress, isResumed: Bool
    ) -> RunJournal? {
        let configuration = loaded.context.configuration
        let step = progress.globalStep(loaded.data.plan)
        return loaded.prepared.folder.map {
            RunJournal(
                $0,
                events: configuration.execution.tensorBoard
                    ? RunEvents(
                        $0, start: isResumed ? step : nil, settings: loaded.settings.namedOptions,
                        command: command(configuration)) : nil,
                mlflow: configuration.execution.logMLflow.map { ($0, mlflowDescription(loaded)) }, isResumed: isResumed,
                step: step, epochs: progress.completedEpochs)
        }
    }

    /// The command as it was typed.
    private static func command(_ settings: TrainingSettings) -> String {
        (settings.execution.commandLine ?? []).joined(separator: " ")
    }

    private static func mlflowDescription(_ loaded: LoadedRun) -> MLflowRun.Description {
        let (context, settings) = (loaded.context, loaded.context.configuration)
        return MLflowRun.Description(
            experiment: context.environment["MLFLOW_EXPERIMENT_NAME"].flatMap { $0.isEmpty ? nil : $0 }
                ?? "swift-run-trainer", folder: settings.output,
            parameters: loaded.settings.namedOptions,
            command: command(settings),
            programVersion: context.programVersion)
    }

    /// `--trace`. Collective.
    private static func trace(_ loaded: LoadedRun, _ team: LaneTeam) throws -> TraceRecording? {
        let context = loaded.context
        return try context.group.agree {
            try context.configuration.execution.trace.map { path in
                try TraceRecording(
                    context.isRoot ? try traceFile(path, context.configuration) : nil,
                    steps: context.configuration.execution.traceSteps, network: loaded.network,
                    plan: loaded.data.plan, team: team, group: context.group, logger: context.logger)
            }
        }
    }

    /// Where the trace goes: to no file that the run reads.
    private static func traceFile(_ path: String, _ settings: TrainingSettings) throws -> OutputFile {
        let stamps =
            settings.data.stamps.map { StampFiles.file(of: $0) }
            + [settings.features, settings.validationFeatures, settings.testFeatures]
            .compactMap { $0.map(FeatureTable.file) }
        let models = [settings.model, settings.initialWeights].compactMap { $0 }
        return try OutputFile(
            path, option: "--trace", inputs: try stamps + models.map(EnsembleFolder.model),
            reserved: RunFolder(settings.output).ownFiles, kind: TraceRecording.kind)
    }

    /// Plans the step and allocates all that it needs. Collective.
    private static func trainingStep(_ loaded: LoadedRun, _ weights: Weights, _ team: LaneTeam) throws -> TrainingStep {
        let (context, data) = (loaded.context, loaded.data)
        let (configuration, collection) = (context.configuration, loaded.prepared.collection)
        try ProcessorKernels.check([loaded.network], in: context.group)
        let levels = try RankLevels(context.group, ranksPerNode: configuration.execution.ranksPerNode)
        if context.isRoot, levels.sizes.count > 1 {
            context.logger.debug("ranks sum in levels of \(levels.sizes.map(String.init).joined(separator: " × "))")
        }
        var counts = [Int](repeating: 0, count: collection.classes.count)
        for stamp in data.split.training { counts[collection.label(stamp)] += 1 }
        return try TrainingStep(
            network: loaded.network, weights: weights, shard: data.shard, plan: data.plan,
            optimizer: configuration.optimizer, regularization: configuration.regularization,
            labelSmoothing: configuration.objective.labelSmoothing,
            focusing: configuration.objective.focusing ?? 0,
            classWeights: configuration.objective.classWeights.values(counts), seed: configuration.seed,
            format: configuration.gradients, team: team, levels: levels, group: context.group)
    }

    /// Writes `config.json` on rank 0. Collective.
    private static func writeConfiguration(_ loaded: LoadedRun, _ origin: RunOrigin) throws {
        try loaded.context.group.agree {
            guard let folder = loaded.prepared.folder else { return }
            try FileAccess.remove(folder.earlyEnd)
            try JSONFile.write(configuration(loaded, origin, finishedFiles: []), to: folder.configuration)
            if let trained = loaded.data.trained { try TrainedStampsFile.write(trained, to: folder.trainingStamps) }
        }
    }

    /// Notes in `config.json`, as the last thing that a run does, that all of its files are there. Collective.
    func noteEnd() throws {
        try context.group.agree {
            guard let folder = loaded.prepared.folder else { return }
            var record = Self.configuration(loaded, origin, finishedFiles: folder.presentResults)
            record.ended = RunOrigin.now
            try JSONFile.write(record, to: folder.configuration)
            note(.finished)
        }
    }

    /// Records, on rank 0, why the run comes to no end. Nothing that can be done about it is left undone if the disk
    /// is full, too.
    func noteFailure(_ error: any Error) {
        guard let folder = loaded.prepared.folder else { return }
        checkpoints.wait()
        guard let fault = error as? Fault ?? (error as? AgreedFault)?.fault else { return }
        try? JSONFile.write(EarlyEnd(fault), to: folder.earlyEnd)
        note(fault.kind == .stoppedEarly ? .killed : .failed)
    }

    /// Records that the run has come as far as it was to. Collective.
    func notePause(after epoch: Int) throws {
        try context.group.agree {
            guard let folder = loaded.prepared.folder else { return }
            try JSONFile.write(
                EarlyEnd(pausedAfter: epoch, of: context.configuration.epochs), to: folder.earlyEnd)
            note(.finished)
        }
    }

    /// Notes an end where MLflow shows it, on the thread that writes records.
    private func note(_ status: MLflowRun.Status) {
        guard let journal else { return }
        checkpoints.record { try journal.end(status) }
        checkpoints.wait()
    }

    private static func configuration(
        _ loaded: LoadedRun, _ origin: RunOrigin, finishedFiles: [String]
    ) -> ConfigurationRecord {
        let (context, prepared) = (loaded.context, loaded.prepared)
        var record = ConfigurationRecord(
            settings: loaded.settings, findings: loaded.findings,
            versions: SoftwareVersions(
                program: context.programVersion, swift: CompilerVersion.swift, openBLAS: MatrixProduct.configuration),
            cpuKernelType: prepared.kernelType, ranks: context.group.size, threads: prepared.team.count,
            memory: context.configuration.execution.memory?.description, badStamps: loaded.data.bad,
            commandLine: context.configuration.execution.commandLine)
        record.bitsDependOn = ProcessorKernels.dependencies(of: [loaded.network])
        (record.began, record.hosts) = (origin.began, origin.hosts)
        record.finishedFiles = finishedFiles
        return record
    }
}
