import Figures
import Foundation
import Metrics
import TestSupport
import Testing

@Suite struct CurveTests {
    @Test(arguments: Reference.names)
    func theROCCurveEqualsScikitLearn(name: String) throws {
        let reference = try Reference.named(name), sweep = ThresholdSweep(reference.samples)
        guard let expected = reference.roc else {
            #expect(ROCFigure(network: reference.samples, matchedFilter: nil, threshold: 0.5).plot == nil)
            return
        }
        let curve = ROCFigure.Curve(sweep)
        #expect(isEqual(curve.falsePositiveRate, expected.false_positive_rate))
        #expect(isEqual(curve.truePositiveRate, expected.true_positive_rate))
        #expect(Array(curve.threshold.dropFirst()) == expected.thresholds)
        #expect(curve.threshold[0] == .infinity)
    }

    @Test(arguments: Reference.names)
    func cornersArePointsOfTheWholeCurveWithItsArea(name: String) throws {
        let reference = try Reference.named(name)
        guard let expected = reference.roc else { return }
        let sweep = ThresholdSweep(reference.samples)
        let corners = ROCFigure.Curve.corners(sweep), whole = ROCFigure.Curve(sweep)
        let numbers = corners.threshold.compactMap { whole.threshold.firstIndex(of: $0) }
        #expect(numbers.map { whole.truePositiveRate[$0] } == corners.truePositiveRate)
        #expect(numbers.map { whole.falsePositiveRate[$0] } == corners.falsePositiveRate)
        #expect(abs(area(corners.falsePositiveRate, corners.truePositiveRate) - expected.area) <= 1e-13)
    }

    @Test func pointsOnAStraightLineAreNoCorners() {
        // Three sources, four noise stamps, one source: (0, 0), (0, ¾), (1, ¾), (1, 1).
        let classes = [1, 1, 1, 0, 0, 0, 0, 1]
        let sweep = ThresholdSweep(
            classes.enumerated().map { ScoredSample(index: $0, trueClass: $1, score: 1 - Float($0) / 8) })
        let corners = ROCFigure.Curve.corners(sweep)
        #expect(corners.falsePositiveRate == [0, 0, 1, 1])
        #expect(corners.truePositiveRate == [0, 0.75, 0.75, 1])
    }

    @Test(arguments: Reference.names)
    func precisionAndRecallEqualScikitLearn(name: String) throws {
        let reference = try Reference.named(name)
        guard let expected = reference.precision_recall else {
            #expect(PrecisionRecallFigure(network: reference.samples, matchedFilter: nil, threshold: 0.5).plot == nil)
            return
        }
        let curve = PrecisionRecallFigure.Curve(ThresholdSweep(reference.samples))
        #expect(isEqual(curve.precision, expected.precision))
        #expect(isEqual(curve.recall, expected.recall))
        #expect(Array(curve.threshold.dropFirst()) == expected.thresholds)
        let precision = try #require(ThresholdSweep(reference.samples).averagePrecision)
        #expect(isEqual([precision], [expected.average_precision]))
    }

    @Test(arguments: Reference.names)
    func theErrorRatesAreThoseOfScikitLearnsROCCurve(name: String) throws {
        let reference = try Reference.named(name), figure = ErrorRatesFigure(reference.samples, threshold: 0.25)
        guard let expected = reference.roc else {
            #expect(figure.plot == nil)
            return
        }
        let curve = ErrorRatesFigure.Curve(ThresholdSweep(reference.samples))
        #expect(isEqual(curve.falsePositiveRate, expected.false_positive_rate))
        #expect(isEqual(curve.missedDetectionRate, expected.true_positive_rate.map { 1 - $0 }))
        #expect(Array(curve.threshold.dropFirst()) == expected.thresholds)
        let plot = try #require(figure.plot), confusion = try #require(reference.confusion["0.25"])
        #expect(plot.table.rows.count == curve.threshold.count)
        #expect(plot.table.rows[0] == ["inf", "0.0", "1.0"])
        // The marks are at the model's threshold.
        let missed = Double(confusion[1][0]) / Double(confusion[1][0] + confusion[1][1])
        #expect(plot.description.contains("misses \(String(format: "%.1f", 100 * missed)) % of the sources"))
    }

    /// A long curve keeps its ends and every point where one of the rates is small.
    @Test func manyErrorRatesAreDrawnThroughFewerPoints() throws {
        let samples = (0..<20_000).map {
            ScoredSample(index: $0, trueClass: $0.isMultiple(of: 3) ? 1 : 0, score: Float($0) / 20_000)
        }
        let plot = try #require(ErrorRatesFigure(samples, threshold: 0.5).plot)
        let thresholds = plot.table.rows.map { $0[0] }
        #expect((1000...2000).contains(thresholds.count))
        #expect(Array(thresholds.prefix(101).dropFirst()) == (1...100).map { "\(Float(20_000 - $0) / 20_000)" })
        #expect(Array(thresholds.suffix(100)) == (0..<100).reversed().map { "\(Float($0) / 20_000)" })
        #expect(Set(thresholds).count == thresholds.count)
        #expect(plot.description.contains("\(thresholds.count) of 20001 points"))
    }

    @Test func theTablesHoldBothClassifiers() throws {
        let network = try Reference.named("ten").samples
        let filter = network.map { ScoredSample(index: $0.index, trueClass: $0.trueClass, score: 10 * $0.score) }
        let roc = try #require(ROCFigure(network: network, matchedFilter: filter, threshold: 0.5).plot)
        #expect(roc.table.columns == ["classifier", "threshold", "false_positive_rate", "true_positive_rate"])
        #expect(Set(roc.table.rows.map { $0[0] }) == ["network", "matched filter"])
        #expect(roc.table.rows[0] == ["network", "inf", "0.0", "0.0"])
        let precision = try #require(
            PrecisionRecallFigure(network: network, matchedFilter: filter, threshold: 0.5).plot)
        #expect(Set(precision.table.rows.map { $0[0] }) == ["network", "matched filter"])
    }

    @Test func aLongCurveIsThinnedAndKeepsItsEndsAndItsArea() throws {
        // A score that tells the classes apart a little, in an order that looks random: all corners.
        let samples = (0..<60_000).map { index in
            let random = Double(index) * 0.618_033_988_749_895
            let isSource = index % 2 == 1
            return ScoredSample(
                index: index, trueClass: isSource ? 1 : 0,
                score: Float((random - random.rounded(.down)) * (isSource ? 1 : 0.8)))
        }
        let plot = try #require(ROCFigure(network: samples, matchedFilter: nil, threshold: 0.5).plot)
        let points = plot.table.rows.map { (Double($0[2])!, Double($0[3])!) }
        #expect(points.count <= 2000 && points.count > 1000)
        #expect(points.first! == (0, 0) && points.last! == (1, 1))
        #expect(plot.description.contains("is drawn through \(points.count) of its "))
        // 1500 steps of 0.0014 along the curve: on each it is off by less than a triangle of 2.3e-7.
        let exact = ClassificationMetrics(
            samples.map {
                SamplePrediction(
                    index: $0.index, trueClass: $0.trueClass, predictedClass: 0, probability: $0.score, loss: 0)
            }
        ).rocAUC!
        #expect(abs(area(points.map(\.0), points.map(\.1)) - exact) < 3.5e-4)
        let again = try #require(ROCFigure(network: samples.reversed(), matchedFilter: nil, threshold: 0.5).plot)
        #expect(again.table == plot.table)
    }

    private func area(_ x: [Double], _ y: [Double]) -> Double {
        x.indices.dropFirst().reduce(0) { $0 + (x[$1] - x[$1 - 1]) * (y[$1] + y[$1 - 1]) / 2 }
    }
}
