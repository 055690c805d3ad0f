import Metrics
import TestSupport

/// What `Tests/ReferenceValues/make_figure_reference.py` writes for a test set.
struct Reference: Decodable {
    struct Calibration: Decodable {
        let share_of_sources: [Double]
        let mean_probability: [Double]
    }
    struct PrecisionRecall: Decodable {
        let precision: [Double]
        let recall: [Double]
        let thresholds: [Float]
        let average_precision: Double
    }
    struct ROC: Decodable {
        let false_positive_rate: [Double]
        let true_positive_rate: [Double]
        /// Without the first, which is infinite.
        let thresholds: [Float]
        let area: Double
    }
    let true_classes: [Int]
    let scores: [Float]
    let confusion: [String: [[Int]]]
    let histograms: [[Int]]
    let calibration: Calibration
    let calibration_error: Double
    /// nil without sources.
    let precision_recall: PrecisionRecall?
    /// nil when a class is missing.
    let roc: ROC?

    var samples: [ScoredSample] {
        true_classes.indices.map { ScoredSample(index: $0, trueClass: true_classes[$0], score: scores[$0]) }
    }

    static let names = ["scattered", "ties", "ten", "separated", "all_equal", "only_noise", "only_sources"]

    static func named(_ name: String) throws -> Reference { try read(Reference.self, name) }

    static func read<Value: Decodable>(_ type: Value.Type, _ name: String) throws -> Value {
        try ReferenceValues.json(type, "figures/\(name)")
    }
}

/// Whether numbers are the same but for some roundings of quotients and sums of a few hundred terms (1.1e-16 each).
func isEqual(_ first: [Double], _ second: [Double]) -> Bool {
    first.count == second.count && zip(first, second).allSatisfy { abs($0 - $1) <= 1e-13 }
}
