import Metrics

/// How many samples of each class lie above a threshold.
public struct PredictionCounts: Hashable, Sendable {
    /// `counts[trueClass][predictedClass]`: [[tn, fp], [fn, tp]].
    public private(set) var counts = [[0, 0], [0, 0]]

    /// Counts samples with a score above the threshold as sources; one that is not a number is not above it.
    public init(_ samples: [ScoredSample], threshold: Float) {
        for sample in samples {
            counts[sample.trueClass][ThresholdRule.predictedClass(sample.score, above: threshold)] += 1
        }
    }

    /// How many samples there are of a class.
    public func samples(of trueClass: Int) -> Int { counts[trueClass][0] + counts[trueClass][1] }

    /// Noise that is taken for sources.
    public var falsePositives: Int { counts[0][1] }
    /// ``ConfusionMatrix/matthewsCorrelation`` of these.
    public var matthewsCorrelation: Double { ConfusionMatrix(counts: counts)!.matthewsCorrelation }
    /// fp / (fp + tn); NaN without noise.
    public var falsePositiveRate: Double { Double(counts[0][1]) / Double(samples(of: 0)) }
    /// tp / (tp + fn), also recall and true-positive rate; NaN without sources.
    public var completeness: Double { Double(counts[1][1]) / Double(samples(of: 1)) }
    /// fn / (tp + fn); NaN without sources.
    public var missedDetectionRate: Double { Double(counts[1][0]) / Double(samples(of: 1)) }
    /// tp / (tp + fp), also precision; NaN when nothing is taken for a source.
    public var purity: Double { Double(counts[1][1]) / Double(counts[0][1] + counts[1][1]) }
}
