/// How many samples of each true class were given each predicted class; of two, class 1 (source) is "positive".
///
/// Equals `sklearn.metrics.confusion_matrix` with the labels 0, 1, ….
public struct ConfusionMatrix: Hashable, Sendable {
    /// `counts[trueClass][predictedClass]`; of two classes [[tn, fp], [fn, tp]].
    public private(set) var counts: [[Int]]

    /// Counts the samples.
    public init(_ samples: [SamplePrediction]) {
        counts = [[0, 0], [0, 0]]
        for sample in samples { counts[sample.trueClass][sample.predictedClass] += 1 }
    }

    /// Counts the samples.
    public init(_ predictions: ClassPredictions) {
        counts = Array(repeating: Array(repeating: 0, count: predictions.classes), count: predictions.classes)
        for (trueClass, predicted) in zip(predictions.trueClasses, predictions.predictedClasses) {
            counts[trueClass][predicted] += 1
        }
    }

    /// Takes counts as `metrics.json` holds them; nil unless they are a row of counts for each class, whose sum is one
    /// too.
    public init?(counts: [[Int]], classes: Int = 2) {
        let most = Int.max / (classes * classes)
        guard counts.count == classes,
            counts.allSatisfy({ $0.count == classes && $0.allSatisfy((0...most).contains) })
        else { return nil }
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

    /// How many classes there are.
    public var classes: Int { counts.count }
    /// All of them.
    public var samples: Int { counts.reduce(0) { $0 + $1.reduce(0, +) } }
    /// Those whose predicted class is the true one.
    public var correct: Int { counts.indices.reduce(0) { $0 + counts[$1][$1] } }
    /// The share of those.
    public var accuracy: Double { Double(correct) / Double(samples) }
    /// How many samples of a class there are.
    public func samples(of label: Int) -> Int { counts[label].reduce(0, +) }
    /// How many samples are given a class.
    public func predictions(of label: Int) -> Int { counts.reduce(0) { $0 + $1[label] } }

    /// ``ClassCounts/matthewsCorrelation`` of these; of two classes
    /// ``matthewsCorrelation(trueNegatives:falsePositives:falseNegatives:truePositives:)``.
    public var matthewsCorrelation: Double {
        guard classes == 2 else { return ClassCounts(self).matthewsCorrelation }
        return Self.matthewsCorrelation(
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
