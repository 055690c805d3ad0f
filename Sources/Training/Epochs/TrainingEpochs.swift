import Communication
import Engine
import Lanes
import Logging
import Models
import Optimizers
import RunRecords
import Settings
import StampData

/// The epochs of a run: steps, validation, history, checkpoint, progress line.
///
/// What happens between two steps is in `TrainingEpochs+Steps.swift`.
final class TrainingEpochs: @unchecked Sendable {
    let configuration: TrainingSettings
    let plan: BatchPlan
    let step: TrainingStep
    let checkpoints: TrainingCheckpoints
    let journal: RunJournal?
    let trace: TraceRecording?
    let team: LaneTeam
    let group: any ProcessGroup
    let clock = ContinuousClock()
    private let validation: ValidationPass
    /// The epoch after which the run pauses; nil for one that trains to its end.
    private let pause: Int?
    private let sums: DoubleTreeSum
    private let origin: ContinuousClock.Instant
    private let rates: LearningRates
    var progressLine: ProgressLine?
    /// Rank 0 redraws its progress line at most this often, and looks at the clock at most once a step.
    var nextDrawing: UInt64 = 0
    /// The run's progress when something was last done after a step.
    var progress: TrainingProgress
    private var epochStart: UInt64 = 0
    /// The time that steps of this epoch took before the run was interrupted.
    private var secondsBefore = 0.0
    /// On rank 0.
    var records: EpochRecords?
    /// Whether rank 0 has its records from a checkpoint.
    private let isResumed: Bool
    var schedule: CheckpointSchedule?
    var reporting: StepReporting
    /// What the epochs so far decide about the next ones.
    var epochDecision = EpochDecision()
    /// What all ranks do after the step just done. Lane 0 writes it before the barrier that ends the step.
    var stepDecision = StepDecision.proceed

    init(_ run: RestoredRun) {
        let context = run.context
        configuration = context.configuration
        plan = run.loaded.data.plan
        step = run.step
        checkpoints = run.checkpoints
        journal = run.journal
        trace = run.trace
        team = run.trainingTeam
        group = context.group
        progress = run.progress
        validation = ValidationPass(
            stamps: run.loaded.data.validation, inference: run.inference, step: step, team: team,
            watched: [configuration.stopping.early?.metric, context.trial?.metric].compactMap { $0 })
        pause = context.trial?.pause
        origin = clock.now
        reporting = StepReporting(plan: plan, journal: journal, group: group)
        rates = LearningRates(
            configuration.schedule, learningRate: configuration.learningRate, batchSize: plan.batchSize,
            stepsPerEpoch: plan.steps, total: configuration.epochs * plan.steps)
        sums = DoubleTreeSum(
            levels: step.levels, tree: CanonicalTree(count: plan.microbatches),
            rankRuns: (0..<plan.microbatches).balancedRuns(over: group.size), maximumLength: 2)
        isResumed = run.records != nil
        records = run.loaded.prepared.folder.map { run.records ?? EpochRecords($0) }
        if context.isRoot {
            schedule = CheckpointSchedule(configuration.checkpointInterval, from: origin)
            if configuration.execution.showsProgress {
                progressLine = ProgressLine(
                    epochs: configuration.epochs, stepsPerEpoch: plan.steps,
                    hasTimestamps: context.logger.logLevel <= .debug, environment: context.environment)
                progressLine?.begin(context.start(run.loaded, at: progress), at: 0)
            }
        }
    }

    /// How training ended.
    struct Outcome {
        /// Completed epochs.
        let epochs: Int
        /// Whether the run is to go on another time.
        var isPaused = false
        /// Whether the monitored metric stopped improving.
        let endedEarly: Bool
        /// The step of the best checkpoint; on rank 0.
        let best: Int?
        /// The step of the best checkpoint if the model was to have its weights, and it cannot be read; on all ranks.
        var lostBest: Int?
        /// The steps of all epochs, the best one first, if there is a criterion; on rank 0.
        var ranking: [Int] = []
    }

    /// Trains from the run's current position to the end of its last epoch. Collective.
    func run() throws -> Outcome {
        // The checkpoint is authoritative: rows of epochs that are repeated are removed, and lost ones are restored.
        if isResumed, let records { checkpoints.write(records) }
        if let journal {
            checkpoints.record { try journal.write() }
            // The journal's last kept row is needed at once.
            checkpoints.wait()
        }
        try team.run { [step] lane in step.prepareWeights(lane: lane) }
        let last = configuration.epochs * plan.steps
        try trace?.begin(progress.globalStep(plan)..<max(progress.globalStep(plan), last))
        epochDecision = try EpochDecision.agreed(configuration.stopping, on: records?.history.rows ?? [], in: group)
        while progress.completedEpochs < configuration.epochs, !epochDecision.ends {
            try stopIfAsked()
            if let pause, progress.completedEpochs >= pause { return try paused() }
            try runEpoch()
        }
        try stopIfAsked()
        try trace?.finish(before: last)
        var outcome = Outcome(
            epochs: progress.completedEpochs, endedEarly: epochDecision.ends, best: records?.best?.step)
        try takeFinalWeights(&outcome)
        return outcome
    }

    /// Ends this part of the run with a checkpoint. Collective.
    private func paused() throws -> Outcome {
        if checkpoints.latestStep != progress.globalStep(plan) { try save() }
        _ = try checkpoints.finishLatest()
        return Outcome(epochs: progress.completedEpochs, isPaused: true, endedEarly: false, best: records?.best?.step)
    }

    /// The weights for the test and for the model: the best ones if requested, averaged if averages are kept.
    private func takeFinalWeights(_ outcome: inout Outcome) throws {
        guard let early = configuration.stopping.early else { return try step.takeAveragedWeights() }
        // Without an epoch that could be compared the weights remain.
        let best = try group.maximum(of: outcome.best ?? -1)
        guard best >= 0, try checkpoints.restoreWeights(ofFirst: [best]) == nil else { return }
        outcome.lostBest = best
        outcome.ranking = early.ranked((records?.history.rows ?? []).map { $0[early.metric] })
            .map { ($0 + 1) * plan.steps }
    }

    // MARK: An epoch

    private func runEpoch() throws {
        let epoch = progress.completedEpochs
        beginEpoch(epoch)
        try trainEpoch(epoch)
        try reportSteps()
        let trainingSeconds = epochSeconds
        try trace?.finish(before: (epoch + 1) * plan.steps)
        let totals = try epochTotals()
        let measured = try validation.measure()
        progress = TrainingProgress(completedEpochs: epoch + 1)
        let row = HistoryRow(
            epoch: epoch + 1, loss: totals.loss / Double(plan.samples),
            accuracy: totals.correct / Double(plan.samples),
            validationLoss: measured?.loss, validationAccuracy: measured?.accuracy,
            validationROCArea: measured?.rocArea, validationAveragePrecision: measured?.averagePrecision,
            learningRate: learningRate((epoch + 1) * plan.steps - 1), seconds: epochSeconds,
            samplesPerSecond: Double(plan.samples) / max(1e-9, trainingSeconds))
        epochDecision = try EpochDecision.agreed(
            configuration.stopping, on: (records?.history.rows ?? []) + [row], in: group)
        let isSaved =
            epochDecision.isBest || epochDecision.ends
            || configuration.checkpointInterval.includesEnd(ofEpoch: epoch + 1, of: configuration.epochs)
        record(row, isSaved: isSaved)
        progressLine?.endEpoch(row)
        if isSaved { try save() }
    }

    private func beginEpoch(_ epoch: Int) {
        epochStart = now
        secondsBefore = progress.seconds
        progressLine?.beginEpoch(epoch + 1, firstStep: progress.stepsInEpoch, at: epochStart)
        reporting.begin(progress, at: epochStart)
    }

    /// Adds an epoch to the records, on rank 0.
    private func record(_ row: HistoryRow, isSaved: Bool) {
        guard var records else { return }
        records.append(
            row, step: progress.globalStep(plan), hash: ParameterHash.of(step.weights),
            isBest: configuration.stopping.early == nil ? nil : epochDecision.isBest, isSaved: isSaved)
        self.records = records
        checkpoints.write(records)
        guard let journal else { return }
        let (number, weights) = (
            progress.globalStep(plan),
            configuration.execution.tensorBoard ? step.network.histograms(of: step.weights) : []
        )
        checkpoints.record { try journal.append(row, step: number, weights: weights) }
    }

    // MARK: Time and learning rate

    /// Nanoseconds since the run's epochs began.
    var now: UInt64 {
        let elapsed = (clock.now - origin).components
        return UInt64(elapsed.seconds) * 1_000_000_000 + UInt64(elapsed.attoseconds / 1_000_000_000)
    }

    /// The time of the epoch under way, including that before an interruption, in seconds.
    var epochSeconds: Double { secondsBefore + Double(now - epochStart) * 1e-9 }

    /// The learning rate of a step, counted from 0 since the start of the run.
    func learningRate(_ step: Int) -> Float { Float(Double(rates.rate(step: step)) * epochDecision.reduction) }

    /// Loss and correct predictions over the epoch, the same bits for any number of ranks and lanes. Collective.
    private func epochTotals() throws -> (loss: Double, correct: Double) {
        for position in sums.run {
            let (loss, correct) = step.totals[position]
            let leaf = sums.leaf(position)
            leaf[0] = loss
            leaf[1] = correct
        }
        let total = try sums.sum(length: 2)
        return (total[0], total[1])
    }
}
