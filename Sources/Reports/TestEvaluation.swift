import Faults
import Figures
import Files
import Metrics
import RunRecords
import StampData

/// What `evaluate` tells of a model.
public struct TestEvaluation: Sendable {
    private let results: Results
    /// What to say of files that were left out.
    public let warnings: [String]
    /// How much worse each feature's exchange makes the predictions; empty where that is not asked for.
    private let importance: [FeatureImportance]
    /// The stamps that the model is most confidently wrong about; nil where stamps have no names.
    private let mistakes: [NamedMistake]?
    /// How far the looks at each stamp are apart; nil where there is one look.
    private let spread: PredictionSpread?
    /// How many of the stamps a model was trained on; nil where nobody knows.
    private let trainedOn: Int?

    /// Of two classes, or of more.
    private enum Results {
        case two(Evaluation)
        case several(ClassEvaluation)
    }

    /// Evaluates predictions of stamps in files: of two classes as
    /// ``Metrics/Evaluation/init(_:of:signalToNoise:threshold:columns:withMatchedFilter:replicates:)`` does.
    ///
    /// - Parameters:
    ///   - identifiers: what the stamps are called; nil if nobody says.
    ///   - importance: of each feature; empty for none.
    ///   - spread: how far the looks at each stamp are apart; nil where there is one look.
    ///   - trainedOn: how many of the stamps a model was trained on; nil where nobody knows.
    public init(
        _ predictions: LabelledPredictions, of stamps: StampCollection, in files: LabelledFiles, threshold: Float,
        columns: [ByColumn], identifiers: SampleIdentifiers? = nil, importance: [FeatureImportance] = [],
        spread: PredictionSpread? = nil, trainedOn: Int? = nil, withMatchedFilter: Bool, replicates: Int
    ) throws {
        self.trainedOn = trainedOn
        self.importance = importance
        self.spread = spread
        switch predictions {
        case .two(let samples):
            let (ratios, warning) = RunStamps.signalToNoiseThatFits(of: stamps, in: files)
            warnings = [warning].compactMap { $0 }
            results = .two(
                try Evaluation(
                    samples, of: stamps, signalToNoise: ratios, threshold: threshold, columns: columns,
                    withMatchedFilter: withMatchedFilter, replicates: replicates))
        case .several(let predictions):
            warnings = []
            results = .several(
                ClassEvaluation(
                    predictions, classNames: stamps.classes.names,
                    columns: try columns.map { try $0.numbers(of: stamps) },
                    replicates: replicates))
        }
        mistakes = identifiers.map { identifiers in
            NamedMistake.all(predictions, threshold: threshold, identifiers, classNames: stamps.classes.names)
        }
    }

    /// What the model is no better than; of the matched filter only where it was applied.
    public var shortfall: Shortfall? {
        switch results {
        case .two(let evaluation):
            Shortfall(
                .two(evaluation.metrics), settings: nil,
                rocAreas: evaluation.rocArea.flatMap { area in
                    evaluation.matchedFilter.map { (area.value, $0.value) }
                })
        case .several(let evaluation): Shortfall(.several(evaluation.metrics), settings: nil)
        }
    }

    /// For the terminal.
    public var table: String {
        let table =
            switch results {
            case .two(let evaluation): evaluation.table
            case .several(let evaluation): evaluation.table
            }
        return table + (spread.map { "\n" + $0.table } ?? "")
            + (importance.isEmpty ? "" : "\n" + FeatureImportance.table(importance))
            + (mistakes.map { "\n" + NamedMistake.table($0) } ?? "")
    }
}

extension TestEvaluation: Encodable {
    private enum CodingKeys: String, CodingKey {
        case mistakes, spread
        case trainedOn = "trained_on"
        case importance = "feature_importance"
    }

    public func encode(to encoder: any Encoder) throws {
        switch results {
        case .two(let evaluation): try evaluation.encode(to: encoder)
        case .several(let evaluation): try evaluation.encode(to: encoder)
        }
        var container = encoder.container(keyedBy: CodingKeys.self)
        if !importance.isEmpty { try container.encode(importance, forKey: .importance) }
        try container.encodeIfPresent(mistakes, forKey: .mistakes)
        try container.encodeIfPresent(spread, forKey: .spread)
        try container.encodeIfPresent(trainedOn, forKey: .trainedOn)
    }
}

/// A stamp that a model is wrong about, by its name.
private struct NamedMistake: Encodable {
    let identifier: String
    let sample: ClassifiedSample
    /// The names of the stamp's class, and of that which it is taken for.
    let trueClass: String
    let predictedClass: String

    /// The worst ones first.
    static func all(
        _ predictions: LabelledPredictions, threshold: Float, _ identifiers: SampleIdentifiers, classNames: [String]
    ) -> [NamedMistake] {
        let samples =
            switch predictions {
            case .two(let samples):
                StampGridFigure.mistakes(samples.map(ScoredSample.init), threshold: threshold)
                    .map { ClassifiedSample($0, threshold: threshold) }
            case .several(let predictions): StampGridFigure.mistakes(predictions)
            }
        return samples.map { sample in
            NamedMistake(
                identifier: identifiers[sample.index], sample: sample, trueClass: classNames[sample.trueClass],
                predictedClass: classNames[sample.predictedClass])
        }
    }

    /// For the terminal.
    static func table(_ mistakes: [NamedMistake]) -> String {
        guard !mistakes.isEmpty else { return "no mistakes\n" }
        let rows = mistakes.map { mistake in
            [
                mistake.identifier.printable, mistake.trueClass.printable, mistake.predictedClass.printable,
                FormattedNumber.fixed(Double(mistake.sample.probability), 4),
            ]
        }
        return TerminalTable.text([["worst mistakes", "true class", "predicted", "probability"]] + rows)
    }

    enum CodingKeys: String, CodingKey {
        case index, probability
        case identifier = "id"
        case trueClass = "true_class"
        case predictedClass = "predicted_class"
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(sample.index, forKey: .index)
        try container.encode(identifier, forKey: .identifier)
        try container.encode(trueClass, forKey: .trueClass)
        try container.encode(predictedClass, forKey: .predictedClass)
        try container.encode(sample.probability, forKey: .probability)
    }
}

extension FeatureImportance {
    /// For the terminal.
    fileprivate static func table(_ features: [FeatureImportance]) -> String {
        let rows = features.map { row in
            [
                row.feature.printable, FormattedNumber.metric(row.lossIncrease),
                FormattedNumber.fixed(row.accuracyDrop, 4),
                row.rocAreaDrop.map { FormattedNumber.fixed($0, 4) } ?? "-",
            ]
        }
        return TerminalTable.text([["feature", "loss rises by", "accuracy falls by", "ROC area falls by"]] + rows)
    }
}

/// Rows of texts in columns, each as wide as its longest text.
private enum TerminalTable {
    static func text(_ rows: [[String]]) -> String {
        let widths = rows[0].indices.map { column in rows.map { $0[column].count }.max()! + 3 }
        return rows.map { row in
            let padded = zip(row, widths).dropLast().map { FormattedNumber.padded($0, to: $1) }
            return padded.joined() + row.last! + "\n"
        }.joined()
    }
}
