import Faults
import Files

/// How good a model of more than two classes is on labelled samples: `metrics.json`, and what `evaluate` prints.
public struct ClassMetrics: Hashable, Sendable {
    /// One class against the rest.
    public struct OneClass: Hashable, Sendable {
        /// As `sklearn.metrics.precision_recall_fscore_support` with `zero_division=0`.
        public let precision: Double
        public let recall: Double
        public let f1: Double
        /// How many samples of the class there are.
        public let support: Int
        /// The area under the ROC curve; nil when all samples or none are of the class.
        public let rocAUC: Double?
        /// The average precision; nil without samples of the class.
        public let averagePrecision: Double?
    }

    /// In the order of the network's outputs.
    public let classNames: [String]
    /// The mean of the samples' losses, −ln p of the true class: `sklearn.metrics.log_loss`.
    public let loss: Double
    /// How often each true class is given each predicted class.
    public let confusionMatrix: ConfusionMatrix
    /// In the order of the names.
    public let classes: [OneClass]

    /// Computes all metrics. The order of the samples does not matter.
    ///
    /// - Parameters:
    ///   - predictions: of at least one sample.
    ///   - classNames: of all classes.
    public init(_ predictions: ClassPredictions, classNames: [String]) {
        precondition(predictions.count > 0, "metrics of no samples")
        let areas = (0..<predictions.classes).map { label in
            (ROCCurve.area(predictions.oneVersusRest(label)), predictions.averagePrecision(of: label))
        }
        self.init(
            classNames: classNames,
            loss: predictions.losses.reduce(0) { $0 + Double($1) } / Double(predictions.count),
            confusionMatrix: ConfusionMatrix(predictions), areas: areas)
    }

    /// - Parameter areas: of each class, under its ROC curve and the average precision.
    private init(
        classNames: [String], loss: Double, confusionMatrix: ConfusionMatrix, areas: [(Double?, Double?)]
    ) {
        precondition(classNames.count == confusionMatrix.classes, "\(classNames) name other classes")
        (self.classNames, self.loss, self.confusionMatrix) = (classNames, loss, confusionMatrix)
        let counts = ClassCounts(confusionMatrix)
        classes = areas.enumerated().map { label, areas in
            OneClass(
                precision: counts.precision(label), recall: counts.recall(label), f1: counts.f1(label),
                support: confusionMatrix.samples(of: label), rocAUC: areas.0, averagePrecision: areas.1)
        }
    }

    /// How many samples there were.
    public var samples: Int { confusionMatrix.samples }
    /// The share of samples whose predicted class is the true one.
    public var accuracy: Double { confusionMatrix.accuracy }
    /// ``ClassCounts/macroF1``.
    public var macroF1: Double { ClassCounts(confusionMatrix).macroF1 ?? 0 }
    /// ``ConfusionMatrix/matthewsCorrelation``.
    public var matthewsCorrelation: Double { confusionMatrix.matthewsCorrelation }
    /// ``ClassPredictions/macroROCArea``.
    public var rocAUC: Double? { ClassPredictions.mean(classes.map(\.rocAUC)) }
    /// ``ClassPredictions/macroAveragePrecision``.
    public var averagePrecision: Double? { ClassPredictions.mean(classes.map(\.averagePrecision)) }
}

// MARK: For the terminal

extension ClassMetrics {
    /// The most classes whose confusion matrix fits on a terminal.
    private static let mostShown = 20

    /// A small table for the terminal: the metrics, those of each class, and how often each class is taken for each.
    public var table: String {
        let summary = [
            ("samples", "\(samples)"), ("loss", FormattedNumber.metric(loss)),
            ("accuracy", FormattedNumber.fixed(accuracy, 4)), ("macro F1", FormattedNumber.fixed(macroF1, 4)),
            ("ROC AUC", Self.text(rocAUC)), ("avg. prec.", Self.text(averagePrecision)),
        ]
        let width = max(8, summary.map(\.1.count).max()!)
        let lines = summary.map { name, value in
            FormattedNumber.padded(name, to: 12) + FormattedNumber.padded(value, to: -width)
        }
        return (lines + [""] + classRows + matrixRows).joined(separator: "\n") + "\n"
    }

    private static func text(_ value: Double?) -> String { value.map { FormattedNumber.fixed($0, 4) } ?? "-" }

    /// The names on one line each.
    var shownNames: [String] { classNames.map(\.printable) }

    private var classRows: [String] {
        let names = shownNames, width = max(12, names.map(\.count).max()! + 2)
        func row(_ name: String, _ values: [String]) -> String {
            FormattedNumber.padded(name, to: width) + values.map { FormattedNumber.padded($0, to: -11) }.joined()
        }
        return [row("class", ["samples", "precision", "recall", "F1", "ROC AUC", "avg. prec."])]
            + zip(names, classes).map { name, one in
                row(
                    name,
                    ["\(one.support)"]
                        + [one.precision, one.recall, one.f1, one.rocAUC, one.averagePrecision].map(Self.text)
                )
            }
    }

    private var matrixRows: [String] {
        guard classNames.count <= Self.mostShown else { return [] }
        let names = shownNames, first = max(12, names.map { $0.count + 7 }.max()!)
        let widths = zip(names, confusionMatrix.counts[0].indices).map { name, label in
            2 + max(name.count, confusionMatrix.counts.map { "\($0[label])".count }.max()!)
        }
        func row(_ name: String, _ values: [String]) -> String {
            FormattedNumber.padded(name, to: first)
                + zip(values, widths).map { FormattedNumber.padded($0, to: -$1) }.joined()
        }
        return ["", row("predicted", names)]
            + zip(names, confusionMatrix.counts).map { name, counts in row("true \(name)", counts.map(String.init)) }
    }
}

// MARK: As JSON

extension ClassMetrics: Codable {
    enum CodingKeys: String, CodingKey {
        case loss, accuracy, samples
        case classNames = "class_names"
        case confusionMatrix = "confusion_matrix"
        case macroF1 = "macro_f1"
        case matthewsCorrelation = "matthews_correlation"
        case rocAUC = "roc_auc"
        case averagePrecision = "average_precision"
        case classes = "per_class"
    }

    /// The keys of what there is of each class.
    enum OneClassKeys: String, CodingKey {
        case precision, recall, f1, support
        case rocAUC = "roc_auc"
        case averagePrecision = "average_precision"
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(classNames, forKey: .classNames)
        try container.encode(loss, forKey: .loss)
        try container.encode(accuracy, forKey: .accuracy)
        try container.encode(samples, forKey: .samples)
        try container.encode(confusionMatrix.counts, forKey: .confusionMatrix)
        try container.encode(macroF1, forKey: .macroF1)
        try container.encode(matthewsCorrelation, forKey: .matthewsCorrelation)
        // Written as null where undefined, so that the key is always present.
        try container.encode(rocAUC, forKey: .rocAUC)
        try container.encode(averagePrecision, forKey: .averagePrecision)
        var all = container.nestedContainer(keyedBy: NamedKey.self, forKey: .classes)
        for (name, one) in zip(classNames, classes) {
            var values = all.nestedContainer(keyedBy: OneClassKeys.self, forKey: NamedKey(name))
            try values.encode(one.precision, forKey: .precision)
            try values.encode(one.recall, forKey: .recall)
            try values.encode(one.f1, forKey: .f1)
            try values.encode(one.support, forKey: .support)
            try values.encode(one.rocAUC, forKey: .rocAUC)
            try values.encode(one.averagePrecision, forKey: .averagePrecision)
        }
    }

    /// Reads what ``encode(to:)`` wrote; what follows from the confusion matrix is computed from it.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        let names = try container.decode([String].self, forKey: .classNames)
        guard names.count > 2, Set(names).count == names.count else {
            throw DecodingError.dataCorruptedError(
                forKey: .classNames, in: container, debugDescription: "it does not name three classes or more")
        }
        let counts = try container.decode([[Int]].self, forKey: .confusionMatrix)
        guard let matrix = ConfusionMatrix(counts: counts, classes: names.count), matrix.samples > 0 else {
            throw DecodingError.dataCorruptedError(
                forKey: .confusionMatrix, in: container, debugDescription: "it is not a row of counts for each class")
        }
        let all = try container.nestedContainer(keyedBy: NamedKey.self, forKey: .classes)
        let areas = try names.map { name in
            let values = try all.nestedContainer(keyedBy: OneClassKeys.self, forKey: NamedKey(name))
            return try (Self.share(.rocAUC, in: values), Self.share(.averagePrecision, in: values))
        }
        self.init(
            classNames: names, loss: try container.decode(Double.self, forKey: .loss), confusionMatrix: matrix,
            areas: areas)
    }

    private static func share(
        _ key: OneClassKeys, in container: KeyedDecodingContainer<OneClassKeys>
    ) throws -> Double? {
        let value = try container.decodeIfPresent(Double.self, forKey: key)
        guard (0...1).contains(value ?? 0) else {
            throw DecodingError.dataCorruptedError(
                forKey: key, in: container, debugDescription: "\(value!) is not from 0 to 1")
        }
        return value
    }
}
