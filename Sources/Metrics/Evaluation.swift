import Files

/// What labelled stamps reveal about a classifier: the metrics of `metrics.json`, and estimates with bootstrap
/// intervals.
public struct Evaluation: Sendable {
    /// As `train` writes them.
    public let metrics: ClassificationMetrics
    /// The probability above which a stamp counted as a source.
    public let threshold: Float
    /// The number of replicates behind the 95 % intervals; with 0 replicates intervals have no width.
    public let replicates: Int
    public let completeness: Estimate?
    public let purity: Estimate?
    public let f1: Estimate?
    public let rocArea: Estimate?
    public let calibrationError: Estimate?
    public let matthewsCorrelation: Estimate?
    /// The rates of the metrics' ``ClassificationMetrics/operatingPoints``, in their order; empty when a class is
    /// missing.
    public let operatingRates: [Estimate]
    /// From faint to bright, where the sources' signal-to-noise ratios are known.
    public let bySignalToNoise: [SignalToNoiseBin]
    /// Completeness against other numbers of the sources.
    public let byColumn: [ColumnBins]
    /// The ROC area of the matched filter on the same stamps; nil unless requested.
    public let matchedFilter: Estimate?

    /// Sources of similar signal-to-noise ratio, against all noise.
    public struct SignalToNoiseBin: Encodable, Sendable {
        /// The lower bound, inclusive.
        public let lower: Double
        /// The upper bound, exclusive; nil for the brightest.
        public let upper: Double?
        public let sources: Int
        public let completeness: Estimate?
        public let rocArea: Estimate?

        enum CodingKeys: String, CodingKey {
            case lower, upper, sources, completeness
            case rocArea = "roc_auc"
        }
    }

    /// Sources of similar values in a column, against all noise.
    public struct ColumnBins: Encodable, Sendable {
        /// The column's name.
        public let column: String
        /// From small to large.
        public let bins: [Bin]

        public struct Bin: Encodable, Sendable {
            /// The least value in the bin.
            public let lower: Double
            /// The largest one.
            public let upper: Double
            public let sources: Int
            public let completeness: Estimate?
            public let rocArea: Estimate?

            enum CodingKeys: String, CodingKey {
                case lower, upper, sources, completeness
                case rocArea = "roc_auc"
            }
        }
    }

    /// Where one bin of signal-to-noise ratios ends and the next begins.
    public static let signalToNoiseEdges = [3.0, 5, 7, 10, 15, 20, 30, 50, 100]

    /// - Parameters:
    ///   - predictions: at least one; none with a probability that is NaN.
    ///   - classNames: of class 0 and class 1.
    ///   - signalToNoise: of each stamp, by its index; nil if unknown. Those of the sources matter.
    ///   - columns: other numbers of the stamps, of which those of the sources matter.
    ///   - matchedFilter: the filter's scores of the same samples; nil for none.
    public init(
        _ predictions: [SamplePrediction], classNames: [String] = ClassificationMetrics.noiseAndSource,
        threshold: Float, signalToNoise: [Double]? = nil,
        columns: [StampNumbers] = [], matchedFilter: [ScoredSample]? = nil,
        replicates: Int = 1000, seed: UInt64 = 0
    ) {
        let samples = predictions.map(ScoredSample.init)
        metrics = ClassificationMetrics(predictions, classNames: classNames)
        self.threshold = threshold
        self.replicates = replicates
        let bootstrap = BootstrapSample(samples, threshold: threshold)
        let value = bootstrap.statistics, drawn = bootstrap.replicates(replicates, seed: seed)
        completeness = Estimate(value.completeness, drawn, \.completeness)
        purity = Estimate(value.purity, drawn, \.purity)
        f1 = Estimate(value.f1, drawn, \.f1)
        rocArea = Estimate(value.rocArea, drawn, \.rocArea)
        calibrationError = Estimate(value.calibrationError, drawn, \.calibrationError)
        matthewsCorrelation = Estimate(value.matthewsCorrelation, drawn, \.matthewsCorrelation)
        operatingRates = metrics.operatingPoints.indices.compactMap { place in
            Estimate(value.operatingRates?[place], drawn) { $0.operatingRates?[place] }
        }
        let sampling = Sampling(threshold: threshold, replicates: replicates, seed: seed)
        bySignalToNoise =
            signalToNoise.map { ratios in Self.bins(samples, { ratios[$0.index] }, sampling) } ?? []
        byColumn = columns.map { Self.bins(samples, $0, sampling) }
        self.matchedFilter = matchedFilter.flatMap { scores in
            let filter = BootstrapSample(scores, threshold: .infinity)
            return Estimate(
                filter.statistics.rocArea, filter.replicates(replicates, seed: seed), \.rocArea)
        }
    }

    /// How a bin is estimated.
    private struct Sampling {
        let threshold: Float
        let replicates: Int
        let seed: UInt64

        /// Completeness and ROC area of some samples.
        func estimates(_ samples: [ScoredSample]) -> (completeness: Estimate?, rocArea: Estimate?) {
            let bootstrap = BootstrapSample(samples, threshold: threshold)
            let value = bootstrap.statistics, drawn = bootstrap.replicates(replicates, seed: seed)
            return (
                Estimate(value.completeness, drawn, \.completeness),
                Estimate(value.rocArea, drawn, \.rocArea)
            )
        }
    }

    private static func bins(
        _ samples: [ScoredSample], _ ratio: (ScoredSample) -> Double, _ sampling: Sampling
    ) -> [SignalToNoiseBin] {
        let noise = samples.filter { !$0.isSource }
        var sources = [[ScoredSample]](repeating: [], count: signalToNoiseEdges.count + 1)
        for sample in samples where sample.isSource && !ratio(sample).isNaN {
            sources[signalToNoiseEdges.count { $0 <= ratio(sample) }].append(sample)
        }
        return sources.enumerated().filter { !$0.element.isEmpty }.map { number, sources in
            let estimates = sampling.estimates(noise + sources)
            return SignalToNoiseBin(
                lower: number == 0 ? 0 : signalToNoiseEdges[number - 1],
                upper: number < signalToNoiseEdges.count ? signalToNoiseEdges[number] : nil, sources: sources.count,
                completeness: estimates.completeness, rocArea: estimates.rocArea)
        }
    }

    private static func bins(
        _ samples: [ScoredSample], _ column: StampNumbers, _ sampling: Sampling
    ) -> ColumnBins {
        let noise = samples.filter { !$0.isSource }, sources = samples.filter(\.isSource)
        let bins = column.bins(of: sources.map(\.index)).map { bin in
            let estimates = sampling.estimates(noise + bin.places.map { sources[$0] })
            return ColumnBins.Bin(
                lower: bin.lower, upper: bin.upper, sources: bin.places.count,
                completeness: estimates.completeness, rocArea: estimates.rocArea)
        }
        return ColumnBins(column: column.name, bins: bins)
    }
}

// MARK: Texts

extension Evaluation {
    /// The metrics' table, and below it the estimates.
    public var table: String {
        var lines = ["threshold   \(FormattedNumber.padded(FormattedNumber.fixed(Double(threshold), 4), to: -8))"]
        for (name, estimate) in [
            ("completeness", completeness), ("purity", purity), ("F1", f1), ("ROC AUC", rocArea),
            ("calib. error", calibrationError), ("matched filter ROC AUC", matchedFilter),
            ("Matthews correlation", matthewsCorrelation),
        ] {
            lines += Estimate.line(name, estimate)
        }
        for (point, rate) in zip(metrics.operatingPoints, operatingRates) {
            lines.append("\(point.limit.title)  \(rate.description), above \(point.threshold)")
        }
        if !bySignalToNoise.isEmpty {
            lines += ["", row("S/N", words.heading, "completeness", "ROC AUC")]
            for bin in bySignalToNoise {
                let upper = bin.upper.map { "–\(Int($0))" } ?? " and more"
                lines.append(
                    row(
                        "\(Int(bin.lower))\(upper)", "\(bin.sources)", bin.completeness?.description ?? "-",
                        bin.rocArea?.description ?? "-"))
            }
        }
        for column in byColumn { lines += [""] + rows(column) }
        return metrics.table + "\n" + lines.joined(separator: "\n") + "\n"
    }

    private var words: TwoClassWords { TwoClassWords(metrics.classNames) }

    private func rows(_ column: ColumnBins) -> [String] {
        let ranges = column.bins.map { StampNumbers.range($0.lower, $0.upper) }
        // Names and ranges of any length, with two blanks behind the longest.
        let width = ([column.column] + ranges).map(\.count).max()! + 2
        return [row(FormattedNumber.padded(column.column, to: width), words.heading, "completeness", "ROC AUC")]
            + zip(ranges, column.bins).map { range, bin in
                row(
                    FormattedNumber.padded(range, to: width), "\(bin.sources)", bin.completeness?.description ?? "-",
                    bin.rocArea?.description ?? "-")
            }
    }

    private func row(_ ratio: String, _ sources: String, _ completeness: String, _ area: String) -> String {
        FormattedNumber.padded(ratio, to: 13)
            + FormattedNumber.padded(sources, to: -max(8, words.heading.count + 1)) + "   "
            + FormattedNumber.padded(completeness, to: 25) + area
    }
}

extension Evaluation: Encodable {
    private enum CodingKeys: String, CodingKey {
        case completeness, purity, f1, threshold, estimates
        case rocArea = "roc_auc"
        case calibrationError = "expected_calibration_error"
        case matthewsCorrelation = "matthews_correlation"
        case bySignalToNoise = "by_signal_to_noise"
        case byColumn = "by_column"
        case matchedFilter = "matched_filter_roc_auc"
        case operatingThresholds = "operating_thresholds"
        case replicates = "bootstrap_replicates"
    }

    /// The keys of `metrics.json`, and those of the estimates.
    public func encode(to encoder: any Encoder) throws {
        try metrics.encode(to: encoder)
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(metrics.confusionMatrix.matthewsCorrelation, forKey: .matthewsCorrelation)
        var pointRates = encoder.container(keyedBy: NamedKey.self)
        var thresholds = container.nestedContainer(keyedBy: NamedKey.self, forKey: .operatingThresholds)
        for limit in OperatingLimit.all {
            let point = metrics.operatingPoints.first { $0.limit == limit }
            try pointRates.encode(point?.rate, forKey: NamedKey(limit.key))
            try thresholds.encode(point?.threshold, forKey: NamedKey(limit.key))
        }
        try container.encode(threshold, forKey: .threshold)
        try container.encode(replicates, forKey: .replicates)
        var estimates = container.nestedContainer(keyedBy: CodingKeys.self, forKey: .estimates)
        try estimates.encode(completeness, forKey: .completeness)
        try estimates.encode(purity, forKey: .purity)
        try estimates.encode(f1, forKey: .f1)
        try estimates.encode(rocArea, forKey: .rocArea)
        try estimates.encode(calibrationError, forKey: .calibrationError)
        try estimates.encodeIfPresent(matchedFilter, forKey: .matchedFilter)
        try estimates.encode(matthewsCorrelation, forKey: .matthewsCorrelation)
        var rates = container.nestedContainer(keyedBy: NamedKey.self, forKey: .estimates)
        for (point, rate) in zip(metrics.operatingPoints, operatingRates) {
            try rates.encode(rate, forKey: NamedKey(point.limit.key))
        }
        if !bySignalToNoise.isEmpty { try container.encode(bySignalToNoise, forKey: .bySignalToNoise) }
        if !byColumn.isEmpty { try container.encode(byColumn, forKey: .byColumn) }
    }
}
