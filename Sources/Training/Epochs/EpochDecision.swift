import Communication
import Optimizers
import RunRecords

/// What the epochs so far say of the next ones: the same on all ranks, and after a resume, because it follows from the
/// history alone.
struct EpochDecision {
    /// Whether the run ends before its last epoch.
    var ends = false
    /// Whether the last epoch is the best so far, where that is asked for.
    var isBest = false
    /// What the learning rate is multiplied with.
    var reduction = 1.0

    /// The decision after the epochs that rank 0 knows. Collective.
    static func agreed(_ stopping: Stopping, on rows: [HistoryRow], in group: any ProcessGroup) throws -> EpochDecision
    {
        guard stopping != Stopping() else { return EpochDecision() }
        let own = EpochDecision(stopping, on: rows)
        var values = [own.ends ? 1 : 0, own.isBest ? 1 : 0, own.reduction]
        try values.withUnsafeMutableBytes { try group.broadcast($0, from: 0) }
        return EpochDecision(ends: values[0] != 0, isBest: values[1] != 0, reduction: values[2])
    }

    private init(ends: Bool = false, isBest: Bool = false, reduction: Double = 1) {
        (self.ends, self.isBest, self.reduction) = (ends, isBest, reduction)
    }

    private init(_ stopping: Stopping, on rows: [HistoryRow]) {
        if let early = stopping.early {
            let (best, ends) = early.evaluate(rows.map { $0[early.metric] })
            (self.ends, isBest) = (ends, !rows.isEmpty && best == rows.count - 1)
        }
        if let plateau = stopping.plateau { reduction = plateau.reduction(after: rows.map { $0[plateau.metric] }) }
    }

    /// A run of which no epoch is known to say anything.
    init() { self.init(ends: false) }
}

extension HistoryRow {
    /// A metric's value; not a number where it was not measured.
    fileprivate subscript(metric: Stopping.Metric) -> Double {
        switch metric {
        case .loss: loss
        case .accuracy: accuracy
        case .validationLoss: validationLoss ?? .nan
        case .validationAccuracy: validationAccuracy ?? .nan
        }
    }
}
