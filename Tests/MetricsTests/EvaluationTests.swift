import Metrics
import TestSupport
import Testing

/// `Tests/ReferenceValues/make_decision_reference.py` has the statistics from scikit-learn and draws its own
/// replicates.
@Suite struct EvaluationTests {
    private struct Reference: Decodable {
        struct Classifier: Decodable {
            let labels: [Int]
            let scores: [Float]
            let threshold: Float
            let statistics: [Double]
            let lower: [Double]
            let upper: [Double]
        }
        let classifier: Classifier
    }

    private let reference: Reference.Classifier
    private let predictions: [SamplePrediction]

    init() throws {
        let reference = try ReferenceValues.json(Reference.self, "decisions/decisions").classifier
        self.reference = reference
        predictions = reference.labels.indices.map {
            SamplePrediction(
                index: $0, label: reference.labels[$0], probability: reference.scores[$0],
                threshold: reference.threshold)
        }
    }

    private func estimates(_ evaluation: Evaluation) throws -> [Estimate] {
        try [
            evaluation.completeness, evaluation.purity, evaluation.f1, evaluation.rocArea, evaluation.calibrationError,
            evaluation.matthewsCorrelation,
        ].map { try #require($0) } + evaluation.operatingRates
    }

    @Test func statisticsEqualThoseOfScikitLearn() throws {
        let evaluation = Evaluation(predictions, threshold: reference.threshold, replicates: 0)
        #expect(reference.statistics.count == 10)
        for (estimate, value) in zip(try estimates(evaluation), reference.statistics) {
            // Sums of 350 numbers in another order.
            #expect(abs(estimate.value - value) < 1e-12)
            #expect(estimate.lower == estimate.value && estimate.upper == estimate.value)
        }
    }

    /// Two sets of 4,000 replicates: the ends of an interval vary by 0.04 of its standard deviation each (the 2.5 %
    /// quantile of a normal distribution), a quarter of the width; 0.25 is four times both of them together.
    @Test func intervalsAreThoseOfNumpysReplicates() throws {
        let evaluation = Evaluation(predictions, threshold: reference.threshold, replicates: 4000)
        for (number, estimate) in try estimates(evaluation).enumerated() {
            let deviation = (reference.upper[number] - reference.lower[number]) / 4
            #expect(abs(estimate.lower - reference.lower[number]) < 0.25 * deviation, "\(number)")
            #expect(abs(estimate.upper - reference.upper[number]) < 0.25 * deviation, "\(number)")
        }
    }

    @Test func theSameSeedGivesTheSameIntervals() throws {
        func evaluation(_ predictions: [SamplePrediction], _ seed: UInt64) throws -> [Estimate] {
            try estimates(
                Evaluation(predictions, threshold: reference.threshold, replicates: 200, seed: seed))
        }
        let first = try evaluation(predictions, 3)
        #expect(try evaluation(predictions.reversed(), 3) == first)
        #expect(try evaluation(predictions, 4) != first)
    }

    @Test func oneClassAloneHasFewStatistics() {
        let noise = predictions.filter { $0.trueClass == 0 }
        let evaluation = Evaluation(noise, threshold: 0.5, replicates: 50)
        #expect(evaluation.completeness == nil && evaluation.rocArea == nil)
        #expect(evaluation.purity?.value == 0)
        #expect(evaluation.matthewsCorrelation?.value == 0)
        #expect(evaluation.operatingRates.isEmpty)
        #expect(evaluation.calibrationError != nil)
    }

    /// Ten sources are two bins; with ties the bins are of other sizes, and equal values stay together.
    @Test(arguments: [
        ([5, 1, 4, 2, 3, 9, 7, 8, 6, 10], [[1.0, 5], [6, 10]], [5, 5]),
        ([1, 1, 1, 1, 1, 1, 1, 2, 2, 3], [[1.0, 1], [2, 3]], [7, 3]),
        ([7, 7, 7, 7, 7, 7, 7, 7, 7, 7], [[7.0, 7]], [10]),
    ])
    func binsOfAColumnAreCountedByHand(_ values: [Double], _ ranges: [[Double]], _ sizes: [Int]) throws {
        // Noise comes first; the sources' values are those of their own numbers, whatever the predictions' order.
        let predictions = (0..<14).map { index in
            SamplePrediction(
                index: index, label: index < 4 ? 0 : 1, probability: index.isMultiple(of: 2) ? 0.75 : 0.25,
                threshold: 0.5)
        }
        let evaluation = Evaluation(
            predictions.reversed(), threshold: 0.5,
            columns: [StampNumbers(name: "mag", values: [1, 2, 3, .nan] + values)],
            replicates: 20)
        let column = try #require(evaluation.byColumn.first)
        #expect(column.column == "mag")
        #expect(column.bins.map { [$0.lower, $0.upper] } == ranges)
        #expect(column.bins.map(\.sources) == sizes)
        for (bin, range) in zip(column.bins, ranges) {
            let inBin = values.indices.filter { range[0] <= values[$0] && values[$0] <= range[1] }
            let found = inBin.count { ($0 + 4).isMultiple(of: 2) }
            #expect(bin.completeness?.value == Double(found) / Double(inBin.count))
        }
        #expect(evaluation.table.contains("\nmag "))
    }

    @Test func fewSourcesAreOneBinAndManyTen() {
        for (count, bins) in [(1, 1), (9, 1), (10, 2), (50, 10), (5000, 10)] {
            let predictions = (0..<count).map {
                SamplePrediction(index: $0, label: 1, probability: 0.5, threshold: 0.5)
            }
            let evaluation = Evaluation(
                predictions, threshold: 0.5, columns: [StampNumbers(name: "x", values: (0..<count).map(Double.init))],
                replicates: 0)
            #expect(evaluation.byColumn[0].bins.map(\.sources) == Array(repeating: count / bins, count: bins))
        }
    }

    @Test func withoutSourcesAColumnHasNoBins() {
        let noise = [SamplePrediction(index: 0, label: 0, probability: 0.5, threshold: 0.5)]
        let evaluation = Evaluation(
            noise, threshold: 0.5, columns: [StampNumbers(name: "x", values: [1])], replicates: 0)
        #expect(evaluation.byColumn[0].bins.isEmpty && evaluation.table.hasSuffix("ROC AUC\n"))
    }

    @Test func binsOfSignalToNoiseAreCountedByHand() throws {
        // Indices count through the noise first; the sources' ratios are those of their own numbers.
        let noise = [0.2, 0.4, 0.6, 0.1].enumerated().map { (index: $0, label: 0, probability: Float($1)) }
        let sources = [0.3, 0.9, 0.5, 0.8, 0.7].enumerated().map { (index: 4 + $0, label: 1, probability: Float($1)) }
        let evaluation = Evaluation(
            (noise + sources).map {
                SamplePrediction(index: $0.index, label: $0.label, probability: $0.probability, threshold: 0.45)
            }, threshold: 0.45, signalToNoise: [.nan, .nan, .nan, .nan, 4, 250, 3, .nan, 8], replicates: 20)
        let bins = evaluation.bySignalToNoise
        #expect(bins.map(\.lower) == [3, 7, 100])
        #expect(bins.map(\.upper) == [5, 10, nil])
        #expect(bins.map(\.sources) == [2, 1, 1])
        #expect(bins.map { $0.completeness?.value } == [0.5, 1, 1])
        // 0.3 is above two of four noise samples, 0.5 above three.
        #expect(bins.map { $0.rocArea?.value } == [5.0 / 8, 1, 1])
        let table = evaluation.table.split(separator: "\n")
        #expect(table.contains { $0.hasPrefix("3–5 ") && $0.contains("0.5000") })
        #expect(table.contains { $0.hasPrefix("100 and more ") })
    }
}
