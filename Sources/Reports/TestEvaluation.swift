import Metrics
import StampData

/// What `evaluate` tells of two classes, or of more.
public enum TestEvaluation: Sendable {
    case two(Evaluation)
    case several(ClassEvaluation)

    /// Evaluates predictions of stamps in files: of two classes as
    /// ``Metrics/Evaluation/init(_:of:in:threshold:columns:withMatchedFilter:replicates:)`` does.
    public init(
        _ predictions: LabelledPredictions, of stamps: StampCollection, in files: LabelledFiles, threshold: Float,
        columns: [ByColumn], withMatchedFilter: Bool, replicates: Int
    ) throws {
        switch predictions {
        case .two(let samples):
            self = .two(
                try Evaluation(
                    samples, of: stamps, in: files, threshold: threshold, columns: columns,
                    withMatchedFilter: withMatchedFilter, replicates: replicates))
        case .several(let predictions):
            self = .several(
                ClassEvaluation(
                    predictions, classNames: stamps.classes.names,
                    columns: try columns.map { try $0.numbers(of: stamps) },
                    replicates: replicates))
        }
    }

    /// For the terminal.
    public var table: String {
        switch self {
        case .two(let evaluation): evaluation.table
        case .several(let evaluation): evaluation.table
        }
    }
}

extension TestEvaluation: Encodable {
    public func encode(to encoder: any Encoder) throws {
        switch self {
        case .two(let evaluation): try evaluation.encode(to: encoder)
        case .several(let evaluation): try evaluation.encode(to: encoder)
        }
    }
}
