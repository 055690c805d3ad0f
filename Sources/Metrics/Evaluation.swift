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
    /// From faint to bright, where the sources' signal-to-noise ratios are known.
    public let bySignalToNoise: [SignalToNoiseBin]
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

    /// Where one bin of signal-to-noise ratios ends and the next begins.
    public static let signalToNoiseEdges = [3.0, 5, 7, 10, 15, 20, 30, 50, 100]

    /// - Parameters:
    ///   - predictions: at least one; none with a probability that is NaN.
    ///   - signalToNoise: of each source, by its index among the sources; nil if unknown.
    ///   - noiseStamps: the index of the first source.
    ///   - matchedFilter: the filter's scores of the same samples; nil for none.
    public init(
        _ predictions: [SamplePrediction], threshold: Float, signalToNoise: [Double]? = nil, noiseStamps: Int = 0,
        matchedFilter: [ScoredSample]? = nil, replicates: Int = 1000, seed: UInt64 = 0
    ) {
        let samples = predictions.map {
            ScoredSample(index: $0.index, trueClass: $0.trueClass, score: $0.probability)
        }
        metrics = ClassificationMetrics(predictions)
        self.threshold = threshold
        self.replicates = replicates
        let bootstrap = BootstrapSample(samples, threshold: threshold)
        let value = bootstrap.statistics, drawn = bootstrap.replicates(replicates, seed: seed)
        completeness = BootstrapSample.estimate(value.completeness, drawn, \.completeness)
        purity = BootstrapSample.estimate(value.purity, drawn, \.purity)
        f1 = BootstrapSample.estimate(value.f1, drawn, \.f1)
        rocArea = BootstrapSample.estimate(value.rocArea, drawn, \.rocArea)
        calibrationError = BootstrapSample.estimate(value.calibrationError, drawn, \.calibrationError)
        bySignalToNoise =
            signalToNoise.map { ratios in
                Self.bins(samples, { ratios[$0.index - noiseStamps] }, threshold, replicates, seed)
            } ?? []
        self.matchedFilter = matchedFilter.flatMap { scores in
            let filter = BootstrapSample(scores, threshold: .infinity)
            return BootstrapSample.estimate(
                filter.statistics.rocArea, filter.replicates(replicates, seed: seed), \.rocArea)
        }
    }

    private static func bins(
        _ samples: [ScoredSample], _ ratio: (ScoredSample) -> Double, _ threshold: Float, _ replicates: Int,
        _ seed: UInt64
    ) -> [SignalToNoiseBin] {
        let noise = samples.filter { !$0.isSource }
        var sources = [[ScoredSample]](repeating: [], count: signalToNoiseEdges.count + 1)
        for sample in samples where sample.isSource && !ratio(sample).isNaN {
            sources[signalToNoiseEdges.count { $0 <= ratio(sample) }].append(sample)
        }
        return sources.enumerated().filter { !$0.element.isEmpty }.map { number, sources in
            let bootstrap = BootstrapSample(noise + sources, threshold: threshold)
            let value = bootstrap.statistics, drawn = bootstrap.replicates(replicates, seed: seed)
            return SignalToNoiseBin(
                lower: number == 0 ? 0 : signalToNoiseEdges[number - 1],
                upper: number < signalToNoiseEdges.count ? signalToNoiseEdges[number] : nil, sources: sources.count,
                completeness: BootstrapSample.estimate(value.completeness, drawn, \.completeness),
                rocArea: BootstrapSample.estimate(value.rocArea, drawn, \.rocArea))
        }
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
        ] {
            guard let estimate else { continue }
            lines.append("\(FormattedNumber.padded(name, to: 12))  \(estimate.description)")
        }
        if !bySignalToNoise.isEmpty {
            lines += ["", Self.row("S/N", "sources", "completeness", "ROC AUC")]
            for bin in bySignalToNoise {
                let upper = bin.upper.map { "–\(Int($0))" } ?? " and more"
                lines.append(
                    Self.row(
                        "\(Int(bin.lower))\(upper)", "\(bin.sources)", bin.completeness?.description ?? "-",
                        bin.rocArea?.description ?? "-"))
            }
        }
        return metrics.table + "\n" + lines.joined(separator: "\n") + "\n"
    }

    private static func row(_ ratio: String, _ sources: String, _ completeness: String, _ area: String) -> String {
        FormattedNumber.padded(ratio, to: 13) + FormattedNumber.padded(sources, to: -8) + "   "
            + FormattedNumber.padded(completeness, to: 25) + area
    }
}

extension Evaluation: Encodable {
    private enum CodingKeys: String, CodingKey {
        case completeness, purity, f1, threshold, estimates
        case rocArea = "roc_auc"
        case calibrationError = "expected_calibration_error"
        case bySignalToNoise = "by_signal_to_noise"
        case matchedFilter = "matched_filter_roc_auc"
        case replicates = "bootstrap_replicates"
    }

    /// The keys of `metrics.json`, and those of the estimates.
    public func encode(to encoder: any Encoder) throws {
        try metrics.encode(to: encoder)
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(threshold, forKey: .threshold)
        try container.encode(replicates, forKey: .replicates)
        var estimates = container.nestedContainer(keyedBy: CodingKeys.self, forKey: .estimates)
        try estimates.encode(completeness, forKey: .completeness)
        try estimates.encode(purity, forKey: .purity)
        try estimates.encode(f1, forKey: .f1)
        try estimates.encode(rocArea, forKey: .rocArea)
        try estimates.encode(calibrationError, forKey: .calibrationError)
        try estimates.encodeIfPresent(matchedFilter, forKey: .matchedFilter)
        if !bySignalToNoise.isEmpty { try container.encode(bySignalToNoise, forKey: .bySignalToNoise) }
    }
}
