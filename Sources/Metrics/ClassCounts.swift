/// What a confusion matrix says of each class, and of all of them: the sums of its rows and columns, and its diagonal.
struct ClassCounts {
    /// Samples of each class.
    var samples: [Double]
    /// Samples that are given each class.
    var predictions: [Double]
    /// Samples of each class that are given it.
    var correct: [Double]

    init(classes: Int) {
        samples = Array(repeating: 0, count: classes)
        (predictions, correct) = (samples, samples)
    }

    init(_ matrix: ConfusionMatrix) {
        samples = (0..<matrix.classes).map { Double(matrix.samples(of: $0)) }
        predictions = (0..<matrix.classes).map { Double(matrix.predictions(of: $0)) }
        correct = (0..<matrix.classes).map { Double(matrix.counts[$0][$0]) }
    }

    /// Of a class; 0 where no sample is given it. Equals `sklearn.metrics.precision_score` with `zero_division=0`.
    func precision(_ label: Int) -> Double { Self.share(correct[label], predictions[label]) }

    /// Of a class; 0 without samples of it.
    func recall(_ label: Int) -> Double { Self.share(correct[label], samples[label]) }

    /// The harmonic mean of precision and recall, 2·tp / (2·tp + fp + fn); 0 where neither is defined.
    func f1(_ label: Int) -> Double { Self.share(2 * correct[label], samples[label] + predictions[label]) }

    /// The mean of F1 over the classes that any sample has or is given; nil without samples.
    ///
    /// Equals `sklearn.metrics.f1_score` with `average="macro"` and `zero_division=0`.
    var macroF1: Double? {
        let present = samples.indices.filter { samples[$0] > 0 || predictions[$0] > 0 }
        return present.isEmpty ? nil : present.reduce(0) { $0 + f1($1) } / Double(present.count)
    }

    /// The share of the samples that are given their class.
    var accuracy: Double? {
        let all = samples.reduce(0, +)
        return all > 0 ? correct.reduce(0, +) / all : nil
    }

    /// (c·s − Σ tₖpₖ) / √((s² − Σ pₖ²)(s² − Σ tₖ²)) with c correct ones of s samples, tₖ of each class and pₖ that are
    /// given it: 1 for no mistake, and 0 when all samples are of one class or given one.
    ///
    /// Equals `sklearn.metrics.matthews_corrcoef`. Source: J. Gorodkin, Computational Biology and Chemistry 28, 367
    /// (2004).
    var matthewsCorrelation: Double {
        let all = samples.reduce(0, +)
        let product =
            (all * all - predictions.reduce(0) { $0 + $1 * $1 }) * (all * all - samples.reduce(0) { $0 + $1 * $1 })
        let covariance = correct.reduce(0, +) * all - zip(samples, predictions).reduce(0) { $0 + $1.0 * $1.1 }
        return product > 0 ? covariance / product.squareRoot() : 0
    }

    private static func share(_ part: Double, _ whole: Double) -> Double { whole > 0 ? part / whole : 0 }
}
