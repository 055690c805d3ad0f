/// What a model says about labelled samples of two classes or of more.
public enum LabelledPredictions: Hashable, Sendable {
    case two([SamplePrediction])
    case several(ClassPredictions)

    /// The indices of samples with a probability that is not a number.
    public var unusable: [Int] {
        switch self {
        case .two(let samples): samples.filter(\.probability.isNaN).map(\.index)
        case .several(let predictions): predictions.unusable.map { predictions.indices[$0] }
        }
    }

    /// The samples all of whose probabilities are numbers.
    public var usable: LabelledPredictions {
        switch self {
        case .two(let samples): .two(samples.filter { !$0.probability.isNaN })
        case .several(let predictions): .several(predictions.usable)
        }
    }

    /// How many samples there are.
    public var count: Int {
        switch self {
        case .two(let samples): samples.count
        case .several(let predictions): predictions.count
        }
    }

    /// The metrics of at least one sample.
    ///
    /// - Parameter classNames: in the order of the classes.
    public func metrics(classNames: [String]) -> TestMetrics {
        switch self {
        case .two(let samples): .two(ClassificationMetrics(samples, classNames: classNames))
        case .several(let predictions): .several(ClassMetrics(predictions, classNames: classNames))
        }
    }
}

/// The samples of a test set as its file has them: their true classes, and the probabilities that they were given.
public enum TestSet: Hashable, Sendable {
    /// With the probability of class 1.
    case two([ScoredSample])
    case several(ClassPredictions)

    /// The samples' indices.
    public var indices: [Int] {
        switch self {
        case .two(let samples): samples.map(\.index)
        case .several(let predictions): predictions.indices
        }
    }

    /// The samples' classes.
    public var trueClasses: [Int] {
        switch self {
        case .two(let samples): samples.map(\.trueClass)
        case .several(let predictions): predictions.trueClasses
        }
    }

    /// The samples all of whose probabilities are numbers.
    public var usable: TestSet {
        switch self {
        case .two(let samples): .two(samples.filter { !$0.score.isNaN })
        case .several(let predictions): .several(predictions.usable)
        }
    }

    /// The area under the ROC curve, of more than two classes the mean of each against the rest; nil where undefined.
    public var rocArea: Double? {
        switch self {
        case .two(let samples): ROCCurve.area(samples)
        case .several(let predictions): predictions.macroROCArea
        }
    }

    /// The average precision, likewise.
    public var averagePrecision: Double? {
        switch self {
        case .two(let samples): ThresholdSweep(samples).averagePrecision
        case .several(let predictions): predictions.macroAveragePrecision
        }
    }

    /// The probabilities of each sample: of class 1, or of each class.
    fileprivate var probabilities: [Float] {
        switch self {
        case .two(let samples): samples.map(\.score)
        case .several(let predictions): predictions.probabilities
        }
    }
}

extension LabelledPredictions {
    /// The samples of several test sets that have none in common, each as its own model saw it.
    ///
    /// - Parameter sets: with the probability above which a sample of two classes counts as a source.
    public init(joining sets: [(set: TestSet, threshold: Float)]) {
        var samples: [SamplePrediction] = []
        var several: [ClassPredictions] = []
        for (set, threshold) in sets {
            switch set {
            case .two(let scored):
                samples += scored.map {
                    SamplePrediction(index: $0.index, label: $0.trueClass, probability: $0.score, threshold: threshold)
                }
            case .several(let predictions): several.append(predictions)
            }
        }
        guard let first = several.first else {
            self = .two(samples)
            return
        }
        self = .several(
            ClassPredictions(
                classes: first.classes, indices: several.flatMap(\.indices),
                trueClasses: several.flatMap(\.trueClasses), probabilities: several.flatMap(\.probabilities)))
    }

    /// What several models say together.
    ///
    /// - Parameters:
    ///   - sets: the same samples by each of the models.
    ///   - combination: how their probabilities become one.
    ///   - threshold: of two classes, the probability above which a sample counts as a source.
    public init(_ combination: ProbabilityCombination = .mean, of sets: [TestSet], threshold: Float) {
        let columns = if case .several(let predictions) = sets[0] { predictions.classes } else { 1 }
        let combined = combination.combine(sets.map { $0.probabilities.map(Double.init) }, columns: columns)
        switch sets[0] {
        case .two(let samples):
            self = .two(
                zip(samples, combined).map { sample, probability in
                    SamplePrediction(
                        index: sample.index, label: sample.trueClass, probability: probability, threshold: threshold)
                })
        case .several(let predictions):
            self = .several(
                ClassPredictions(
                    classes: predictions.classes, indices: predictions.indices,
                    trueClasses: predictions.trueClasses, probabilities: combined))
        }
    }
}
