import Metrics

/// The distribution of the probabilities of each class.
public struct ScoreHistogramFigure: Sendable {
    /// Counts in bins of equal width from 0 to 1.
    ///
    /// A bin holds its lower edge, the last one its upper edge too: equals `numpy.histogram(…, bins, (0, 1))`.
    public static func counts(_ probabilities: [Float], bins: Int) -> [Int] {
        var counts = [Int](repeating: 0, count: bins)
        for probability in probabilities {
            var bin = min(Int(Double(probability) * Double(bins)), bins - 1)
            // The product may be rounded across an edge.
            if Double(probability) < Double(bin) / Double(bins) { bin -= 1 }
            if bin + 1 < bins, Double(probability) >= Double(bin + 1) / Double(bins) { bin += 1 }
            counts[bin] += 1
        }
        return counts
    }

    private let samples: [ScoredSample]
    private let threshold: Float
    private let words: TwoClassWords

    /// - Parameters:
    ///   - samples: with probabilities, at least one.
    ///   - threshold: the probability above which a stamp counts as a source.
    ///   - classNames: of class 0 and class 1.
    public init(
        _ samples: [ScoredSample], threshold: Float,
        classNames: [String] = ClassificationMetrics.noiseAndSource
    ) {
        words = TwoClassWords(classNames)
        precondition(!samples.isEmpty, "a histogram of no samples")
        self.samples = samples
        self.threshold = threshold
    }

    /// The figure.
    public var plot: Plot {
        let bins = samples.count < 200 ? 10 : 40
        let noise = samples.filter { !$0.isSource }.map(\.score), sources = samples.filter(\.isSource).map(\.score)
        let counts = (noise: Self.counts(noise, bins: bins), sources: Self.counts(sources, bins: bins))
        var table = Table("bin_lower", "bin_upper", words.names[0], words.heading)
        for bin in 0..<bins {
            table.append(
                Double(bin) / Double(bins), Double(bin + 1) / Double(bins), counts.noise[bin], counts.sources[bin])
        }
        let extremes = samples.count { $0.score <= 0.01 || $0.score >= 0.99 }
        return Plot(
            name: "scores", title: "Probabilities by class",
            description:
                "The probabilities of \(words.oneSource) that \(noise.count) \(words.noiseStamps) and \(sources.count) "
                + "\(words.sources) of the test set get, in \(bins) bins. "
                + "\(percent(Double(extremes) / Double(samples.count))) of all are within 0.01 of 0 or 1.",
            table: table, size: (640, 480),
            commands: commands(most: max(counts.noise.max()!, counts.sources.max()!), width: 1 / Double(bins)))
    }

    private func commands(most: Int, width: Double) -> String {
        func boxes(_ column: String, _ style: Int, _ title: String) -> String {
            // On a logarithmic axis an empty bin is left out rather than drawn at −∞.
            "\"scores.csv\" using (column(\"bin_lower\") + \(width / 2)):"
                + "(column(\(column)) > 0 ? column(\(column)) : NaN):(\(width)) "
                + "with boxes ls \(style) lw 1.25 dt 1 fs transparent solid 0.4 border title \(title)"
        }
        let short = words.short
        // A name of a user's may be no name for gnuplot, or that of another column.
        let columns = words.areUsual ? ["\"noise\"", "\"sources\""] : ["3", "4"]
        return """
            set logscale y
            set xlabel \(short.label("probability of \(short.oneSource)"))
            set ylabel "stamps in the bin"
            set xrange [0:1]
            set yrange [0.6:\(2.5 * Double(most))]
            set key top center maxrows 1
            set arrow from \(threshold),graph 0 to \(threshold),graph 0.88 nohead ls 4
            set label "threshold" at \(threshold),graph 0.9 center textcolor rgb "\(PlotStyle.grey)"
            plot \(boxes(columns[0], 3, short.quoted(short.names[0]))), \\
              \(boxes(columns[1], 1, short.quoted(short.heading)))

            """
    }
}
