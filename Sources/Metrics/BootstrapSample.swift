/// How good a classifier is on labelled samples; nil where undefined.
struct ClassifierStatistics {
    /// The share of the sources above the threshold, also called recall.
    var completeness: Double?
    /// The share of sources among the samples above the threshold, also called precision.
    var purity: Double?
    /// The harmonic mean of completeness and purity.
    var f1: Double?
    /// The area under the ROC curve.
    var rocArea: Double?
    /// ``ReliabilityBin/expectedCalibrationError(_:)`` over ten bins.
    var calibrationError: Double?
    /// ``ConfusionMatrix/matthewsCorrelation(trueNegatives:falsePositives:falseNegatives:truePositives:)``.
    var matthewsCorrelation: Double?
    /// The rates of ``ThresholdSweep/operatingPoints``; nil when a class is missing.
    var operatingRates: [Double]?
}

/// The rates of the operating points, while the threshold falls.
private struct OperatingRates {
    private let noise: Int
    private let sources: Int
    /// The most mistakes of each limited kind.
    private let most: [(mistake: OperatingLimit.Mistake, count: Double)]
    /// Mistakes of the other kind; of missed detections nil until the limit is kept.
    private var counts: [Double?]

    /// - Parameters: how many of each class there are.
    init(noise: Int, sources: Int) {
        (self.noise, self.sources) = (noise, sources)
        most = OperatingLimit.all.map {
            ($0.limited, Double($0.most(of: $0.limited == .falsePositive ? noise : sources)))
        }
        // With nothing above the threshold all sources are missed.
        counts = most.map { $0.mistake == .falsePositive ? Double(sources) : nil }
    }

    /// At the next threshold so many of each class count as sources.
    mutating func lower(falsePositives: Double, truePositives: Double) {
        let missed = Double(sources) - truePositives
        for index in most.indices {
            switch most[index].mistake {
            case .falsePositive: if falsePositives <= most[index].count { counts[index] = missed }
            case .missedDetection:
                if counts[index] == nil, missed <= most[index].count { counts[index] = falsePositives }
            }
        }
    }

    /// After the last threshold; nil when a class is missing.
    var rates: [Double]? {
        guard noise > 0, sources > 0 else { return nil }
        return zip(most, counts).map { $1! / Double($0.mistake == .falsePositive ? sources : noise) }
    }
}

/// Labelled samples, to be resampled: the bootstrap.
///
/// Statistics are computed from how often each sample was drawn (``Resampling``), in one pass.
struct BootstrapSample {
    private static let bins = 10

    /// In order of falling score.
    private let scores: [Double]
    private let isSource: [Bool]
    /// The number of samples above the threshold: they come first.
    private let above: Int
    private let bin: [Int]
    private let resampling: Resampling

    /// - Parameter samples: none with a score that is NaN.
    init(_ samples: [ScoredSample], threshold: Float) {
        let ranked = samples.sorted { ($0.score, $1.index) > ($1.score, $0.index) }
        scores = ranked.map { Double($0.score) }
        isSource = ranked.map(\.isSource)
        above = ranked.count { ThresholdRule.isSource($0.score, above: threshold) }
        let edges = ReliabilityBin.edges(Self.bins)
        bin = ranked.map { ReliabilityBin.index(of: Double($0.score), edges) }
        resampling = Resampling(
            places: [false, true].map { isSource in ranked.indices.filter { ranked[$0].isSource == isSource } })
    }

    /// The statistics of the sample itself.
    var statistics: ClassifierStatistics { statistics([UInt32](repeating: 1, count: scores.count)) }

    /// The statistics of the samples, each counted as often as `counts` says.
    func statistics(_ counts: [UInt32]) -> ClassifierStatistics {
        var total = (noise: 0.0, sources: 0.0)
        var chosen = total, area = 0.0
        var sums = [(samples: Double, sources: Double, scores: Double)](repeating: (0, 0, 0), count: Self.bins)
        // A replicate has as many of each class as the sample.
        var operating = OperatingRates(noise: resampling.places[0].count, sources: resampling.places[1].count)
        var start = 0
        while start < scores.count {
            // Samples of equal score count one half against each other.
            var group = (noise: 0.0, sources: 0.0), end = start
            while end < scores.count, scores[end] == scores[start] {
                let count = Double(counts[end])
                if isSource[end] { group.sources += count } else { group.noise += count }
                sums[bin[end]].samples += count
                sums[bin[end]].sources += isSource[end] ? count : 0
                sums[bin[end]].scores += count * scores[end]
                end += 1
            }
            area += group.noise * (total.sources + group.sources / 2)
            total.noise += group.noise
            total.sources += group.sources
            operating.lower(falsePositives: total.noise, truePositives: total.sources)
            if end <= above { chosen = total }
            start = end
        }
        let all = total.noise + total.sources
        func ratio(_ part: Double, _ whole: Double) -> Double? { whole > 0 ? part / whole : nil }
        return ClassifierStatistics(
            completeness: ratio(chosen.sources, total.sources),
            purity: ratio(chosen.sources, chosen.sources + chosen.noise),
            f1: ratio(2 * chosen.sources, chosen.sources + chosen.noise + total.sources),
            rocArea: ratio(area, total.noise * total.sources),
            calibrationError: ratio(sums.reduce(0) { $0 + abs($1.sources - $1.scores) }, all),
            matthewsCorrelation: ConfusionMatrix.matthewsCorrelation(
                trueNegatives: total.noise - chosen.noise, falsePositives: chosen.noise,
                falseNegatives: total.sources - chosen.sources, truePositives: chosen.sources),
            operatingRates: operating.rates)
    }

    /// The statistics of `count` replicates.
    func replicates(_ count: Int, seed: UInt64) -> [ClassifierStatistics] {
        resampling.replicates(count, seed: seed) { statistics($0) }
    }
}
