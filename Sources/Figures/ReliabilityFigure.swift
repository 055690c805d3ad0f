import Files
import Metrics

/// Whether a probability means what it says: of the stamps that get 0.8, four in five should be sources.
public struct ReliabilityFigure: Sendable {
    private let samples: [ScoredSample]

    /// - Parameter samples: with probabilities, at least one.
    public init(_ samples: [ScoredSample]) {
        precondition(!samples.isEmpty, "the reliability of no samples")
        self.samples = samples
    }

    /// The figure.
    public var plot: Plot {
        let bins = ReliabilityBin.bins(samples)
        var table = Table(
            "bin_lower", "bin_upper", "samples", "sources", "mean_probability", "share_of_sources", "lower", "upper")
        for bin in bins {
            let interval = bin.samples > 0 ? WilsonInterval(successes: bin.sources, trials: bin.samples) : nil
            table.append(
                bin.lower, bin.upper, bin.samples, bin.sources, bin.meanProbability, bin.shareOfSources,
                interval?.lower ?? .nan, interval?.upper ?? .nan)
        }
        let error = FormattedNumber.fixed(ReliabilityBin.expectedCalibrationError(bins), 4)
        return Plot(
            name: "reliability", title: "Reliability of the probabilities",
            description: "The share of sources among \(samples.count) test stamps against the probability that the "
                + "network gave them, in \(bins.count) bins with Wilson intervals of one standard deviation. The expected "
                + "calibration error is \(error).",
            table: table, size: (560, 520), commands: commands(error))
    }

    private func commands(_ error: String) -> String {
        """
        set size ratio 1
        set xlabel "mean probability of a source"
        set ylabel "share of sources"
        set xrange [0:1]
        set yrange [0:1]
        set key bottom right
        plot x with lines ls 4 title "calibrated", \\
          "reliability.csv" using "mean_probability":"share_of_sources":"lower":"upper" with yerrorbars ls 1 lw 1.25 \
        notitle, \\
          "" using "mean_probability":"share_of_sources" with linespoints ls 1 title "network, calibration error \(error)"

        """
    }
}
