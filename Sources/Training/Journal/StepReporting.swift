import Communication
import Engine
import RunRecords
import StampData

/// Rows of steps: losses within an epoch, reported now and then while it is under way.
struct StepReporting {
    /// The time between two reports, in nanoseconds.
    private static let interval: UInt64 = 1_000_000_000

    private let plan: BatchPlan
    private let journal: RunJournal?
    private var sums: StepSums
    /// Rank 0's sums over the steps of the epoch that are in rows.
    private var reported = Reported()
    private var next: UInt64 = 0
    private let wallOrigin = RunJournal.now

    /// The part of the epoch under way that is in rows of steps.
    private struct Reported {
        var samples = 0
        var loss = 0.0
        var correct = 0.0
        /// When it ended, and after how many samples: for the speed.
        var time: UInt64 = 0
        var samplesBefore = 0
    }

    init(plan: BatchPlan, journal: RunJournal?, group: any ProcessGroup) {
        self.plan = plan
        self.journal = journal
        sums = StepSums(plan: plan, group: group)
    }

    /// Whether rank 0 has something to report by now.
    func isDue(at now: UInt64) -> Bool { journal != nil && !sums.isEmpty && now >= next }

    /// Records a step if a row ends with it.
    ///
    /// - Parameter steps: those of the epoch that are done.
    mutating func record(_ totals: EpochTotals, steps: Int, at now: UInt64) {
        if sums.isDue(steps) { sums.record(totals, steps: steps, at: now) }
    }

    /// Begins an epoch, or resumes it from a checkpoint within: on rank 0, continues the sums from the last row.
    mutating func begin(_ progress: TrainingProgress, at now: UInt64) {
        guard let journal else { return }
        next = now
        reported = Reported(time: now)
        guard progress.stepsInEpoch > 0 else { return }
        reported.samplesBefore = min(plan.samples, progress.stepsInEpoch * plan.batchSize)
        if let row = journal.lastKeptStep, row.epoch == progress.completedEpochs + 1 {
            (reported.samples, reported.loss, reported.correct) = (row.epochSamples, row.epochLossSum, row.epochCorrect)
        } else {
            reported.samples = reported.samplesBefore
            (reported.loss, reported.correct) = (progress.losses.reduce(0, +), progress.correct.reduce(0, +))
        }
    }

    /// Makes rows of the steps since the last call, and starts to write them. Collective.
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

    /// The row of the steps since the last row.
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
