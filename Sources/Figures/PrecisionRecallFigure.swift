import Files
import Metrics

/// Purity against completeness, of the network and of the matched filter on the same stamps.
public struct PrecisionRecallFigure: Sendable {
    /// The curve, from the highest threshold to the lowest; it starts at recall 0 and precision 1.
    ///
    /// Equals `sklearn.metrics.precision_recall_curve`, read backwards.
    public struct Curve: Hashable, Sendable {
        public let precision: [Double]
        public let recall: [Double]
        /// A sample counts as a source from this score on.
        public let threshold: [Float]

        /// - Parameter sweep: of samples with at least one source.
        public init(_ sweep: ThresholdSweep) {
            let pairs = zip(sweep.falsePositives, sweep.truePositives)
            precision = [1] + pairs.map { Double($1) / Double($0 + $1) }
            recall = [0] + sweep.truePositives.map { Double($0) / Double(sweep.sources) }
            threshold = [.infinity] + sweep.thresholds
        }
    }

    private let network: [ScoredSample]
    private let matchedFilter: [ScoredSample]?
    private let threshold: Float
    private let words: TwoClassWords

    /// - Parameters: as those of ``ROCFigure``.
    public init(
        network: [ScoredSample], matchedFilter: [ScoredSample]?, threshold: Float,
        classNames: [String] = ClassificationMetrics.noiseAndSource
    ) {
        words = TwoClassWords(classNames)
        self.network = network
        self.matchedFilter = matchedFilter
        self.threshold = threshold
    }

    /// The figure; nil without sources.
    public var plot: Plot? {
        let sweep = ThresholdSweep(network)
        guard let precision = sweep.averagePrecision else { return nil }
        var table = Table("classifier", "threshold", "recall", "precision")
        var sampling = ""
        func append(_ curve: Curve, _ name: String) {
            let drawn = CurveThinning.indices(curve.recall, curve.precision)
            for index in drawn {
                table.append(name, curve.threshold[index], curve.recall[index], curve.precision[index])
            }
            guard drawn.count < curve.recall.count else { return }
            sampling += " The curve of the \(name) is drawn through \(drawn.count) of its \(curve.recall.count) points."
        }
        let counts = PredictionCounts(network, threshold: threshold)
        append(Curve(sweep), "network")
        var description =
            "The network's average precision is \(FormattedNumber.fixed(precision, 4)). A probability "
            + "above \(short(threshold)) gives "
            + (counts.purity.isNaN ? "no \(words.sources) at all" : "a purity of \(percent(counts.purity))")
            + " and a completeness of \(percent(counts.completeness))."
        var filterPrecision: Double?
        if let matchedFilter, let sweep = Optional(ThresholdSweep(matchedFilter)),
            let precision = sweep.averagePrecision
        {
            append(Curve(sweep), "matched filter")
            filterPrecision = precision
            description += " The matched filter's average precision is \(FormattedNumber.fixed(precision, 4))"
            description += matchedFilter.count < network.count ? ", of \(matchedFilter.count) of the stamps." : "."
        }
        let prevalence = Double(sweep.sources) / Double(sweep.sources + sweep.noise)
        return Plot(
            name: "precision_recall", title: "Precision and recall", description: description + sampling, table: table,
            size: (640, 480),
            commands: commands(
                precision, filterPrecision, (counts.completeness, counts.purity), prevalence))
    }

    private func commands(
        _ precision: Double, _ filterPrecision: Double?, _ chosen: (x: Double, y: Double), _ prevalence: Double
    ) -> String {
        func curve(_ name: String, _ style: Int, _ precision: Double) -> String {
            "\"precision_recall.csv\" using (strcol(\"classifier\") eq \"\(name)\" ? column(\"recall\") : NaN)"
                + ":\"precision\" with fsteps ls \(style) "
                + "title \"\(name), average precision \(FormattedNumber.fixed(precision, 4))\""
        }
        let share = words.short.quoted("share of \(words.short.mistakenFor)")
        var curves = ["\(prevalence) with lines ls 4 title \(share)", curve("network", 1, precision)]
        if let filterPrecision { curves.append(curve("matched filter", 2, filterPrecision)) }
        curves.append("$chosen using 1:2 with points ls 1 ps 1.3 title \"probability above \(short(threshold))\"")
        return """
            $chosen << EOD
            \(chosen.x), \(chosen.y)
            EOD
            set xlabel "recall (completeness)"
            set ylabel "precision (purity)"
            set xrange [0:1.02]
            set yrange [0:1.02]
            set key bottom left
            plot \(curves.joined(separator: ", \\\n  "))

            """
    }
}
