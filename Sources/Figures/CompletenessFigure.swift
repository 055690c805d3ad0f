import Metrics

/// The share of sources that are found, against their signal-to-noise ratio or any other number of theirs: of the network
/// at its threshold, and of the matched filter at the threshold with the same false-positive rate.
public struct CompletenessFigure: Sendable {
    /// What completeness is drawn against.
    public struct Quantity: Hashable, Sendable {
        /// What people call it.
        let name: String
        /// The stem of the figure's files, and how its columns' names begin.
        let file: String
        let prefix: String
        let title: String

        /// The signal-to-noise ratio.
        public static let signalToNoise = Quantity(
            name: "signal-to-noise ratio", file: "completeness", prefix: "snr_", title: "Completeness")

        /// A column of a user's.
        ///
        /// - Parameter number: of the figure among those of such columns, from 1.
        public static func column(_ name: String, number: Int) -> Quantity {
            let name = name.printable
            return Quantity(
                name: name, file: "completeness_\(number)", prefix: "", title: "Completeness against \(name)")
        }

        /// The most figures of such columns.
        public static let mostColumns = 20
        /// The stems of all of them.
        public static let fileNames = (1...mostColumns).map { "completeness_\($0)" }

        /// Between gnuplot's single quotes.
        var quoted: String { PlotStyle.quoted(name.count > 40 ? name.prefix(39) + "…" : name) }
    }

    /// A test source: its signal-to-noise ratio, or the other number, and whether it is found.
    public struct Source: Hashable, Sendable {
        public let signalToNoise: Double
        public let isFound: Bool

        public init(signalToNoise: Double, isFound: Bool) {
            self.signalToNoise = signalToNoise
            self.isFound = isFound
        }
    }

    /// Sources of similar signal-to-noise ratio.
    public struct Bin: Hashable, Sendable {
        /// The least, the middle and the largest ratio in the bin.
        public let lowest: Double
        public let median: Double
        public let highest: Double
        public let sources: Int
        public let found: Int

        /// found / sources with its interval of 95 %.
        public var completeness: WilsonInterval { WilsonInterval(successes: found, trials: sources) }
    }

    /// Cuts sources, ordered by signal-to-noise ratio, into bins of equal numbers, to within one as `numpy.array_split`
    /// does: at most 15 bins, with at least five sources each unless there are fewer.
    public static func bins(_ sources: [Source]) -> [Bin] {
        let ordered = sources.sorted { $0.signalToNoise < $1.signalToNoise }
        guard !ordered.isEmpty else { return [] }
        let count = min(15, max(1, ordered.count / 5))
        let (size, larger) = ordered.count.quotientAndRemainder(dividingBy: count)
        var start = 0
        return (0..<count).map { bin in
            let end = start + size + (bin < larger ? 1 : 0)
            defer { start = end }
            let (middle, other) = (start + (end - start) / 2, start + (end - start - 1) / 2)
            return Bin(
                lowest: ordered[start].signalToNoise,
                median: (ordered[middle].signalToNoise + ordered[other].signalToNoise) / 2,
                highest: ordered[end - 1].signalToNoise, sources: end - start,
                found: ordered[start..<end].count { $0.isFound })
        }
    }

    private let network: [ScoredSample]
    private let matchedFilter: [ScoredSample]?
    private let signalToNoise: [Int: Double]
    private let threshold: Float
    private let quantity: Quantity
    private let words: TwoClassWords

    /// - Parameters:
    ///   - network, matchedFilter, threshold, classNames: as those of ``ROCFigure``.
    ///   - signalToNoise: of the sources, by their index, or another quantity; others are left out.
    public init(
        network: [ScoredSample], matchedFilter: [ScoredSample]?, signalToNoise: [Int: Double], threshold: Float,
        quantity: Quantity = .signalToNoise, classNames: [String] = ClassificationMetrics.noiseAndSource
    ) {
        (self.quantity, words) = (quantity, TwoClassWords(classNames))
        self.network = network
        self.matchedFilter = matchedFilter
        self.signalToNoise = signalToNoise
        self.threshold = threshold
    }

    /// The threshold of the matched filter for no more than the network's false-positive rate; nil without noise.
    public static func matchedThreshold(
        network: [ScoredSample], matchedFilter: [ScoredSample], threshold: Float
    ) -> Float? {
        let counts = PredictionCounts(network, threshold: threshold)
        let noise = matchedFilter.count { !$0.isSource }
        guard noise > 0, counts.samples(of: 0) > 0 else { return nil }
        return ThresholdSweep.threshold(
            matchedFilter, falsePositives: counts.falsePositives * noise / counts.samples(of: 0))
    }

    private func sources(_ samples: [ScoredSample], above threshold: Float) -> [Source] {
        samples.compactMap { sample in
            guard sample.isSource, let ratio = signalToNoise[sample.index], ratio.isFinite else { return nil }
            return Source(signalToNoise: ratio, isFound: ThresholdRule.isSource(sample.score, above: threshold))
        }
    }

    /// The figure; nil when no test source has a known signal-to-noise ratio.
    public var plot: Plot? {
        let found = sources(network, above: threshold)
        guard !found.isEmpty else { return nil }
        var table = Table(
            "classifier", "\(quantity.prefix)lowest", "\(quantity.prefix)median", "\(quantity.prefix)highest",
            words.heading, "found", "completeness", "lower", "upper")
        func append(_ bins: [Bin], _ name: String) {
            for bin in bins {
                let interval = bin.completeness
                table.append(
                    name, bin.lowest, bin.median, bin.highest, bin.sources, bin.found, interval.share, interval.lower,
                    interval.upper)
            }
        }
        let bins = Self.bins(found)
        append(bins, "network")
        let share = Double(found.count { $0.isFound }) / Double(found.count)
        var description =
            "Of the \(found.count) test \(words.sources) of known \(quantity.name) the network finds \(percent(share)) at a "
            + "probability above \(short(threshold))"
        if let matchedFilter,
            let level = Self.matchedThreshold(network: network, matchedFilter: matchedFilter, threshold: threshold)
        {
            let filterFound = sources(matchedFilter, above: level)
            append(Self.bins(filterFound), "matched filter")
            let filterShare = Double(filterFound.count { $0.isFound }) / Double(max(filterFound.count, 1))
            let falsePositives = PredictionCounts(network, threshold: threshold).falsePositiveRate
            description +=
                "; the matched filter, at no more than the same false-positive rate of \(percent(falsePositives)), "
                + "\(percent(filterShare))"
            if filterFound.count < found.count { description += " of \(filterFound.count) of them" }
        }
        description += ". Error bars are Wilson intervals of 95 %."
        return Plot(
            name: quantity.file, title: quantity.title, description: description, table: table, size: (640, 480),
            commands: commands(bins, withFilter: table.rows.count > bins.count))
    }

    private func commands(_ bins: [Bin], withFilter: Bool) -> String {
        func curves(_ name: String, _ style: Int) -> String {
            let points =
                "\"\(quantity.file).csv\" using (strcol(\"classifier\") eq \"\(name)\" ? "
                + "column(\"\(quantity.prefix)median\") : NaN):"
            return points
                + "\"completeness\":\"lower\":\"upper\" with yerrorbars ls \(style) dt 1 lw 1.25 notitle, \\\n  "
                + points + "\"completeness\" with linespoints ls \(style) title \"\(name)\""
        }
        let isLogarithmic = bins[0].median > 0 && bins[bins.count - 1].median > 5 * bins[0].median
        let isRatio = quantity == .signalToNoise, short = words.short
        let label = isRatio ? "\"\(quantity.name) of the source\"" : "\(quantity.quoted) noenhanced"
        let scale =
            !isLogarithmic
            ? ""
            : !isRatio
                ? "set logscale x\n"
                : """
                set logscale x
                set xtics (1, 2, 3, 4, 5, 7, 10, 15, 20, 30, 50, 70, 100, 200, 300, 500, 1000, 10000, 100000)
                set xrange [\(bins[0].median / 1.1):\(bins[bins.count - 1].median * 1.1)]

                """
        return scale + """
            set xlabel \(label)
            set ylabel \(short.label("completeness (share of \(short.sources) found)"))
            set yrange [-0.02:1.03]
            set key outside top center horizontal
            plot \(([curves("network", 1)] + (withFilter ? [curves("matched filter", 2)] : [])).joined(separator: ", \\\n  "))

            """
    }
}
