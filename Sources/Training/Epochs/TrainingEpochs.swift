import Communication
import Engine
import FoundationEssentials
import Lanes
import Models
import Optimizers
import RunRecords
import Settings
import StampData
import StampLoading

/// The epochs of a run: steps, validation, history, checkpoint, progressLine.
final class TrainingEpochs: @unchecked Sendable {
    private let configuration: TrainingConfiguration
    private let plan: BatchPlan
    private let step: TrainingStep
    private let validation: ValidationPass
    private let checkpoints: TrainingCheckpoints
    private let folder: RunFolder?
    private let journal: RunJournal?
    private let trace: TraceRecording?
    private let team: LaneTeam
    private let group: any ProcessGroup
    private let sums: DoubleTreeSum
    private let clock = ContinuousClock()
    private let origin: ContinuousClock.Instant
    private var progressLine: ProgressLine?
    /// Rank 0 redraws its progressLine line at most this often, and looks at the clock at most once a step.
    private var nextDrawing: UInt64 = 0
    /// Where the run stands, as of the last step that something was done after.
    private var progress = TrainingProgress()
    private var epochStart: UInt64 = 0
    /// The time that steps of this epoch took before the run was interrupted.
    private var secondsBefore = 0.0
    /// Rank 0's.
    private var records: EpochRecords?
    private var schedule: CheckpointSchedule?
    private var reporting: StepReporting
    private let rates: LearningRates
    /// What the epochs so far say of the next ones.
    private var epochDecision = EpochDecision()
    /// What all ranks do after the step just done. Lane 0 writes it before the meeting that ends the step.
    private var stepDecision = StepDecision.goOn

    init(
        configuration: TrainingConfiguration, plan: BatchPlan, step: TrainingStep, inference: Inference,
        validation: LabelledStamps, checkpoints: TrainingCheckpoints, folder: RunFolder?,
        journal: RunJournal?, trace: TraceRecording?, team: LaneTeam, group: any ProcessGroup,
        environment: [String: String]
    ) {
        self.configuration = configuration
        self.plan = plan
        self.step = step
        self.validation = ValidationPass(stamps: validation, inference: inference, step: step, team: team)
        self.checkpoints = checkpoints
        self.folder = folder
        self.journal = journal
        self.trace = trace
        self.team = team
        self.group = group
        origin = clock.now
        reporting = StepReporting(plan: plan, journal: journal, group: group)
        rates = LearningRates(
            configuration.schedule, learningRate: configuration.learningRate, batchSize: plan.batchSize,
            stepsPerEpoch: plan.steps, total: configuration.epochs * plan.steps)
        sums = DoubleTreeSum(
            levels: step.levels, tree: CanonicalTree(count: plan.microbatches),
            rankRuns: (0..<plan.microbatches).balancedRuns(over: group.size), maximumLength: 2)
        if group.rank == 0 {
            schedule = CheckpointSchedule(configuration.checkpointInterval, from: origin)
            if configuration.showsProgress {
                progressLine = ProgressLine(
                    epochs: configuration.epochs, stepsPerEpoch: plan.steps, environment: environment)
            }
        }
    }

    /// Nanoseconds since the run's epochs began.
    private var now: UInt64 {
        let elapsed = (clock.now - origin).components
        return UInt64(elapsed.seconds) * 1_000_000_000 + UInt64(elapsed.attoseconds / 1_000_000_000)
    }

    /// Trains from where the run stands to the end of its last epoch.
    ///
    /// - Parameter records: the epochs so far, on rank 0; nil for none.
    func run(from start: TrainingProgress, records: EpochRecords?) throws -> Outcome {
        progress = start
        if let folder { self.records = records ?? EpochRecords(folder) }
        // What the checkpoint knows counts: rows of epochs that are done again go, and those that were lost come back.
        if let records { checkpoints.write(records) }
        if let journal {
            checkpoints.record { try journal.write() }
            // What it has kept is needed at once.
            checkpoints.wait()
        }
        try team.run { [step] lane in step.prepareWeights(lane: lane) }
        let last = configuration.epochs * plan.steps
        try trace?.begin(start.globalStep(plan)..<max(start.globalStep(plan), last))
        epochDecision = try EpochDecision.agreed(
            configuration.stopping, on: self.records?.history.rows ?? [], in: group)
        while progress.completedEpochs < configuration.epochs, !epochDecision.ends {
            try stopIfAsked()
            try runEpoch()
        }
        try stopIfAsked()
        try trace?.finish(before: last)
        try takeFinalWeights()
        return Outcome(epochs: progress.completedEpochs, endedEarly: epochDecision.ends, best: self.records?.best?.step)
    }

    /// How the training ended.
    struct Outcome {
        /// Those that are complete.
        let epochs: Int
        /// Whether the metric that was watched got no better.
        let endedEarly: Bool
        /// The step of the best checkpoint; on rank 0.
        let best: Int?
    }

    /// The weights for the test and for the model: the best ones where they were asked for, averaged if averages are kept.
    private func takeFinalWeights() throws {
        if configuration.stopping.early != nil {
            try checkpoints.restoreBest(records?.best?.step)
        } else if let averaged = try step.averagedWeights() {
            step.weights.trainable.pointer.update(from: averaged.pointer, count: averaged.count)
        }
    }

    // MARK: An epoch

    private func runEpoch() throws {
        let epoch = progress.completedEpochs
        epochStart = now
        secondsBefore = progress.seconds
        progressLine?.beginEpoch(epoch + 1, firstStep: progress.stepsInEpoch, at: epochStart)
        reporting.begin(progress, at: epochStart)
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
            learningRate: learningRate((epoch + 1) * plan.steps - 1), seconds: epochSeconds,
            samplesPerSecond: Double(plan.samples) / max(1e-9, trainingSeconds))
        epochDecision = try EpochDecision.agreed(
            configuration.stopping, on: (records?.history.rows ?? []) + [row], in: group)
        let isSaved =
            epochDecision.isBest || epochDecision.ends
            || configuration.checkpointInterval.includesEnd(ofEpoch: epoch + 1, of: configuration.epochs)
        note(row, isSaved: isSaved)
        progressLine?.endEpoch(row)
        if isSaved { try save() }
    }

    /// Adds an epoch to the records, on rank 0.
    private func note(_ row: HistoryRow, isSaved: Bool) {
        guard var records else { return }
        records.append(
            row, step: progress.globalStep(plan), hash: ParameterHash.of(step.weights),
            isBest: configuration.stopping.early == nil ? nil : epochDecision.isBest, isSaved: isSaved)
        self.records = records
        checkpoints.write(records)
        guard let journal else { return }
        let (step, weights) = (
            progress.globalStep(plan), configuration.tensorBoard ? step.network.histograms(of: step.weights) : []
        )
        checkpoints.record { try journal.append(row, step: step, weights: weights) }
    }

    private func trainEpoch(_ epoch: Int) throws {
        let (firstStep, begun) = (epoch * plan.steps, progress)
        progress.isWithinEpoch = true
        nextDrawing = 0
        try team.run { [self] lane in
            step.beginEpoch(epoch, from: begun.stepsInEpoch, lane: lane)
            if begun.isWithinEpoch { step.restoreTotals(losses: begun.losses, correct: begun.correct, lane: lane) }
            for number in begun.stepsInEpoch..<plan.steps {
                step.run(
                    step: number, globalStep: firstStep + number, learningRate: learningRate(firstStep + number),
                    lane: lane
                ) { try decide(afterStep: firstStep + number + 1) }
                if team.hasFailed { return }
                if stepDecision != .goOn || isVerified(afterStep: firstStep + number + 1) {
                    team.synchronize(lane) { try act(afterStep: number + 1) }
                    if team.hasFailed { return }
                }
                if lane == 0, progressLine != nil { draw(number + 1) }
            }
        }
    }

    // MARK: Between steps

    /// Lane 0 of every rank, while a step ends: what all ranks do after it.
    private func decide(afterStep number: Int) throws {
        let steps = (number - 1) % plan.steps + 1
        reporting.note(step.totals, steps: steps, at: now)
        stepDecision = try StepDecision.agreed(proposal(afterStep: number), in: group)
    }

    private func proposal(afterStep number: Int) -> StepDecision {
        if step.hasReadingFailed { return .readingFailed }
        if !step.totals.isFinite { return .lossNotFinite }
        if Interruption.signal != 0 { return .stop(signal: Interruption.signal) }
        let isDue = schedule?.isDue(step: number, at: clock.now, writerIsBusy: checkpoints.writerIsBusy) ?? false
        if number % plan.steps == 0 { return .goOn }
        if isDue { return .checkpoint }
        return reporting.isDue(at: now) ? .record : .goOn
    }

    private func isVerified(afterStep number: Int) -> Bool {
        configuration.verifyEvery.map { number.isMultiple(of: $0) } ?? false
    }

    /// Lane 0 of every rank, while the others wait.
    ///
    /// - Parameter number: steps of the epoch that are done.
    private func act(afterStep number: Int) throws {
        progress.stepsInEpoch = number
        progress.seconds = epochSeconds
        let total = progress.globalStep(plan)
        if stepDecision == .readingFailed { try step.throwReadingFailure(in: group) }
        try reportSteps()
        if stepDecision == .lossNotFinite {
            throw AgreedFault(fault: checkpoints.notFinite("the loss became infinite or not a number", total))
        }
        if isVerified(afterStep: total) { try ParameterHash.verify(step.weights, step: total, in: group) }
        switch stepDecision {
        case .goOn, .record, .lossNotFinite, .readingFailed: break
        case .checkpoint: try save()
        case .stop(let signal): try stop(signal)
        }
    }

    /// Stops between epochs if a rank was asked to.
    private func stopIfAsked() throws {
        let signal = Interruption.signal
        let stepDecision = try StepDecision.agreed(signal == 0 ? .goOn : .stop(signal: signal), in: group)
        if case .stop(let signal) = stepDecision { try stop(signal) }
    }

    /// Writes a checkpoint, unless this very state was saved before, and ends the run.
    private func stop(_ signal: Int) throws {
        if checkpoints.latestStep != progress.globalStep(plan) { try save() }
        // The disk may have room again for what it had none for at the epoch's end.
        if let records { checkpoints.write(records) }
        if let journal { checkpoints.record { try journal.write() } }
        let checkpoint = try checkpoints.finishLatest()
        throw AgreedFault(fault: Interruption.fault(signal: signal, checkpoint: checkpoint))
    }

    private func save() throws {
        if let journal { checkpoints.record { try journal.synchronize() } }
        try checkpoints.save(progress, records: records)
        schedule?.note(at: clock.now)
    }

    // MARK: Learning rate and reporting

    /// The learning rate of a step, counted from 0 since the start of the run.
    private func learningRate(_ step: Int) -> Float { Float(Double(rates.rate(step: step)) * epochDecision.reduction) }

    /// Makes rows of the steps since the last time, and starts to write them. Collective.
    private func reportSteps() throws {
        try reporting.report(
            epochs: progress.completedEpochs, at: now, learningRate: learningRate, checkpoints: checkpoints)
    }

    /// The time of the epoch under way, with that before an interruption.
    private var epochSeconds: Double { secondsBefore + Double(now - epochStart) * 1e-9 }

    /// Shows the means over what lane 0 has seen of this epoch: near the whole, and free to know.
    private func draw(_ steps: Int) {
        let now = now
        guard now >= nextDrawing else { return }
        nextDrawing = now + ProgressLine.redrawInterval
        let seen = step.seenByFirstLane(steps: steps)
        guard seen.samples > 0 else { return }
        progressLine?.update(
            step: steps, loss: seen.loss / Double(seen.samples), accuracy: seen.correct / Double(seen.samples), at: now)
    }

    /// Loss and right predictions over the epoch, the same bits for any number of ranks and lanes.
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
