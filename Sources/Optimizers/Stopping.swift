/// What a run does when a metric no longer improves.
///
/// Everything is a function of the metric's values over the epochs: a resumed run needs only its history.
public struct Stopping: Codable, Hashable, Sendable {
    /// The monitored metric, by its column in `history.csv`.
    public enum Metric: String, Codable, CaseIterable, Sendable {
        case validationLoss = "val_loss"
        case validationAccuracy = "val_accuracy"
        /// The area under the ROC curve of the validation set.
        case validationROCArea = "val_roc_auc"
        /// The average precision of the validation set.
        case validationAveragePrecision = "val_average_precision"
        case loss, accuracy

        /// Whether a larger value is a better one.
        public var growsBetter: Bool { self != .loss && self != .validationLoss }
        /// Whether it is measured on the validation set.
        public var needsValidation: Bool { self != .loss && self != .accuracy }
        /// Whether it compares stamps of one class with those of the other. It is measured only in runs that watch it.
        public var ranksClasses: Bool { self == .validationROCArea || self == .validationAveragePrecision }
    }

    /// Ends a run: `keras.callbacks.EarlyStopping(restore_best_weights=True)`.
    public struct Early: Codable, Hashable, Sendable {
        public var metric: Metric
        /// The run ends after this many consecutive epochs without improvement on the best one.
        public var patience: Int
        /// The least change that counts as an improvement, exclusive.
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
        /// - Parameter course: the metric after each epoch; NaN is never the best.
        public func evaluate(_ course: [Double]) -> (best: Int?, ends: Bool) {
            var best: Int?
            var waited = 0
            for (epoch, value) in course.enumerated() {
                waited += 1
                let isBetter = best.map { metric.isBetter(value, than: course[$0], by: minimumDelta) } ?? value.isFinite
                if isBetter { (best, waited) = (epoch, 0) }
                // The first epoch has nothing to be compared with.
                if epoch > 0, waited >= max(patience, 1) { return (best, true) }
            }
            return (best, false)
        }

        /// The epochs, from 0, the best one first, and earlier ones before others that are as good.
        ///
        /// - Parameter course: the metric after each epoch; those with NaN are left out.
        public func ranked(_ course: [Double]) -> [Int] {
            let comparable = course.indices.filter { !course[$0].isNaN }
            return comparable.sorted {
                course[$0] == course[$1] ? $0 < $1 : metric.isBetter(course[$0], than: course[$1], by: 0)
            }
        }
    }

    /// Lowers the learning rate: `keras.callbacks.ReduceLROnPlateau`, without cooldown.
    public struct Plateau: Codable, Hashable, Sendable {
        public var metric: Metric
        /// What the learning rate is multiplied by.
        public var factor: Double
        /// The number of consecutive epochs without improvement.
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

        /// The total factor on the learning rate after these epochs.
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

    /// When the run ends early; nil for never.
    public var early: Early?
    /// When the learning rate is lowered; nil for never.
    public var plateau: Plateau?

    /// A run to the last epoch with the scheduled learning rate.
    public init() {}
}

extension Stopping.Metric {
    fileprivate func isBetter(_ value: Double, than other: Double, by delta: Double) -> Bool {
        growsBetter ? value - delta > other : value + delta < other
    }
}
