import Communication
import Optimizers
import RunRecords

/// What the epochs so far decide about the next ones: the same on all ranks, and after a resume, because it follows
/// from the history alone.
struct EpochDecision: Codable {
    /// Whether the run ends before its last epoch.
    var ends = false
    /// Whether the last epoch is the best so far, if that is requested.
    var isBest = false
    /// What the learning rate is multiplied by.
    var reduction = 1.0

    /// The decision after the epochs that rank 0 knows. Collective.
    static func agreed(_ stopping: Stopping, on rows: [HistoryRow], in group: any ProcessGroup) throws -> EpochDecision
    {
        guard stopping != Stopping() else { return EpochDecision() }
        return try group.shared { EpochDecision(stopping, on: rows) }
    }

    /// The decision of a run that has no rule: train on, unchanged.
    init() {}

    private init(_ stopping: Stopping, on rows: [HistoryRow]) {
        if let early = stopping.early {
            let (best, ends) = early.evaluate(rows.map { $0[early.metric] })
            (self.ends, isBest) = (ends, !rows.isEmpty && best == rows.count - 1)
        }
        if let plateau = stopping.plateau { reduction = plateau.reduction(after: rows.map { $0[plateau.metric] }) }
    }
}
