import RunRecords

/// Whether a probability means what it says: of the stamps that get 0.8, four in five should be sources.
public struct ReliabilityFigure: Sendable {
    /// Samples of similar probability: in (`lower`, `upper`], the first bin with 0.
    public struct Bin: Hashable, Sendable {
        public let lower: Double
        public let upper: Double
        public let samples: Int
        public let sources: Int
        /// NaN in an empty bin.
        public let meanProbability: Double
        /// NaN in an empty bin.
        public var shareOfSources: Double { Double(sources) / Double(samples) }
    }

    /// Bins of equal width; those with samples equal `sklearn.calibration.calibration_curve`.
    public static func bins(_ samples: [ScoredSample], count: Int = 10) -> [Bin] {
        var totals = [(samples: Int, sources: Int, probability: Double)](repeating: (0, 0, 0), count: count)
        let edges = (0...count).map { Double($0) / Double(count) }
        for sample in samples {
            let probability = Double(sample.score)
            let bin = min((edges.dropFirst().firstIndex { probability <= $0 } ?? count) - 1, count - 1)
            totals[bin].samples += 1
            totals[bin].sources += sample.isSource ? 1 : 0
            totals[bin].probability += probability
        }
        return totals.enumerated().map { bin, total in
            Bin(
                lower: edges[bin], upper: edges[bin + 1], samples: total.samples, sources: total.sources,
                meanProbability: total.probability / Double(total.samples))
        }
    }

    /// Σ nₖ/n |share of sources − mean probability| over the bins: the expected calibration error.
    ///
    /// Source: M. P. Naeini, G. F. Cooper, M. Hauskrecht, AAAI 2015.
    public static func expectedCalibrationError(_ bins: [Bin]) -> Double {
        let all = bins.reduce(0) { $0 + $1.samples }
        return bins.filter { $0.samples > 0 }.reduce(0) {
            $0 + Double($1.samples) / Double(all) * abs($1.shareOfSources - $1.meanProbability)
        }
    }

    private let samples: [ScoredSample]

    /// - Parameter samples: with probabilities, at least one.
    public init(_ samples: [ScoredSample]) {
        precondition(!samples.isEmpty, "the reliability of no samples")
        self.samples = samples
    }

    /// The figure.
    public var plot: Plot {
        let bins = Self.bins(samples)
        var table = Table(
            "bin_lower", "bin_upper", "samples", "sources", "mean_probability", "share_of_sources", "lower", "upper")
        for bin in bins {
            let interval = bin.samples > 0 ? WilsonInterval(successes: bin.sources, trials: bin.samples) : nil
            table.append(
                bin.lower, bin.upper, bin.samples, bin.sources, bin.meanProbability, bin.shareOfSources,
                interval?.lower ?? .nan, interval?.upper ?? .nan)
        }
        let error = FormattedNumber.fixed(Self.expectedCalibrationError(bins), 4)
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
