import Files
import Foundation
import Metrics
import TestSupport
import Testing

/// `Tests/ReferenceValues/make_class_metrics_reference.py` has the metrics from scikit-learn and draws its own
/// replicates.
@Suite struct ClassMetricsTests {
    private struct Reference: Decodable {
        struct Expected: Decodable {
            let loss: Double?
            let accuracy: Double
            let confusion_matrix: [[Int]]
            let macro_f1: Double
            let matthews_correlation: Double
            let roc_auc: Double?
            let average_precision: Double?
            let calibration_error: Double
            let precision: [Double]
            let recall: [Double]
            let f1: [Double]
            let support: [Int]
            let class_roc_auc: [Double?]
            let class_average_precision: [Double?]
        }
        let classes: Int
        let true_classes: [Int]
        let probabilities: [Float]
        let losses: [Float]
        let predicted_classes: [Int]
        let expected: Expected
        let intervals: [[Double]]?

        var predictions: ClassPredictions {
            ClassPredictions(
                classes: classes, indices: Array(true_classes.indices), trueClasses: true_classes,
                probabilities: probabilities, losses: losses)
        }
        var names: [String] { (0..<classes).map { "class \($0)" } }
    }

    private static let cases = [
        "four", "ties", "all_equal", "ten", "perfect", "absent", "only_predicted", "one_class", "one_sample",
    ]

    private func reference(_ name: String) throws -> Reference {
        try ReferenceValues.json(Reference.self, "class_metrics/\(name)")
    }

    /// Whether two numbers are the same but for the order of some hundred additions, or both are missing.
    private func isSame(_ value: Double?, _ expected: Double?) -> Bool {
        guard let value, let expected else { return value == nil && expected == nil }
        return abs(value - expected) < 1e-12
    }

    @Test(arguments: cases)
    func metricsEqualScikitLearn(name: String) throws {
        let reference = try reference(name), expected = reference.expected
        #expect(reference.predictions.predictedClasses == reference.predicted_classes)
        let metrics = ClassMetrics(reference.predictions, classNames: reference.names)
        // The losses of the samples are rounded to single precision, and the rows that scikit-learn sees sum to one.
        if let loss = expected.loss { #expect(abs(metrics.loss - loss) < 1e-6 * loss) }
        #expect(metrics.accuracy == expected.accuracy)
        #expect(metrics.confusionMatrix.counts == expected.confusion_matrix)
        #expect(isSame(metrics.macroF1, expected.macro_f1))
        #expect(isSame(metrics.matthewsCorrelation, expected.matthews_correlation))
        #expect(isSame(metrics.rocAUC, expected.roc_auc))
        #expect(isSame(metrics.averagePrecision, expected.average_precision))
        for (label, one) in metrics.classes.enumerated() {
            #expect(isSame(one.precision, expected.precision[label]))
            #expect(isSame(one.recall, expected.recall[label]))
            #expect(isSame(one.f1, expected.f1[label]))
            #expect(one.support == expected.support[label])
            #expect(isSame(one.rocAUC, expected.class_roc_auc[label]))
            #expect(isSame(one.averagePrecision, expected.class_average_precision[label]))
        }
    }

    @Test(arguments: cases)
    func statisticsOfTheBootstrapAreTheMetrics(name: String) throws {
        let reference = try reference(name)
        let evaluation = ClassEvaluation(reference.predictions, classNames: reference.names, replicates: 0)
        let metrics = evaluation.metrics
        for (estimate, value) in [
            (evaluation.accuracy, metrics.accuracy), (evaluation.macroF1, metrics.macroF1),
            (evaluation.matthewsCorrelation, metrics.matthewsCorrelation), (evaluation.rocArea, metrics.rocAUC),
            (evaluation.averagePrecision, metrics.averagePrecision),
            (evaluation.calibrationError, reference.expected.calibration_error),
        ] as [(Estimate?, Double?)] {
            #expect(isSame(estimate?.value, value) && estimate?.lower == estimate?.value)
        }
        for (one, expected) in zip(evaluation.classes, metrics.classes) {
            #expect(isSame(one.precision?.value, expected.precision) && isSame(one.recall?.value, expected.recall))
            #expect(isSame(one.f1?.value, expected.f1) && isSame(one.rocArea?.value, expected.rocAUC))
            #expect(isSame(one.averagePrecision?.value, expected.averagePrecision))
        }
    }

    /// 4,000 replicates against 1,500: the ends of an interval vary by 0.04 and 0.07 of its standard deviation, a quarter
    /// of the width; 0.3 is nearly four times both of them together.
    @Test func intervalsAreThoseOfNumpysReplicates() throws {
        let reference = try reference("four"), intervals = try #require(reference.intervals)
        let evaluation = ClassEvaluation(reference.predictions, classNames: reference.names, replicates: 4000)
        let estimates = try [
            evaluation.accuracy, evaluation.macroF1, evaluation.matthewsCorrelation, evaluation.rocArea,
            evaluation.averagePrecision, evaluation.calibrationError,
        ].map { try #require($0) }
        for (number, estimate) in estimates.enumerated() {
            let (lower, upper) = (intervals[0][number], intervals[1][number])
            let deviation = (upper - lower) / 4
            #expect(abs(estimate.lower - lower) < 0.3 * deviation, "\(number)")
            #expect(abs(estimate.upper - upper) < 0.3 * deviation, "\(number)")
        }
    }

    @Test func theOrderOfTheSamplesDoesNotMatter() throws {
        let reference = try reference("ten"), predictions = reference.predictions
        let order = predictions.indices.indices.sorted { ($0 * 7919 % 200, $0) < ($1 * 7919 % 200, $1) }
        let shuffled = ClassPredictions(
            classes: 10, indices: order, trueClasses: order.map { predictions.trueClasses[$0] },
            probabilities: order.flatMap { sample in (0..<10).map { predictions.probability(of: $0, sample) } },
            losses: order.map { predictions.losses[$0] })
        #expect(shuffled == predictions)
        let evaluations = [predictions, shuffled].map {
            ClassEvaluation($0, classNames: reference.names, replicates: 50, seed: 3)
        }
        #expect(evaluations[0].macroF1 == evaluations[1].macroF1)
        #expect(evaluations[0].classes == evaluations[1].classes)
        let other = ClassEvaluation(predictions, classNames: reference.names, replicates: 50, seed: 4)
        #expect(other.macroF1 != evaluations[0].macroF1)
    }

    @Test func rowsThatAreNoNumbersAreLeftOut() throws {
        let predictions = ClassPredictions(
            classes: 3, indices: [4, 5, 6], trueClasses: [0, 1, 2],
            probabilities: [1, 0, 0, .nan, .nan, .nan, 0.25, 0.25, 0.5])
        #expect(predictions.unusable == [1] && predictions.predictedClasses == [0, 0, 2])
        #expect(predictions.usable.indices == [4, 6] && predictions.usable.trueClasses == [0, 2])
        #expect(predictions.macroROCArea == nil && predictions.macroAveragePrecision == nil)
        #expect(ClassPredictions.largest([.nan, 0.25, 0.25]) == 1)
    }

    @Test func severalModelsAreAveraged() {
        func set(_ probabilities: [Float]) -> TestSet {
            .several(ClassPredictions(classes: 3, indices: [3, 8], trueClasses: [1, 2], probabilities: probabilities))
        }
        let mean = LabelledPredictions(
            of: [set([0.5, 0.5, 0, 0, 0, 1]), set([0, 1, 0, 1, 0, 0])], threshold: 0.5)
        guard case .several(let predictions) = mean else {
            Issue.record("not of several classes")
            return
        }
        #expect(predictions.probabilities == [0.25, 0.75, 0, 0.5, 0, 0.5])
        #expect(predictions.predictedClasses == [1, 0])
        #expect(predictions.losses == [-log(0.75), -log(0.5)].map(Float.init))
    }

    @Test func theFileHasAKeyForEverything() throws {
        let predictions = ClassPredictions(
            classes: 3, indices: [0, 1, 2, 3], trueClasses: [0, 0, 1, 1],
            probabilities: [0.5, 0.25, 0.25, 0, 1, 0, 0.25, 0.5, 0.25, 0.25, 0.5, 0.25], losses: [1, 2, 1, 1])
        let names = ["star", "a \"b\"", "none"]
        let text = try JSONFile.text(of: TestMetrics.several(ClassMetrics(predictions, classNames: names)))
        #expect(
            text.split(whereSeparator: \.isWhitespace).joined() == """
                {"accuracy":0.75,"average_precision":null,"class_names":["star","a\\"b\\"","none"],"confusion_matrix":\
                [[1,1,0],[0,2,0],[0,0,0]],"loss":1.25,"macro_f1":0.7333333333333334,"matthews_correlation":\
                0.5773502691896258,"per_class":{"a\\"b\\"":{"average_precision":0.6666666666666666,"f1":0.8,"precision":\
                0.6666666666666666,"recall":1,"roc_auc":0.5,"support":2},"none":{"average_precision":null,"f1":0,\
                "precision":0,"recall":0,"roc_auc":null,"support":0},"star":{"average_precision":0.75,"f1":\
                0.6666666666666666,"precision":1,"recall":0.5,"roc_auc":0.5,"support":2}},"roc_auc":null,"samples":4}
                """)
        let evaluation = try JSONFile.text(of: ClassEvaluation(predictions, classNames: names, replicates: 2))
        for key in [
            "accuracy", "macro_f1", "matthews_correlation", "roc_auc", "average_precision",
            "expected_calibration_error", "per_class", "estimates", "bootstrap_replicates", "class_names",
        ] { #expect(evaluation.contains("\"\(key)\" : "), "\(key)") }
    }

    @Test func theTableShowsEachClass() throws {
        let reference = try reference("perfect")
        let metrics = ClassMetrics(reference.predictions, classNames: ["star", "a\nlong name", "x"])
        #expect(
            metrics.table == """
                samples            4
                loss          0.3607
                accuracy      1.0000
                macro F1      1.0000
                ROC AUC       1.0000
                avg. prec.    1.0000

                class            samples  precision     recall         F1    ROC AUC avg. prec.
                star                   1     1.0000     1.0000     1.0000     1.0000     1.0000
                a long name            1     1.0000     1.0000     1.0000     1.0000     1.0000
                x                      2     1.0000     1.0000     1.0000     1.0000     1.0000

                predicted           star  a long name  x
                true star              1            0  0
                true a long name       0            1  0
                true x                 0            0  2

                """)
    }
}
