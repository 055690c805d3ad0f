/// How many samples of each true class were given each predicted class; class 1 (source) is "positive".
///
/// Equals `sklearn.metrics.confusion_matrix` with labels 0 and 1.
public struct ConfusionMatrix: Hashable, Sendable {
    /// `counts[trueClass][predictedClass]`: [[tn, fp], [fn, tp]].
    public private(set) var counts = [[0, 0], [0, 0]]

    /// Counts the samples.
    public init(_ samples: [SamplePrediction]) {
        for sample in samples { counts[sample.trueClass][sample.predictedClass] += 1 }
    }

    /// Takes counts as `metrics.json` holds them; nil unless they are two rows of two counts, whose sum is one too.
    public init?(counts: [[Int]]) {
        let most = Int.max / 4
        guard counts.count == 2, counts.allSatisfy({ $0.count == 2 && $0.allSatisfy((0...most).contains) }) else {
            return nil
        }
        self.counts = counts
    }

    /// Noise classified as noise.
    public var trueNegatives: Int { counts[0][0] }
    /// Noise classified as sources.
    public var falsePositives: Int { counts[0][1] }
    /// Sources classified as noise.
    public var falseNegatives: Int { counts[1][0] }
    /// Sources classified as sources.
    public var truePositives: Int { counts[1][1] }

    /// All of them.
    public var samples: Int { trueNegatives + falsePositives + falseNegatives + truePositives }
    /// (tn + tp) / samples.
    public var accuracy: Double { Double(trueNegatives + truePositives) / Double(samples) }
    /// ``matthewsCorrelation(trueNegatives:falsePositives:falseNegatives:truePositives:)`` of these.
    public var matthewsCorrelation: Double {
        Self.matthewsCorrelation(
            trueNegatives: Double(trueNegatives), falsePositives: Double(falsePositives),
            falseNegatives: Double(falseNegatives), truePositives: Double(truePositives))
    }

    /// (tp·tn − fp·fn) / √((tp + fp)(tn + fn)(tp + fn)(tn + fp)): 1 for no mistake, −1 for nothing but mistakes, and 0
    /// when all samples are of one class or given one, where the quotient is not defined.
    ///
    /// Equals `sklearn.metrics.matthews_corrcoef`. Source: B. W. Matthews, Biochimica et Biophysica Acta 405, 442
    /// (1975).
    static func matthewsCorrelation(
        trueNegatives tn: Double, falsePositives fp: Double, falseNegatives fn: Double, truePositives tp: Double
    ) -> Double {
        let product = ((tp + fp) * (tn + fn)) * ((tp + fn) * (tn + fp))
        return product > 0 ? (tp * tn - fp * fn) / product.squareRoot() : 0
    }
}
