/// How good a classifier of several classes is on labelled samples; nil where undefined.
struct ClassStatistics {
    /// One class against the rest.
    struct OneClass {
        let precision: Double
        let recall: Double
        let f1: Double
        let rocArea: Double?
        let averagePrecision: Double?
    }

    let accuracy: Double?
    let macroF1: Double?
    let matthewsCorrelation: Double
    /// ``ReliabilityBin/expectedCalibrationError(_:)`` of the predicted class over ten bins.
    let calibrationError: Double?
    let classes: [OneClass]

    var rocArea: Double? { ClassPredictions.mean(classes.map(\.rocArea)) }
    var averagePrecision: Double? { ClassPredictions.mean(classes.map(\.averagePrecision)) }
}

/// Predictions of several classes, to be resampled: what ``BootstrapSample`` is for two.
struct ClassBootstrap {
    private static let bins = 10

    private let predictions: ClassPredictions
    /// For each class, the samples from the highest probability of it to the lowest.
    private let ranked: [[Int]]
    /// The bin of each sample's predicted class.
    private let bin: [Int]
    let resampling: Resampling

    /// - Parameter predictions: none with a probability that is NaN.
    init(_ predictions: ClassPredictions) {
        self.predictions = predictions
        ranked = (0..<predictions.classes).map { label in
            (0..<predictions.count).sorted {
                let (first, second) = (predictions.probability(of: label, $0), predictions.probability(of: label, $1))
                return first == second ? $0 < $1 : first > second
            }
        }
        let edges = ReliabilityBin.edges(Self.bins)
        bin = (0..<predictions.count).map { ReliabilityBin.index(of: Double(predictions.topProbability($0)), edges) }
        resampling = Resampling(places: predictions.places)
    }

    /// The statistics of the sample itself.
    var statistics: ClassStatistics { statistics([UInt32](repeating: 1, count: predictions.count)) }

    /// The statistics of the samples, each counted as often as `counts` says.
    func statistics(_ counts: [UInt32]) -> ClassStatistics {
        var totals = ClassCounts(classes: predictions.classes)
        // Of each bin, correct ones less the probabilities that say so.
        var excess = [Double](repeating: 0, count: Self.bins)
        for sample in 0..<predictions.count {
            let count = Double(counts[sample])
            totals.samples[predictions.trueClasses[sample]] += count
            totals.predictions[predictions.predictedClasses[sample]] += count
            let isCorrect = predictions.isCorrect(sample)
            if isCorrect { totals.correct[predictions.trueClasses[sample]] += count }
            excess[bin[sample]] += count * ((isCorrect ? 1 : 0) - Double(predictions.topProbability(sample)))
        }
        let all = totals.samples.reduce(0, +)
        let classes = (0..<predictions.classes).map { label in
            let areas = areas(of: label, counts, samples: totals.samples[label], others: all - totals.samples[label])
            return ClassStatistics.OneClass(
                precision: totals.precision(label), recall: totals.recall(label), f1: totals.f1(label),
                rocArea: areas.roc, averagePrecision: areas.precision)
        }
        return ClassStatistics(
            accuracy: totals.accuracy, macroF1: totals.macroF1, matthewsCorrelation: totals.matthewsCorrelation,
            calibrationError: all > 0 ? excess.reduce(0) { $0 + abs($1) } / all : nil, classes: classes)
    }

    /// The areas under the ROC curve of a class against the rest, and under its steps of precision against recall.
    private func areas(
        of label: Int, _ counts: [UInt32], samples: Double, others: Double
    ) -> (roc: Double?, precision: Double?) {
        let ranked = ranked[label]
        var (found, mistaken, area, precision) = (0.0, 0.0, 0.0, 0.0)
        var start = 0
        while start < ranked.count {
            // Samples of equal probability count one half against each other.
            let probability = predictions.probability(of: label, ranked[start])
            var (own, other, end) = (0.0, 0.0, start)
            while end < ranked.count, predictions.probability(of: label, ranked[end]) == probability {
                let count = Double(counts[ranked[end]])
                if predictions.trueClasses[ranked[end]] == label { own += count } else { other += count }
                end += 1
            }
            area += other * (found + own / 2)
            found += own
            mistaken += other
            if own > 0 { precision += own * (found / (found + mistaken)) }
            start = end
        }
        return (samples * others > 0 ? area / (samples * others) : nil, samples > 0 ? precision / samples : nil)
    }

    /// The statistics of `count` replicates.
    func replicates(_ count: Int, seed: UInt64) -> [ClassStatistics] {
        resampling.replicates(count, seed: seed) { statistics($0) }
    }
}
