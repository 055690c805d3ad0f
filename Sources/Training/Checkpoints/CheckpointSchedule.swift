import Settings

/// When a checkpoint within an epoch is due. On rank 0 alone: its clock and its disk decide for all.
struct CheckpointSchedule {
    private let interval: CheckpointInterval
    private var last: ContinuousClock.Instant
    private var isOwed = false

    init(_ interval: CheckpointInterval, from start: ContinuousClock.Instant) {
        self.interval = interval
        last = start
    }

    /// Whether a checkpoint should be written after this step. One that is due while the previous one is still being
    /// written stays due until that is done: training does not wait for the disk.
    ///
    /// - Parameter step: steps done since the start of the run.
    mutating func isDue(step: Int, at now: ContinuousClock.Instant, writerIsBusy: Bool) -> Bool {
        switch interval {
        case .epochs: return false
        case .steps(let every): if step.isMultiple(of: every) { isOwed = true }
        case .seconds(let seconds): if now - last >= .seconds(seconds) { isOwed = true }
        }
        return isOwed && !writerIsBusy
    }

    /// Records that a checkpoint was taken.
    mutating func recordCheckpoint(at now: ContinuousClock.Instant) {
        last = now
        isOwed = false
    }
}
