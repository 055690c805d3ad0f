import RunRecords
import StampData

/// How far a run has come, between two steps.
struct TrainingProgress: Codable {
    var completedEpochs = 0
    /// Whether the epoch after those has begun; when all its steps are done it has yet to be validated.
    var isWithinEpoch = false
    /// Steps of the epoch under way that are done.
    var stepsInEpoch = 0
    /// The time that these steps took.
    var seconds = 0.0
    /// The epoch's sums for each microbatch position, if they are to be restored; else empty.
    var losses: [Double] = []
    var correct: [Double] = []

    init(completedEpochs: Int = 0) { self.completedEpochs = completedEpochs }

    /// The progress that a checkpoint records.
    init(_ state: CheckpointState) {
        completedEpochs = state.completedEpochs
        guard let epoch = state.epochUnderWay else { return }
        isWithinEpoch = true
        (stepsInEpoch, seconds, losses, correct) = (epoch.steps, epoch.seconds, epoch.losses, epoch.correct)
    }

    /// Steps done since the start of the run.
    func globalStep(_ plan: BatchPlan) -> Int { completedEpochs * plan.steps + stepsInEpoch }
}

/// Rank 0's records of the completed epochs.
struct EpochRecords: Sendable {
    var history: History
    var hashes: ParameterHashes
    var best: BestCheckpoint?

    /// The records of a run without epochs.
    init(_ folder: RunFolder) {
        self.init(history: History(path: folder.history), hashes: ParameterHashes(path: folder.hashes), best: nil)
    }

    init(history: History, hashes: ParameterHashes, best: BestCheckpoint?) {
        self.history = history
        self.hashes = hashes
        self.best = best
    }

    /// Adds an epoch.
    ///
    /// - Parameters:
    ///   - step: steps done since the start of the run.
    ///   - isBest: whether it is the best so far by the run's own criterion; nil to compare validation losses.
    ///   - isSaved: whether there is a checkpoint of this epoch: only then can it be the best one.
    mutating func append(_ row: HistoryRow, step: Int, hash: String, isBest: Bool? = nil, isSaved: Bool) {
        history.append(row)
        hashes.append(ParameterHashes.Row(epoch: row.epoch, step: step, hash: hash))
        if let isBest {
            guard isBest, isSaved else { return }
            best = BestCheckpoint(step: step, validationLoss: row.validationLoss.flatMap { $0.isFinite ? $0 : nil })
        } else if isSaved, let loss = row.validationLoss, loss.isFinite, loss < best?.validationLoss ?? .infinity {
            best = BestCheckpoint(step: step, validationLoss: loss)
        }
    }
}
