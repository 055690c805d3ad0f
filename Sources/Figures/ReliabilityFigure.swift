import Files
import Metrics

/// Whether a probability means what it says: of the stamps that get 0.8, four in five should be sources.
public struct ReliabilityFigure: Sendable {
    private let samples: [ScoredSample]
    private let words: Words

    /// What the figure calls things.
    private struct Words {
        let column: String
        let shareColumn: String
        /// The column as gnuplot names it.
        let shareReference: String
        /// What is written along the axes, in gnuplot's quotes.
        let axes: (x: String, y: String)
        let share: String
        let given: String

        /// Whether a stamp is of class 1.
        static func secondClass(_ words: TwoClassWords) -> Words {
            let (name, short) = (words.heading, words.short)
            return Words(
                column: name, shareColumn: "share_of_\(name)",
                // A name of a user's may be no name for gnuplot.
                shareReference: words.areUsual ? "\"share_of_sources\"" : "6",
                axes: (
                    short.label("mean probability of \(short.oneSource)"), short.label("share of \(short.heading)")
                ),
                share: "share of \(name)", given: "the probability that the network gave them")
        }
        /// Whether the predicted class is right.
        static let topClass = Words(
            column: "correct", shareColumn: "share_correct", shareReference: "\"share_correct\"",
            axes: ("\"mean probability of the predicted class\"", "\"share of correct predictions\""),
            share: "share of correct predictions", given: "the probability of their predicted class")
    }

    /// - Parameters:
    ///   - samples: with probabilities of class 1, at least one.
    ///   - classNames: of class 0 and class 1.
    public init(_ samples: [ScoredSample], classNames: [String] = ClassificationMetrics.noiseAndSource) {
        self.init(samples, .secondClass(TwoClassWords(classNames)))
    }

    /// Of more than two classes: whether the predicted one is the true one as often as its probability says.
    public init(ofTopClass predictions: ClassPredictions) { self.init(predictions.ofTopClass, .topClass) }

    private init(_ samples: [ScoredSample], _ words: Words) {
        precondition(!samples.isEmpty, "the reliability of no samples")
        (self.samples, self.words) = (samples, words)
    }

    /// The figure.
    public var plot: Plot {
        let bins = ReliabilityBin.bins(samples)
        var table = Table(
            "bin_lower", "bin_upper", "samples", words.column, "mean_probability", words.shareColumn, "lower", "upper")
        for bin in bins {
            let interval = bin.samples > 0 ? WilsonInterval(successes: bin.sources, trials: bin.samples) : nil
            table.append(
                bin.lower, bin.upper, bin.samples, bin.sources, bin.meanProbability, bin.shareOfSources,
                interval?.lower ?? .nan, interval?.upper ?? .nan)
        }
        let error = FormattedNumber.fixed(ReliabilityBin.expectedCalibrationError(bins), 4)
        return Plot(
            name: "reliability", title: "Reliability of the probabilities",
            description: "The \(words.share) among \(samples.count) test stamps against \(words.given), in "
                + "\(bins.count) bins with Wilson intervals of 95 %. The expected "
                + "calibration error is \(error).",
            table: table, size: (560, 520), commands: commands(error))
    }

    private func commands(_ error: String) -> String {
        """
        set size ratio 1
        set xlabel \(words.axes.x)
        set ylabel \(words.axes.y)
        set xrange [0:1]
        set yrange [0:1]
        set key bottom right
        plot x with lines ls 4 title "calibrated", \\
          "reliability.csv" using "mean_probability":\(words.shareReference):"lower":"upper" with yerrorbars \
        ls 1 lw 1.25 notitle, \\
          "" using "mean_probability":\(words.shareReference) with linespoints ls 1 \
        title "network, calibration error \(error)"

        """
    }
}
