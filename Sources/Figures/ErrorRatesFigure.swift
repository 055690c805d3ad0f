import Files
import Metrics

/// How often noise is taken for a source, and a source missed, at every threshold: what a decision costs.
public struct ErrorRatesFigure: Sendable {
    /// Both rates, from a threshold above all scores to the lowest score.
    ///
    /// Equals `sklearn.metrics.roc_curve` with `drop_intermediate=False`: its `fpr`, and 1 − its `tpr`.
    public struct Curve: Hashable, Sendable {
        public private(set) var falsePositiveRate: [Double]
        public private(set) var missedDetectionRate: [Double]
        /// A sample counts as a source from this score on.
        public private(set) var threshold: [Float]

        /// - Parameter sweep: of samples of both classes.
        public init(_ sweep: ThresholdSweep) {
            falsePositiveRate = [0] + sweep.falsePositives.map { Double($0) / Double(sweep.noise) }
            missedDetectionRate =
                [1] + sweep.truePositives.map { Double(sweep.sources - $0) / Double(sweep.sources) }
            threshold = [.infinity] + sweep.thresholds
        }

        /// At most as many points as a picture can show, with all of those at both ends, where one of the rates is
        /// small and a logarithmic axis shows every step.
        var thinned: Curve {
            let half = CurveThinning.mostPoints / 2
            guard threshold.count > CurveThinning.mostPoints else { return self }
            let last = threshold.count - 1
            let fromAbove = CurveThinning.indices(falsePositiveRate, missedDetectionRate, most: half)
            let fromBelow = CurveThinning.indices(
                falsePositiveRate.reversed(), missedDetectionRate.reversed(), most: half
            ).map { last - $0 }
            var chosen = self
            let indices = Set(fromAbove + fromBelow).sorted()
            chosen.falsePositiveRate = indices.map { falsePositiveRate[$0] }
            chosen.missedDetectionRate = indices.map { missedDetectionRate[$0] }
            chosen.threshold = indices.map { threshold[$0] }
            return chosen
        }
    }

    private let samples: [ScoredSample]
    private let threshold: Float
    private let words: TwoClassWords

    /// - Parameters:
    ///   - samples: the test set with the network's probabilities.
    ///   - threshold: the probability above which a stamp counts as a source.
    ///   - classNames: of class 0 and class 1.
    public init(
        _ samples: [ScoredSample], threshold: Float,
        classNames: [String] = ClassificationMetrics.noiseAndSource
    ) {
        words = TwoClassWords(classNames)
        self.samples = samples
        self.threshold = threshold
    }

    /// The figure; nil when one class is missing: one of the rates is then not defined.
    public var plot: Plot? {
        let sweep = ThresholdSweep(samples)
        guard sweep.noise > 0, sweep.sources > 0 else { return nil }
        let whole = Curve(sweep), drawn = whole.thinned
        var table = Table("threshold", "false_positive_rate", "missed_detection_rate")
        for (index, score) in drawn.threshold.enumerated() {
            table.append(score, drawn.falsePositiveRate[index], drawn.missedDetectionRate[index])
        }
        let counts = PredictionCounts(samples, threshold: threshold)
        let rates = (falsePositive: counts.falsePositiveRate, missed: counts.missedDetectionRate)
        var description =
            "A probability above \(short(threshold)) mistakes \(percent(rates.falsePositive)) of the \(words.noise) for "
            + "\(words.mistakenFor) and misses \(percent(rates.missed)) of the \(words.sources). "
            + sweep.operatingPoints.map { point in
                "With \(point.limit.held(words)), the least rate of \(point.limit.cost(words)) is \(percent(point.rate)), above "
                    + "\(short(point.threshold))."
            }.joined(separator: " ")
        description += " A rate of 0 is drawn along the lower edge."
        if drawn.threshold.count < whole.threshold.count {
            description += " The curves are drawn through \(drawn.threshold.count) of \(whole.threshold.count) points."
        }
        return Plot(
            name: "error_rates", title: "Rates of both mistakes", description: description, table: table,
            size: (640, 480), commands: commands(rates, least: 1 / Double(max(sweep.noise, sweep.sources))))
    }

    private func commands(_ chosen: (falsePositive: Double, missed: Double), least: Double) -> String {
        func curve(_ column: String, _ style: Int, _ title: String) -> String {
            // On a logarithmic axis a rate of 0 is drawn along the lower edge.
            "\"error_rates.csv\" using (column(\"threshold\") > 1 ? 1 : column(\"threshold\")):"
                + "(column(\"\(column)\") > 0 ? column(\"\(column)\") : \(least / 2)) with steps ls \(style) title \"\(title)\""
        }
        func mark(_ rate: Double, _ style: Int) -> String {
            "\"+\" using (\(threshold)):(\(max(rate, least / 2))) every ::::0 with points ls \(style) ps 1.3 notitle"
        }
        return """
            set logscale y
            set xlabel \(words.short.label("threshold on the probability of \(words.short.oneSource)"))
            set ylabel "rate"
            set xrange [0:1]
            set yrange [\(least / 2):1.2]
            set key outside top center horizontal
            set arrow from \(threshold),graph 0 to \(threshold),graph 1 nohead ls 4
            set label "threshold" at \(threshold),graph 0.5 \(threshold > 0.8 ? "right offset -1" : "left offset 1"),0 \
              textcolor rgb "\(PlotStyle.grey)"
            plot \(curve("false_positive_rate", 3, "false positives")), \\
              \(curve("missed_detection_rate", 1, "missed detections")), \\
              \(mark(chosen.falsePositive, 3)), \\
              \(mark(chosen.missed, 1))

            """
    }
}

extension OperatingLimit {
    /// For instance `no more than 5 % of the sources missed`.
    fileprivate func held(_ words: TwoClassWords) -> String {
        switch limited {
        case .missedDetection: "no more than \(percent(share)) of the \(words.sources) missed"
        case .falsePositive: "no more than \(percent(share)) of the \(words.noise) mistaken"
        }
    }

    /// What the other mistake is called.
    fileprivate func cost(_ words: TwoClassWords) -> String {
        limited == .missedDetection ? "false positives" : "missed \(words.sources)"
    }
}
