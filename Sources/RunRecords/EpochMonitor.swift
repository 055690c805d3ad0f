/// A number of `history.csv` that a run may watch.
public enum MonitoredMetric: String, Codable, CaseIterable, Sendable {
    case loss
    case accuracy
    case validationLoss = "val_loss"
    case validationAccuracy = "val_accuracy"

    /// Whether it is measured on the validation set.
    public var needsValidation: Bool { self == .validationLoss || self == .validationAccuracy }

    /// The metric of an epoch; nil where there is no validation.
    public func value(_ row: HistoryRow) -> Double? {
        switch self {
        case .loss: row.loss
        case .accuracy: row.accuracy
        case .validationLoss: row.validationLoss
        case .validationAccuracy: row.validationAccuracy
        }
    }

    /// Whether a value is better than another by more than `delta`; never if one is not a number.
    func isBetter(_ value: Double, than other: Double, by delta: Double) -> Bool {
        switch self {
        case .loss, .validationLoss: value + delta < other
        case .accuracy, .validationAccuracy: value - delta > other
        }
    }

    /// What every value is better than.
    var worst: Double {
        switch self {
        case .loss, .validationLoss: .infinity
        case .accuracy, .validationAccuracy: -.infinity
        }
    }
}

/// Ends a run that gets no better, as `keras.callbacks.EarlyStopping` with `restore_best_weights`.
///
/// What it does is a function of the epochs so far: there is nothing to remember beside `history.csv`.
public struct EarlyStopping: Codable, Hashable, Sendable {
    public var metric: MonitoredMetric
    /// So many epochs without an improvement end the run.
    public var patience: Int
    /// What counts as an improvement must be larger than this.
    public var minimumDelta: Double

    public init(metric: MonitoredMetric, patience: Int, minimumDelta: Double = 0) {
        precondition(patience > 0 && minimumDelta >= 0, "patience \(patience), at least \(minimumDelta)")
        self.metric = metric
        self.patience = patience
        self.minimumDelta = minimumDelta
    }

    /// The best epoch so far, nil before the first with a number, and whether the run is to end after these epochs.
    public func stand(after rows: [HistoryRow]) -> (bestEpoch: Int?, isOver: Bool) {
        var (best, bestEpoch, waited) = (metric.worst, Int?.none, 0)
        for row in rows {
            if let value = metric.value(row), metric.isBetter(value, than: best, by: minimumDelta) {
                (best, bestEpoch, waited) = (value, row.epoch, 0)
            } else {
                waited += 1
            }
        }
        return (bestEpoch, waited >= patience)
    }

    enum CodingKeys: String, CodingKey {
        case metric, patience
        case minimumDelta = "min_delta"
    }
}

/// Lowers the learning rate of a run that gets no better, as `keras.callbacks.ReduceLROnPlateau` without cooldown.
///
/// What it does is a function of the epochs so far.
public struct PlateauReduction: Codable, Hashable, Sendable {
    /// Keras' `min_delta`.
    private static let minimumDelta = 1e-4

    public var metric: MonitoredMetric
    /// What the learning rate is multiplied by.
    public var factor: Float
    /// After so many epochs without an improvement.
    public var patience: Int

    public init(metric: MonitoredMetric, factor: Float, patience: Int) {
        precondition(factor > 0 && factor < 1 && patience > 0, "factor \(factor), patience \(patience)")
        self.metric = metric
        self.factor = factor
        self.patience = patience
    }

    /// What the learning rate is multiplied by after these epochs.
    public func factor(after rows: [HistoryRow]) -> Float {
        var (best, waited, product) = (metric.worst, 0, Float(1))
        for row in rows {
            if let value = metric.value(row), metric.isBetter(value, than: best, by: Self.minimumDelta) {
                (best, waited) = (value, 0)
                continue
            }
            waited += 1
            guard waited >= patience else { continue }
            product *= factor
            waited = 0
        }
        return product
    }
}
