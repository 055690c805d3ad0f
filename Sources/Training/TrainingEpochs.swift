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
    private let trace: TraceRecording?
    private let team: LaneTeam
    private let group: any ProcessGroup
    private let sums: DoubleTreeSum
    private let clock = ContinuousClock()
    private let origin: ContinuousClock.Instant
    private var progress: ProgressLine?
    /// Rank 0 redraws its progress line at most this often, and looks at the clock at most once a step.
    private var nextDrawing: UInt64 = 0

    init(
        configuration: TrainingConfiguration, plan: BatchPlan, step: TrainingStep, inference: Inference,
        validation: LabelledStamps, checkpoints: TrainingCheckpoints, folder: RunFolder?,
        trace: TraceRecording?, team: LaneTeam, group: any ProcessGroup, environment: [String: String]
    ) {
        self.configuration = configuration
        self.plan = plan
        self.step = step
        self.inference = inference
        self.validation = validation
        self.checkpoints = checkpoints
        self.folder = folder
        self.trace = trace
        self.team = team
        self.group = group
        origin = clock.now
        sums = DoubleTreeSum(
            group: group, tree: CanonicalTree(count: plan.microbatches),
            rankRuns: (0..<plan.microbatches).balancedRuns(over: group.size), maximumLength: 2)
        if group.rank == 0 {
            progress = ProgressLine(epochs: configuration.epochs, stepsPerEpoch: plan.steps, environment: environment)
        }
    }

    /// Nanoseconds since the run's epochs began.
    private var now: UInt64 {
        let elapsed = (clock.now - origin).components
        return UInt64(elapsed.seconds) * 1_000_000_000 + UInt64(elapsed.attoseconds / 1_000_000_000)
    }

    /// Trains the epochs from `first` (counted from 0) to the last.
    func run(from first: Int) throws {
        var history = try group.agree {
            try folder.map { folder in
                var history = first > 0 ? try History.read(folder.history) : History(path: folder.history)
                if first > 0 { try history.truncate(afterEpoch: first) }
                return history
            }
        }
        try team.run { [step] lane in step.prepareWeights(lane: lane) }
        let epochs = first..<max(first, configuration.epochs)
        try trace?.begin(epochs.lowerBound * plan.steps..<epochs.upperBound * plan.steps)
        for epoch in epochs {
            let start = now
            progress?.beginEpoch(epoch + 1, at: start)
            try trainEpoch(epoch)
            let trainingEnd = now
            try trace?.finish(before: (epoch + 1) * plan.steps)
            let totals = try epochTotals()
            let measured = validation.stamps.isEmpty ? nil : try validation.evaluate(inference, step.network)
            let row = HistoryRow(
                epoch: epoch + 1, loss: totals.loss / Double(plan.samples),
                accuracy: totals.correct / Double(plan.samples),
                validationLoss: measured?.loss, validationAccuracy: measured?.accuracy,
                learningRate: configuration.learningRate, seconds: Double(now - start) * 1e-9,
                samplesPerSecond: Double(plan.samples) / max(1e-9, Double(trainingEnd - start) * 1e-9))
            try group.agree { try history?.append(row) }
            progress?.endEpoch(row)
            try checkpoints.save(completedEpochs: epoch + 1, stepsPerEpoch: plan.steps)
        }
        try trace?.finish(before: epochs.upperBound * plan.steps)
    }

    private func trainEpoch(_ epoch: Int) throws {
        let firstStep = epoch * plan.steps
        nextDrawing = 0
        try team.run { [self] lane in
            step.beginEpoch(epoch, lane: lane)
            for number in 0..<plan.steps {
                step.run(
                    step: number, globalStep: firstStep + number, learningRate: configuration.learningRate, lane: lane)
                if team.hasFailed { return }
                if lane == 0, progress != nil { draw(number + 1) }
            }
        }
    }

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
