import Files

/// A share or an area with its 95 % confidence interval.
public struct Estimate: Hashable, Sendable, Encodable {
    public let value: Double
    public let lower: Double
    public let upper: Double
}

/// What a test set reveals about a network, and with what confidence.
public struct MetricEstimates: Hashable, Sendable {
    /// (tn + tp) / samples; nil without samples.
    public let accuracy: Estimate?
    /// The share of the sources that are found, tp / (tp + fn), also called recall; nil without sources.
    public let completeness: Estimate?
    /// The share of sources among what is classified as one, tp / (tp + fp), also called precision; nil when nothing
    /// is.
    public let purity: Estimate?
    /// The area under the ROC curve; nil when one class is missing.
    public let rocArea: Estimate?

    /// Wilson's intervals of the shares, Hanley and McNeil's of the area.
    public init(_ metrics: ClassificationMetrics) {
        let matrix = metrics.confusionMatrix
        let sources = matrix.truePositives + matrix.falseNegatives
        accuracy = Self.share(matrix.trueNegatives + matrix.truePositives, of: matrix.samples)
        completeness = Self.share(matrix.truePositives, of: sources)
        purity = Self.share(matrix.truePositives, of: matrix.truePositives + matrix.falsePositives)
        rocArea = metrics.rocAUC.map {
            Self.area($0, sources: sources, noise: matrix.trueNegatives + matrix.falsePositives)
        }
    }

    static func share(_ count: Int, of trials: Int) -> Estimate? {
        guard trials > 0 else { return nil }
        let interval = WilsonInterval(
            successes: count, trials: trials, deviations: WilsonInterval.deviationsFor95Percent)
        return Estimate(value: interval.share, lower: interval.lower, upper: interval.upper)
    }

    /// The area A with the standard error
    /// √((A(1 − A) + (n₁ − 1)(A/(2 − A) − A²) + (n₀ − 1)(2A²/(1 + A) − A²)) / (n₁·n₀)), within 0 … 1.
    ///
    /// Source: J. A. Hanley and B. J. McNeil, Radiology 143, 29 (1982).
    /// - Parameters: how many of each class there are, at least 1.
    public static func area(_ area: Double, sources: Int, noise: Int) -> Estimate {
        precondition(sources > 0 && noise > 0, "an area of \(sources) sources and \(noise) noise stamps")
        let (n1, n0) = (Double(sources), Double(noise))
        let squared = area * area
        let variance =
            (area * (1 - area) + (n1 - 1) * (area / (2 - area) - squared)
                + (n0 - 1) * (2 * squared / (1 + area) - squared)) / (n1 * n0)
        // Rounding may leave -1e-20 where the formula gives 0.
        let half = WilsonInterval.deviationsFor95Percent * max(0, variance).squareRoot()
        return Estimate(value: area, lower: max(0, area - half), upper: min(1, area + half))
    }
}

/// The same for more than two classes.
public struct ClassEstimates: Hashable, Sendable {
    /// One class against the rest.
    public struct OneClass: Hashable, Sendable {
        /// The share of the class among what is given it; nil when nothing is.
        public let precision: Estimate?
        /// The share of the class that is given it; nil without samples.
        public let recall: Estimate?
        /// The area under the ROC curve; nil when all samples or none are of the class.
        public let rocArea: Estimate?
    }

    /// Correct ones / samples.
    public let accuracy: Estimate?
    /// In the order of the classes.
    public let classes: [OneClass]

    /// Wilson's intervals of the shares, Hanley and McNeil's of the areas.
    public init(_ metrics: ClassMetrics) {
        let matrix = metrics.confusionMatrix
        accuracy = MetricEstimates.share(matrix.correct, of: matrix.samples)
        classes = metrics.classes.enumerated().map { label, one in
            let isMixed = (1..<matrix.samples).contains(one.support)
            return OneClass(
                precision: MetricEstimates.share(matrix.counts[label][label], of: matrix.predictions(of: label)),
                recall: MetricEstimates.share(matrix.counts[label][label], of: one.support),
                rocArea: isMixed
                    ? one.rocAUC.map {
                        MetricEstimates.area($0, sources: one.support, noise: matrix.samples - one.support)
                    } : nil)
        }
    }
}

extension Estimate {
    /// The line of a table for the terminal; none where the estimate is undefined.
    static func line(_ name: String, _ estimate: Estimate?) -> [String] {
        estimate.map { ["\(FormattedNumber.padded(name, to: 12))  \($0.description)"] } ?? []
    }

    /// For instance `0.9702 (0.9645–0.9750)`.
    package var description: String { "\(FormattedNumber.fixed(value, 4)) (\(interval))" }

    package var interval: String { "\(FormattedNumber.fixed(lower, 4))–\(FormattedNumber.fixed(upper, 4))" }
}
