import Files
import Metrics

/// The receiver operating characteristic of the network, and of the matched filter on the same stamps.
public struct ROCFigure: Sendable {
    /// The curve: from (0, 0), at a threshold above all scores, to (1, 1).
    ///
    /// Equals `sklearn.metrics.roc_curve` with `drop_intermediate=False`.
    public struct Curve: Hashable, Sendable {
        public private(set) var falsePositiveRate: [Double]
        public private(set) var truePositiveRate: [Double]
        /// A sample counts as a source from this score on.
        public private(set) var threshold: [Float]

        /// - Parameter sweep: of samples of both classes.
        public init(_ sweep: ThresholdSweep) {
            falsePositiveRate = [0] + sweep.falsePositives.map { Double($0) / Double(sweep.noise) }
            truePositiveRate = [0] + sweep.truePositives.map { Double($0) / Double(sweep.sources) }
            threshold = [.infinity] + sweep.thresholds
        }

        /// The curve without points that lie on a straight line between their neighbours: its area is the same.
        public static func corners(_ sweep: ThresholdSweep) -> Curve {
            let x = [0] + sweep.falsePositives, y = [0] + sweep.truePositives
            let curve = Curve(sweep)
            return curve.choosing(
                x.indices.filter { index in
                    guard index > 0, index + 1 < x.count else { return true }
                    let before = (x[index] - x[index - 1], y[index] - y[index - 1])
                    let after = (x[index + 1] - x[index], y[index + 1] - y[index])
                    return before.0 * after.1 != before.1 * after.0
                })
        }

        func choosing(_ indices: [Int]) -> Curve {
            var chosen = self
            chosen.falsePositiveRate = indices.map { falsePositiveRate[$0] }
            chosen.truePositiveRate = indices.map { truePositiveRate[$0] }
            chosen.threshold = indices.map { threshold[$0] }
            return chosen
        }

        /// At most as many points as a picture can show.
        var thinned: Curve { choosing(CurveThinning.indices(falsePositiveRate, truePositiveRate)) }
    }

    private let network: [ScoredSample]
    private let matchedFilter: [ScoredSample]?
    private let threshold: Float
    private let words: TwoClassWords

    /// - Parameters:
    ///   - network: the test set with the network's probabilities.
    ///   - matchedFilter: the same stamps, or some of them, with the matched filter's scores.
    ///   - threshold: the probability above which a stamp counts as a source.
    ///   - classNames: of class 0 and class 1.
    public init(
        network: [ScoredSample], matchedFilter: [ScoredSample]?, threshold: Float,
        classNames: [String] = ClassificationMetrics.noiseAndSource
    ) {
        words = TwoClassWords(classNames)
        self.network = network
        self.matchedFilter = matchedFilter
        self.threshold = threshold
    }

    /// The figure; nil when one class is missing: there is no such curve.
    public var plot: Plot? {
        let sweep = ThresholdSweep(network)
        guard sweep.noise > 0, sweep.sources > 0 else { return nil }
        var table = Table("classifier", "threshold", "false_positive_rate", "true_positive_rate")
        func append(_ sweep: ThresholdSweep, _ name: String) -> String {
            let corners = Curve.corners(sweep), drawn = corners.thinned
            for (index, score) in drawn.threshold.enumerated() {
                table.append(name, score, drawn.falsePositiveRate[index], drawn.truePositiveRate[index])
            }
            let (few, all) = (drawn.threshold.count, corners.threshold.count)
            return few < all ? " The curve of the \(name) is drawn through \(few) of its \(all) points." : ""
        }
        let confusion = PredictionCounts(network, threshold: threshold)
        let rates = (x: confusion.falsePositiveRate, y: confusion.completeness)
        let area = ROCCurve.area(network) ?? .nan
        var description =
            "The area under the network's curve is \(FormattedNumber.fixed(area, 4)). A probability above "
            + "\(short(threshold)) finds \(percent(rates.y)) of the \(words.sources) and mistakes \(percent(rates.x)) of the "
            + "\(words.noise) for \(words.mistakenFor)."
        var filterArea: Double?
        var sampling = append(sweep, "network")
        if let matchedFilter, let sweep = Optional(ThresholdSweep(matchedFilter)), sweep.noise > 0, sweep.sources > 0 {
            filterArea = ROCCurve.area(matchedFilter)
            sampling += append(sweep, "matched filter")
            description += " The matched filter's area is \(FormattedNumber.fixed(filterArea ?? .nan, 4))"
            description += matchedFilter.count < network.count ? ", of \(matchedFilter.count) of the stamps." : "."
        }
        return Plot(
            name: "roc", title: "ROC curve", description: description + sampling, table: table,
            size: (Self.hasLogarithmicPanel(sweep.noise) ? 860 : 480, 430),
            commands: commands(area, filterArea, rates, noise: sweep.noise))
    }

    /// Whether there is enough noise to show small rates.
    private static func hasLogarithmicPanel(_ noise: Int) -> Bool { noise >= 100 }

    private func commands(
        _ area: Double, _ filterArea: Double?, _ chosen: (x: Double, y: Double), noise: Int
    ) -> String {
        func curve(_ name: String, _ style: Int, _ area: Double) -> String {
            "\"roc.csv\" using (strcol(\"classifier\") eq \"\(name)\" ? column(\"false_positive_rate\") : NaN)"
                + ":\"true_positive_rate\" with lines ls \(style) title \"\(name), area \(FormattedNumber.fixed(area, 4))\""
        }
        var curves = [curve("network", 1, area)]
        if let filterArea { curves.append(curve("matched filter", 2, filterArea)) }
        curves.append("$chosen using 1:2 with points ls 1 ps 1.3 title \"probability above \(short(threshold))\"")
        let both = curves.joined(separator: ", \\\n  ")
        let axes = """
            $chosen << EOD
            \(chosen.x), \(chosen.y)
            EOD
            set xlabel "false-positive rate"
            set ylabel "true-positive rate (completeness)"
            set yrange [0:1.02]
            set xrange [-0.02:1]
            set key bottom right

            """
        let whole = "plot x with lines ls 4 title \"chance\", \(both)\n"
        guard Self.hasLogarithmicPanel(noise) else { return axes + whole }
        return axes + """
            set multiplot layout 1,2
            \(whole)
            set logscale x
            set xrange [\(1 / (1.5 * Double(noise))):1]
            set format x "10^{%T}"
            unset key
            plot x with lines ls 4, \(both)
            unset multiplot

            """
    }
}

/// A threshold for people: six digits at most.
func short(_ threshold: Float) -> String { FormattedNumber.short(Double(threshold)) }

/// A share for people: `97.0 %`.
func percent(_ share: Double) -> String { FormattedNumber.fixed(100 * share, 1) + " %" }
