/// One kind of mistake is held down, and the rate of the other kind is what that costs.
public struct OperatingLimit: Hashable, Sendable {
    /// What can be wrong with a sample.
    public enum Mistake: Sendable {
        /// Noise that counts as a source.
        case falsePositive
        /// A source that does not.
        case missedDetection
    }

    /// The kind that is held down.
    public let limited: Mistake
    /// The largest rate of it, inclusive.
    public let share: Double

    /// What surveys compare classifiers by, in the order in which it is shown.
    public static let all =
        [0.01, 0.05, 0.1].map { Self(limited: .missedDetection, share: $0) }
        + [Self(limited: .falsePositive, share: 0.01)]

    /// The key in `metrics.json`.
    var key: String {
        switch limited {
        case .missedDetection: "false_positive_rate_at_\(percent)_percent_missed"
        case .falsePositive: "missed_detection_rate_at_\(percent)_percent_false_positives"
        }
    }

    /// For instance `false positives at 5 % missed`.
    public var title: String {
        switch limited {
        case .missedDetection: "false positives at \(percent) % missed"
        case .falsePositive: "missed at \(percent) % false positives"
        }
    }

    private var percent: Int { Int((100 * share).rounded()) }

    /// The most mistakes of this kind among `count` samples: the largest m with m / count ≤ share.
    func most(of count: Int) -> Int {
        var most = Int(share * Double(count))
        // The product may be rounded across a whole number.
        while most > 0, Double(most) / Double(count) > share { most -= 1 }
        while Double(most + 1) / Double(count) <= share { most += 1 }
        return most
    }
}

/// The rate of one kind of mistake where the other kind's is within its limit.
public struct OperatingPoint: Hashable, Sendable {
    public let limit: OperatingLimit
    /// Of the kind that is not limited.
    public let rate: Double
    /// Where a sample counts as a source above it, `--threshold` for instance, the rate is realised.
    ///
    /// It is the number in single precision just below the one that `sklearn.metrics.roc_curve` gives, *from* which on
    /// a sample counts as a source there; and 1 where nothing may count as one.
    public let threshold: Float
}

extension ThresholdSweep {
    /// The best that each of ``OperatingLimit/all`` leaves room for; empty when a class is missing.
    ///
    /// With the rates f = fp / noise and m = fn / sources at every threshold of
    /// `sklearn.metrics.roc_curve(…, drop_intermediate=False)` (there `fpr` and 1 − `tpr`), the one at which nothing
    /// counts as a source among them: the least f where m ≤ the limit, or the least m where f ≤ the limit. Nothing is
    /// interpolated between thresholds, so each of these can be had. Of several thresholds that are as good, the
    /// highest counts.
    public var operatingPoints: [OperatingPoint] {
        guard noise > 0, sources > 0 else { return [] }
        return OperatingLimit.all.map { limit in
            switch limit.limited {
            case .missedDetection:
                let most = limit.most(of: sources)
                // From the lowest score on, no source is missed.
                let place = truePositives.firstIndex { sources - $0 <= most }!
                return OperatingPoint(
                    limit: limit, rate: Double(falsePositives[place]) / Double(noise), threshold: just(below: place))
            case .falsePositive:
                let most = limit.most(of: noise)
                let found = falsePositives.lastIndex { $0 <= most }.map { truePositives[$0] } ?? 0
                return OperatingPoint(
                    limit: limit, rate: Double(sources - found) / Double(sources),
                    threshold: found == 0 ? 1 : just(below: truePositives.firstIndex(of: found)!))
            }
        }
    }

    /// The number above which just the samples of the entries up to this one lie.
    private func just(below place: Int) -> Float { thresholds[place].nextDown }
}
