import Communication
import Engine
import RunRecords
import StampData

/// Rows of steps: what the steps of an epoch cost, reported now and then while it is under way.
struct StepReporting {
    /// So often are steps reported of, in nanoseconds.
    private static let interval: UInt64 = 1_000_000_000

    private let plan: BatchPlan
    private let journal: RunJournal?
    private var sums: StepSums
    /// Rank 0's sums of the epoch as far as rows of steps are made of them.
    private var reported = Reported()
    private var next: UInt64 = 0
    private let wallOrigin = RunJournal.now

    /// What of the epoch under way is in rows of steps.
    private struct Reported {
        var samples = 0
        var loss = 0.0
        var correct = 0.0
        /// When, and how many samples before: for the speed.
        var time: UInt64 = 0
        var samplesBefore = 0
    }

    init(plan: BatchPlan, journal: RunJournal?, group: any ProcessGroup) {
        self.plan = plan
        self.journal = journal
        sums = StepSums(plan: plan, group: group)
    }

    /// Whether rank 0 has something to tell by now.
    func isDue(at now: UInt64) -> Bool { journal != nil && !sums.isEmpty && now >= next }

    /// Notes a step where a row ends with it.
    ///
    /// - Parameter steps: those of the epoch that are done.
    mutating func note(_ totals: EpochTotals, steps: Int, at now: UInt64) {
        if sums.isDue(steps) { sums.note(totals, steps: steps, at: now) }
    }

    /// An epoch begins, or goes on from a checkpoint within it: on rank 0, takes up the sums where its last row left them.
    mutating func begin(_ stand: TrainingProgress, at now: UInt64) {
        guard let journal else { return }
        next = now
        reported = Reported(time: now)
        guard stand.stepsInEpoch > 0 else { return }
        reported.samplesBefore = min(plan.samples, stand.stepsInEpoch * plan.batchSize)
        if let row = journal.lastKeptStep, row.epoch == stand.completedEpochs + 1 {
            (reported.samples, reported.loss, reported.correct) = (row.epochSamples, row.epochLossSum, row.epochCorrect)
        } else {
            reported.samples = reported.samplesBefore
            (reported.loss, reported.correct) = (stand.losses.reduce(0, +), stand.correct.reduce(0, +))
        }
    }

    /// Makes rows of the steps since the last time, and starts to write them. Collective.
    ///
    /// - Parameters:
    ///   - epochs: those that are complete.
    ///   - learningRate: of a step, counted from 0 since the start of the run.
    mutating func report(
        epochs: Int, at now: UInt64, learningRate: (Int) -> Float, checkpoints: TrainingCheckpoints
    ) throws {
        let collected = try sums.collect()
        next = now + Self.interval
        guard let journal, !collected.isEmpty else { return }
        var rows: [StepRow] = []
        for sum in collected { rows.append(row(sum, epochs: epochs, learningRate: learningRate)) }
        let times = collected.map { wallOrigin + Double($0.time) * 1e-9 }
        checkpoints.record { [rows] in try journal.append(rows, wallTimes: times) }
    }

    /// What the steps since the last row cost.
    private mutating func row(_ sum: StepSums.Sum, epochs: Int, learningRate: (Int) -> Float) -> StepRow {
        let samples = min(plan.samples, sum.steps * plan.batchSize)
        let count = Double(max(1, samples - reported.samples))
        let seconds = sum.time > reported.time ? Double(sum.time - reported.time) * 1e-9 : 1e-9
        let step = epochs * plan.steps + sum.steps
        let row = StepRow(
            epoch: epochs + 1, step: step, loss: (sum.loss - reported.loss) / count,
            accuracy: (sum.correct - reported.correct) / count, learningRate: learningRate(step - 1),
            samplesPerSecond: Double(samples - reported.samplesBefore) / seconds, epochSamples: samples,
            epochLossSum: sum.loss, epochCorrect: sum.correct)
        reported = Reported(
            samples: samples, loss: sum.loss, correct: sum.correct, time: sum.time, samplesBefore: samples)
        return row
    }
}
