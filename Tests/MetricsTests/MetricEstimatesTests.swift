import FoundationEssentials
import Metrics
import TestSupport
import Testing

/// Against `Tests/ReferenceValues/make_report_reference.py`.
@Suite struct MetricEstimatesTests {
    private struct Case: Decodable {
        let confusion_matrix: [[Int]]
        let roc_auc: Double?
        let accuracy: [Double]?
        let completeness: [Double]?
        let purity: [Double]?
        let area: [Double]?

        /// The metrics as `metrics.json` holds them.
        func metrics() throws -> ClassificationMetrics {
            let area = roc_auc.map { "\($0)" } ?? "null"
            let text = """
                {"loss": 0.1, "accuracy": 0.5, "samples": 10, "confusion_matrix": \(confusion_matrix), "roc_auc": \(area)}
                """
            return try JSONDecoder().decode(ClassificationMetrics.self, from: Data(text.utf8))
        }
    }

    @Test func intervalsAreThoseOfSciPyAndOfHanleyAndMcNeil() throws {
        let cases = try ReferenceValues.json([Case].self, "reports/intervals")
        #expect(cases.count == 7)
        for expected in cases {
            let estimates = MetricEstimates(try expected.metrics())
            expect(estimates.accuracy, expected.accuracy)
            expect(estimates.completeness, expected.completeness)
            expect(estimates.purity, expected.purity)
            expect(estimates.rocArea, expected.area)
        }
    }

    /// Equal but for the roundings of some ten operations; differences of nearly equal squares and a root make 1e-10 of
    /// them.
    private func expect(_ estimate: Estimate?, _ expected: [Double]?) {
        guard let expected, let estimate else {
            #expect((estimate == nil) == (expected == nil))
            return
        }
        for (value, expected) in zip([estimate.value, estimate.lower, estimate.upper], expected) {
            #expect(abs(value - expected) < 1e-10)
        }
    }
}
