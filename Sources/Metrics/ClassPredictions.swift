import CKernels

/// What a model says about labelled samples of more than two classes: for each sample a probability of each class.
///
/// Samples stand in the order of their index, whatever the order in which they were given: so do all sums over them.
public struct ClassPredictions: Hashable, Sendable {
    /// How many classes there are.
    public let classes: Int
    /// Of each sample, its place among the stamps of all files; rising.
    public let indices: [Int]
    /// The true class of each sample.
    public let trueClasses: [Int]
    /// (samples, classes), row by row.
    public let probabilities: [Float]
    /// Each sample's own loss, before any mean.
    public let losses: [Float]
    /// The class of the largest probability of each sample, the first of equals: `numpy.argmax` of a row.
    public let predictedClasses: [Int]

    /// - Parameters:
    ///   - probabilities: (samples, classes), row by row.
    ///   - losses: one for each sample; nil where only the probabilities are known, such as the means over several
    ///     models: −ln p of the true class.
    public init(
        classes: Int, indices: [Int], trueClasses: [Int], probabilities: [Float], losses: [Float]? = nil
    ) {
        precondition(classes > 1 && trueClasses.allSatisfy((0..<classes).contains), "labels of other classes")
        precondition(indices.count == trueClasses.count && probabilities.count == indices.count * classes)
        precondition(losses.map { $0.count == indices.count } ?? true, "losses of other samples")
        let isOrdered = zip(indices, indices.dropFirst()).allSatisfy { $0 < $1 }
        let order = isOrdered ? Array(indices.indices) : indices.indices.sorted { indices[$0] < indices[$1] }
        self.classes = classes
        self.indices = order.map { indices[$0] }
        self.trueClasses = order.map { trueClasses[$0] }
        self.probabilities =
            isOrdered ? probabilities : order.flatMap { probabilities[$0 * classes..<($0 + 1) * classes] }
        self.losses = order.map { place in
            // The least certainty that single precision distinguishes from none, as log 0 is infinite.
            losses?[place]
                ?? Float(-portable_log(max(Double(probabilities[place * classes + trueClasses[place]]), 0x1p-149)))
        }
        predictedClasses = order.map { place in
            Self.largest(probabilities[place * classes..<(place + 1) * classes])
        }
    }

    /// The class of the largest of a row of probabilities, the first of equals; 0 where none is a number.
    public static func largest(_ row: ArraySlice<Float>) -> Int {
        var best = row.startIndex
        for place in row.indices where row[place] > row[best] || row[best].isNaN && !row[place].isNaN { best = place }
        return best - row.startIndex
    }

    /// How many samples there are.
    public var count: Int { indices.count }

    /// The probability of a class that a sample was given.
    public func probability(of label: Int, _ sample: Int) -> Float { probabilities[sample * classes + label] }

    /// The probability of the class that is predicted for a sample.
    public func topProbability(_ sample: Int) -> Float { probability(of: predictedClasses[sample], sample) }

    /// Whether the class that is predicted for a sample is its own.
    public func isCorrect(_ sample: Int) -> Bool { predictedClasses[sample] == trueClasses[sample] }

    /// One class against the rest: a sample of it is the positive one, its probability the score.
    public func oneVersusRest(_ label: Int) -> [ScoredSample] {
        indices.indices.map {
            ScoredSample(
                index: indices[$0], trueClass: trueClasses[$0] == label ? 1 : 0, score: probability(of: label, $0))
        }
    }

    /// The predicted class and nothing else: whether it is the true one, with its probability.
    public var ofTopClass: [ScoredSample] {
        indices.indices.map {
            ScoredSample(index: indices[$0], trueClass: isCorrect($0) ? 1 : 0, score: topProbability($0))
        }
    }

    /// The places of the samples of each class.
    public var places: [[Int]] {
        var places = [[Int]](repeating: [], count: classes)
        for (place, label) in trueClasses.enumerated() { places[label].append(place) }
        return places
    }

    /// The places of samples with a probability that is not a number.
    public var unusable: [Int] {
        indices.indices.filter { probabilities[$0 * classes..<($0 + 1) * classes].contains(where: \.isNaN) }
    }

    /// The samples all of whose probabilities are numbers.
    public var usable: ClassPredictions {
        let left = Set(unusable)
        return left.isEmpty ? self : choosing(indices.indices.filter { !left.contains($0) })
    }

    private func choosing(_ places: [Int]) -> ClassPredictions {
        ClassPredictions(
            classes: classes, indices: places.map { indices[$0] }, trueClasses: places.map { trueClasses[$0] },
            probabilities: places.flatMap { probabilities[$0 * classes..<($0 + 1) * classes] },
            losses: places.map { losses[$0] })
    }

    /// The mean over the classes of the area under the ROC curve of each against the rest; nil where one is undefined.
    ///
    /// Equals `sklearn.metrics.roc_auc_score(…, multi_class="ovr", average="macro")`.
    public var macroROCArea: Double? { Self.mean((0..<classes).map { ROCCurve.area(oneVersusRest($0)) }) }

    /// The mean over the classes of the average precision of each against the rest; nil where one is undefined.
    ///
    /// Equals `sklearn.metrics.average_precision_score` of the classes as an indicator matrix, `average="macro"`.
    public var macroAveragePrecision: Double? { Self.mean((0..<classes).map { averagePrecision(of: $0) }) }

    /// The average precision of a class against the rest; nil without samples of it, and where a probability is no
    /// number.
    func averagePrecision(of label: Int) -> Double? {
        let samples = oneVersusRest(label)
        return samples.contains(where: \.score.isNaN) ? nil : ThresholdSweep(samples).averagePrecision
    }

    /// The mean of numbers all of which are there.
    static func mean(_ values: [Double?]) -> Double? {
        let known = values.compactMap(\.self)
        return known.count == values.count && !known.isEmpty ? known.reduce(0, +) / Double(known.count) : nil
    }
}
