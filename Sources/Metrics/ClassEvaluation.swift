import Files

/// What labelled stamps reveal about a classifier of more than two classes: the metrics of `metrics.json`, and
/// estimates with bootstrap intervals.
public struct ClassEvaluation: Sendable {
    /// As `train` writes them.
    public let metrics: ClassMetrics
    /// The number of replicates behind the 95 % intervals; with 0 replicates intervals have no width.
    public let replicates: Int
    public let accuracy: Estimate?
    public let macroF1: Estimate?
    public let matthewsCorrelation: Estimate?
    /// The means over the classes, each against the rest; nil where one is undefined.
    public let rocArea: Estimate?
    public let averagePrecision: Estimate?
    /// Of the predicted class's probability.
    public let calibrationError: Estimate?
    /// In the order of the metrics' names.
    public let classes: [OneClass]
    /// The recall of each class against numbers of the stamps.
    public let byColumn: [ClassColumnBins]

    /// One class against the rest.
    public struct OneClass: Hashable, Sendable, Encodable {
        public let precision: Estimate?
        public let recall: Estimate?
        public let f1: Estimate?
        public let rocArea: Estimate?
        public let averagePrecision: Estimate?

        public func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: ClassMetrics.OneClassKeys.self)
            try container.encode(precision, forKey: .precision)
            try container.encode(recall, forKey: .recall)
            try container.encode(f1, forKey: .f1)
            try container.encode(rocArea, forKey: .rocAUC)
            try container.encode(averagePrecision, forKey: .averagePrecision)
        }
    }

    /// - Parameters:
    ///   - predictions: of at least one sample; none with a probability that is NaN.
    ///   - classNames: of all classes.
    ///   - columns: numbers of the stamps that the recall of each class is listed by.
    public init(
        _ predictions: ClassPredictions, classNames: [String], columns: [StampNumbers] = [], replicates: Int = 1000,
        seed: UInt64 = 0
    ) {
        metrics = ClassMetrics(predictions, classNames: classNames)
        self.replicates = replicates
        let bootstrap = ClassBootstrap(predictions)
        let value = bootstrap.statistics, drawn = bootstrap.replicates(replicates, seed: seed)
        accuracy = Estimate(value.accuracy, drawn, \.accuracy)
        macroF1 = Estimate(value.macroF1, drawn, \.macroF1)
        matthewsCorrelation = Estimate(value.matthewsCorrelation, drawn, \.matthewsCorrelation)
        rocArea = Estimate(value.rocArea, drawn, \.rocArea)
        averagePrecision = Estimate(value.averagePrecision, drawn, \.averagePrecision)
        calibrationError = Estimate(value.calibrationError, drawn, \.calibrationError)
        byColumn = columns.map {
            ClassColumnBins($0, predictions, classNames: classNames, replicates: replicates, seed: seed)
        }
        classes = value.classes.enumerated().map { label, one in
            OneClass(
                precision: Estimate(one.precision, drawn) { $0.classes[label].precision },
                recall: Estimate(one.recall, drawn) { $0.classes[label].recall },
                f1: Estimate(one.f1, drawn) { $0.classes[label].f1 },
                rocArea: Estimate(one.rocArea, drawn) { $0.classes[label].rocArea },
                averagePrecision: Estimate(one.averagePrecision, drawn) { $0.classes[label].averagePrecision })
        }
    }

    /// The metrics' table, and below it the estimates.
    public var table: String {
        var lines: [String] = []
        for (name, estimate) in [
            ("accuracy", accuracy), ("macro F1", macroF1), ("Matthews correlation", matthewsCorrelation),
            ("ROC AUC", rocArea), ("average precision", averagePrecision), ("calib. error", calibrationError),
        ] {
            lines += Estimate.line(name, estimate)
        }
        let names = metrics.shownNames, width = max(12, names.map(\.count).max()! + 2)
        func row(_ name: String, _ values: [String]) -> String {
            let fields = values.dropLast().map { FormattedNumber.padded($0, to: 25) } + values.suffix(1)
            return FormattedNumber.padded(name, to: width) + fields.joined()
        }
        lines += ["", row("class", ["precision", "recall", "ROC AUC"])]
        lines += zip(names, classes).map { name, one in
            row(name, [one.precision, one.recall, one.rocArea].map { $0?.description ?? "-" })
        }
        for column in byColumn { lines += [""] + column.rows }
        return metrics.table + "\n" + lines.joined(separator: "\n") + "\n"
    }
}

extension ClassEvaluation: Encodable {
    private enum CodingKeys: String, CodingKey {
        case accuracy, estimates
        case macroF1 = "macro_f1"
        case matthewsCorrelation = "matthews_correlation"
        case rocArea = "roc_auc"
        case averagePrecision = "average_precision"
        case calibrationError = "expected_calibration_error"
        case classes = "per_class"
        case replicates = "bootstrap_replicates"
        case byColumn = "by_column"
    }

    /// The keys of `metrics.json`, and those of the estimates.
    public func encode(to encoder: any Encoder) throws {
        try metrics.encode(to: encoder)
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(replicates, forKey: .replicates)
        var estimates = container.nestedContainer(keyedBy: CodingKeys.self, forKey: .estimates)
        try estimates.encode(accuracy, forKey: .accuracy)
        try estimates.encode(macroF1, forKey: .macroF1)
        try estimates.encode(matthewsCorrelation, forKey: .matthewsCorrelation)
        try estimates.encode(rocArea, forKey: .rocArea)
        try estimates.encode(averagePrecision, forKey: .averagePrecision)
        try estimates.encode(calibrationError, forKey: .calibrationError)
        var all = estimates.nestedContainer(keyedBy: NamedKey.self, forKey: .classes)
        for (name, one) in zip(metrics.classNames, classes) {
            try all.encode(one, forKey: NamedKey(name))
        }
        if !byColumn.isEmpty { try container.encode(byColumn, forKey: .byColumn) }
    }
}
