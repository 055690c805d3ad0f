import Communication
import FoundationEssentials
import Models
import RunRecords
import StampData

/// The epochs of a run: steps, validation, history, checkpoint, progress.
final class TrainingEpochs: @unchecked Sendable {
    private let configuration: TrainingConfiguration
    private let plan: BatchPlan
    private let step: TrainingStep
    private let inference: Inference
    private let validation: LabelledStamps
    private let checkpoints: TrainingCheckpoints
    private let folder: RunFolder?
    private let journal: RunJournal?
    private let trace: TraceRecording?
    private let team: LaneTeam
    private let group: any ProcessGroup
    private let sums: DoubleTreeSum
    private let clock = ContinuousClock()
    private let origin: ContinuousClock.Instant
    private var progress: ProgressLine?
    /// Rank 0 redraws its progress line at most this often, and looks at the clock at most once a step.
    private var nextDrawing: UInt64 = 0
    /// Where the run stands, as of the last step that something was done after.
    private var stand = TrainingProgress()
    private var epochStart: UInt64 = 0
    /// The time that steps of this epoch took before the run was interrupted.
    private var secondsBefore = 0.0
    /// Rank 0's.
    private var records: EpochRecords?
    private var schedule: CheckpointSchedule?
    private var stepSums: StepSums
    /// Rank 0's sums of the epoch as far as rows of steps are made of them.
    private var told = Told()
    private var nextRecording: UInt64 = 0
    private let wallOrigin = RunJournal.now
    /// What all ranks do after the step just done. Lane 0 writes it before the meeting that ends the step.
    private var decision = StepDecision.goOn

    /// What of the epoch under way is in rows of steps.
    private struct Told {
        var samples = 0
        var loss = 0.0
        var correct = 0.0
        /// When, and how many samples before: for the speed.
        var time: UInt64 = 0
        var samplesBefore = 0
    }

    /// So often are steps told of, in nanoseconds.
    private static let recordingInterval: UInt64 = 1_000_000_000

    init(
        configuration: TrainingConfiguration, plan: BatchPlan, step: TrainingStep, inference: Inference,
        validation: LabelledStamps, checkpoints: TrainingCheckpoints, folder: RunFolder?,
        journal: RunJournal?, trace: TraceRecording?, team: LaneTeam, group: any ProcessGroup,
        environment: [String: String]
    ) {
        self.configuration = configuration
        self.plan = plan
        self.step = step
        self.inference = inference
        self.validation = validation
        self.checkpoints = checkpoints
        self.folder = folder
        self.journal = journal
        self.trace = trace
        self.team = team
        self.group = group
        origin = clock.now
        stepSums = StepSums(plan: plan, group: group)
        sums = DoubleTreeSum(
            group: group, tree: CanonicalTree(count: plan.microbatches),
            rankRuns: (0..<plan.microbatches).balancedRuns(over: group.size), maximumLength: 2)
        if group.rank == 0 {
            schedule = CheckpointSchedule(configuration.checkpointInterval, from: origin)
            if configuration.showsProgress {
                progress = ProgressLine(
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
    func run(from start: TrainingProgress, records: EpochRecords?) throws {
        stand = start
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
        while stand.completedEpochs < configuration.epochs {
            try stopIfAsked()
            try runEpoch()
        }
        try stopIfAsked()
        try trace?.finish(before: last)
    }

    // MARK: An epoch

    private func runEpoch() throws {
        let epoch = stand.completedEpochs
        epochStart = now
        secondsBefore = stand.seconds
        progress?.beginEpoch(epoch + 1, firstStep: stand.stepsInEpoch, at: epochStart)
        beginTelling(epoch)
        try trainEpoch(epoch)
        try tellSteps()
        let trainingSeconds = epochSeconds
        try trace?.finish(before: (epoch + 1) * plan.steps)
        let totals = try epochTotals()
        let measured = validation.stamps.isEmpty ? nil : try validation.evaluate(inference, step.network)
        stand = TrainingProgress(completedEpochs: epoch + 1)
        let row = HistoryRow(
            epoch: epoch + 1, loss: totals.loss / Double(plan.samples),
            accuracy: totals.correct / Double(plan.samples),
            validationLoss: measured?.loss, validationAccuracy: measured?.accuracy,
            learningRate: configuration.learningRate, seconds: epochSeconds,
            samplesPerSecond: Double(plan.samples) / max(1e-9, trainingSeconds))
        let isSaved = configuration.checkpointInterval.includesEnd(ofEpoch: epoch + 1, of: configuration.epochs)
        note(row, isSaved: isSaved)
        progress?.endEpoch(row)
        if isSaved { try save() }
    }

    /// Adds an epoch to the records, on rank 0.
    private func note(_ row: HistoryRow, isSaved: Bool) {
        guard var records else { return }
        records.append(
            row, step: stand.globalStep(plan), hash: ParameterHash.of(step.weights), isSaved: isSaved)
        self.records = records
        checkpoints.write(records)
        guard let journal else { return }
        let (step, weights) = (
            stand.globalStep(plan), configuration.tensorBoard ? step.network.histograms(of: step.weights) : []
        )
        checkpoints.record { try journal.append(row, step: step, weights: weights) }
    }

    private func trainEpoch(_ epoch: Int) throws {
        let (firstStep, begun) = (epoch * plan.steps, stand)
        stand.isWithinEpoch = true
        nextDrawing = 0
        try team.run { [self] lane in
            step.beginEpoch(epoch, lane: lane)
            if begun.isWithinEpoch { step.restoreTotals(losses: begun.losses, correct: begun.correct, lane: lane) }
            for number in begun.stepsInEpoch..<plan.steps {
                step.run(
                    step: number, globalStep: firstStep + number, learningRate: configuration.learningRate, lane: lane
                ) { try decide(afterStep: firstStep + number + 1) }
                if team.hasFailed { return }
                if decision != .goOn || isVerified(afterStep: firstStep + number + 1) {
                    team.meet(lane) { try act(afterStep: number + 1) }
                    if team.hasFailed { return }
                }
                if lane == 0, progress != nil { draw(number + 1) }
            }
        }
    }

    // MARK: Between steps

    /// Lane 0 of every rank, while a step ends: what all ranks do after it.
    private func decide(afterStep number: Int) throws {
        let steps = (number - 1) % plan.steps + 1
        if stepSums.isDue(steps) { stepSums.note(step.totals, steps: steps, at: now) }
        decision = try StepDecision.agreed(wish(afterStep: number), in: group)
    }

    private func wish(afterStep number: Int) -> StepDecision {
        if !step.totals.isFinite { return .lossNotFinite }
        if Interruption.signal != 0 { return .stop(signal: Interruption.signal) }
        let isDue = schedule?.isDue(step: number, at: clock.now, writerIsBusy: checkpoints.writerIsBusy) ?? false
        if number % plan.steps == 0 { return .goOn }
        if isDue { return .checkpoint }
        return journal != nil && !stepSums.isEmpty && now >= nextRecording ? .record : .goOn
    }

    private func isVerified(afterStep number: Int) -> Bool {
        configuration.verifyEvery.map { number.isMultiple(of: $0) } ?? false
    }

    /// Lane 0 of every rank, while the others wait.
    ///
    /// - Parameter number: steps of the epoch that are done.
    private func act(afterStep number: Int) throws {
        stand.stepsInEpoch = number
        stand.seconds = epochSeconds
        let total = stand.globalStep(plan)
        try tellSteps()
        if decision == .lossNotFinite {
            throw AgreedFault(fault: checkpoints.notFinite("the loss became infinite or not a number", total))
        }
        if isVerified(afterStep: total) { try ParameterHash.verify(step.weights, step: total, in: group) }
        switch decision {
        case .goOn, .record, .lossNotFinite: break
        case .checkpoint: try save()
        case .stop(let signal): try stop(signal)
        }
    }

    /// Stops between epochs if a rank was asked to.
    private func stopIfAsked() throws {
        let signal = Interruption.signal
        let decision = try StepDecision.agreed(signal == 0 ? .goOn : .stop(signal: signal), in: group)
        if case .stop(let signal) = decision { try stop(signal) }
    }

    /// Writes a checkpoint, unless this very state was saved before, and ends the run.
    private func stop(_ signal: Int) throws {
        if checkpoints.latestStep != stand.globalStep(plan) { try save() }
        // The disk may have room again for what it had none for at the epoch's end.
        if let records { checkpoints.write(records) }
        if let journal { checkpoints.record { try journal.write() } }
        let checkpoint = try checkpoints.finishLatest()
        throw AgreedFault(fault: Interruption.fault(signal: signal, checkpoint: checkpoint))
    }

    private func save() throws {
        if let journal { checkpoints.record { try journal.synchronize() } }
        try checkpoints.save(stand, records: records)
        schedule?.note(at: clock.now)
    }

    // MARK: Telling of steps

    /// An epoch begins, or goes on from a checkpoint within it: on rank 0, takes up the sums where its last row left them.
    private func beginTelling(_ epoch: Int) {
        guard let journal else { return }
        nextRecording = now
        told = Told(time: now)
        guard stand.stepsInEpoch > 0 else { return }
        told.samplesBefore = min(plan.samples, stand.stepsInEpoch * plan.batchSize)
        if let row = journal.lastKeptStep, row.epoch == epoch + 1 {
            (told.samples, told.loss, told.correct) = (row.epochSamples, row.epochLossSum, row.epochCorrect)
        } else {
            told.samples = told.samplesBefore
            (told.loss, told.correct) = (stand.losses.reduce(0, +), stand.correct.reduce(0, +))
        }
    }

    /// Makes rows of the steps since the last time, and starts to write them. Collective.
    private func tellSteps() throws {
        let sums = try stepSums.collect()
        nextRecording = now + Self.recordingInterval
        guard let journal, !sums.isEmpty else { return }
        let rows = sums.map(row)
        let times = sums.map { wallOrigin + Double($0.time) * 1e-9 }
        checkpoints.record { try journal.append(rows, wallTimes: times) }
    }

    /// What the steps since the last row cost.
    private func row(_ sum: StepSums.Sum) -> StepRow {
        let samples = min(plan.samples, sum.steps * plan.batchSize)
        let count = Double(max(1, samples - told.samples))
        let seconds = sum.time > told.time ? Double(sum.time - told.time) * 1e-9 : 1e-9
        let row = StepRow(
            epoch: stand.completedEpochs + 1, step: stand.completedEpochs * plan.steps + sum.steps,
            loss: (sum.loss - told.loss) / count, accuracy: (sum.correct - told.correct) / count,
            learningRate: configuration.learningRate,
            samplesPerSecond: Double(samples - told.samplesBefore) / seconds,
            epochSamples: samples, epochLossSum: sum.loss, epochCorrect: sum.correct)
        told = Told(
            samples: samples, loss: sum.loss, correct: sum.correct, time: sum.time, samplesBefore: samples)
        return row
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
        progress?.update(
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
