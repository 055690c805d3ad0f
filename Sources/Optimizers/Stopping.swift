/// What a run does when a metric no longer gets better.
///
/// Everything is a function of the metric's course over the epochs: a resumed run needs no more than its history.
public struct Stopping: Codable, Hashable, Sendable {
    /// What is watched, by its column in `history.csv`.
    public enum Metric: String, Codable, CaseIterable, Sendable {
        case validationLoss = "val_loss"
        case validationAccuracy = "val_accuracy"
        case loss, accuracy

        /// Whether a larger value is a better one.
        public var growsBetter: Bool { self == .accuracy || self == .validationAccuracy }
        /// Whether it is measured on the validation set.
        public var needsValidation: Bool { self == .validationLoss || self == .validationAccuracy }
    }

    /// Ends a run: `keras.callbacks.EarlyStopping(restore_best_weights=True)`.
    public struct Early: Codable, Hashable, Sendable {
        public var metric: Metric
        /// The run ends after so many epochs in a row that were not better than the best one.
        public var patience: Int
        /// A better value is better by more than this.
        public var minimumDelta: Double

        public init(metric: Metric, patience: Int = 5, minimumDelta: Double = 0) {
            self.metric = metric
            self.patience = patience
            self.minimumDelta = minimumDelta
        }

        enum CodingKeys: String, CodingKey {
            case metric, patience
            case minimumDelta = "min_delta"
        }

        /// The best epoch of those so far, from 0, and whether the run is to end with them.
        ///
        /// - Parameter course: the metric after each epoch; one that is not a number is never the best.
        public func evaluate(_ course: [Double]) -> (best: Int?, ends: Bool) {
            var best: Int?
            var waited = 0
            for (epoch, value) in course.enumerated() {
                waited += 1
                let isBetter = best.map { metric.isBetter(value, than: course[$0], by: minimumDelta) } ?? value.isFinite
                if isBetter { (best, waited) = (epoch, 0) }
                // A first epoch has nothing to be compared with.
                if epoch > 0, waited >= max(patience, 1) { return (best, true) }
            }
            return (best, false)
        }
    }

    /// Lowers the learning rate: `keras.callbacks.ReduceLROnPlateau`, without cooldown.
    public struct Plateau: Codable, Hashable, Sendable {
        public var metric: Metric
        /// What the learning rate is multiplied with.
        public var factor: Double
        /// After so many epochs in a row without a better value.
        public var patience: Int
        public var minimumDelta = 1e-4

        public init(metric: Metric, factor: Double, patience: Int) {
            self.metric = metric
            self.factor = factor
            self.patience = patience
        }

        enum CodingKeys: String, CodingKey {
            case metric, factor, patience
            case minimumDelta = "min_delta"
        }

        /// By what the learning rate has been multiplied after these epochs.
        public func reduction(after course: [Double]) -> Double {
            var (reduction, best, waited) = (1.0, metric.growsBetter ? -Double.infinity : .infinity, 0)
            for value in course {
                if metric.isBetter(value, than: best, by: minimumDelta) {
                    (best, waited) = (value, 0)
                } else {
                    waited += 1
                    if waited >= patience { (reduction, waited) = (reduction * factor, 0) }
                }
            }
            return reduction
        }
    }

    /// Whether the run ends; nil for not before its last epoch.
    public var early: Early?
    /// Whether the learning rate falls; nil for not for this reason.
    public var plateau: Plateau?

    /// A run goes on to its last epoch.
    public init() {}
}

extension Stopping.Metric {
    fileprivate func isBetter(_ value: Double, than other: Double, by delta: Double) -> Bool {
        growsBetter ? value - delta > other : value + delta < other
    }
}
