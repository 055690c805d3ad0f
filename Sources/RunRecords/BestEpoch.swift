import Files
import Optimizers

/// The best epoch of a run: by the metric that its early stopping watches, else by the validation loss, else by the loss.
public struct BestEpoch: Hashable, Sendable {
    public let row: HistoryRow
    /// The metric's column in `history.csv`, for instance `val_loss`.
    public let metric: String
    /// The metric after that epoch.
    public let value: Double
    /// Of how many epochs it is the best.
    public let epochs: Int
    /// Whether the run keeps its weights rather than those of the last epoch.
    public let isKept: Bool

    /// - Parameters:
    ///   - rows: the epochs of a run.
    ///   - stopping: the run's rule.
    /// - Returns: nil when the metric is a number after no epoch.
    public init?(_ rows: [HistoryRow], stopping: Stopping) {
        let isValidated = rows.contains { $0.validationLoss?.isFinite == true }
        let rule = stopping.early ?? Stopping.Early(metric: isValidated ? .validationLoss : .loss, patience: .max)
        let course = rows.map { $0[rule.metric] }
        guard let best = rule.evaluate(course).best else { return nil }
        (row, metric, value, epochs) = (rows[best], rule.metric.rawValue, course[best], rows.count)
        isKept = stopping.early != nil
    }

    /// For people: which epoch it is, and whose weights the model has.
    public var sentence: String {
        guard epochs > 1 else { return "" }
        let place = "Epoch \(row.epoch) of \(epochs) is the best, with \(metric) \(FormattedNumber.metric(value))"
        if isKept { return "\(place); early stopping keeps its weights." }
        return row.epoch == epochs
            ? "\(place): more epochs may be better still." : "\(place); the run went on to the last."
    }
}
