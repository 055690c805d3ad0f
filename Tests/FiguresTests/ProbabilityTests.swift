import Figures
import Metrics
import TestSupport
import Testing

@Suite struct ProbabilityTests {
    @Test(arguments: Reference.names, ["0.25", "0.5"])
    func theConfusionMatrixEqualsScikitLearn(name: String, threshold: String) throws {
        let reference = try Reference.named(name)
        let counts = PredictionCounts(reference.samples, threshold: Float(threshold)!)
        #expect(counts.counts == reference.confusion[threshold])
        let table = ConfusionFigure(reference.samples, threshold: Float(threshold)!).plot.table
        #expect(table.rows.map { Int($0[2])! } == reference.confusion[threshold]!.flatMap { $0 })
        for (row, total) in zip(table.rows, [0, 0, 1, 1].map(counts.samples)) {
            #expect(total == 0 ? row[3] == "nan" : Double(row[3])! == Double(row[2])! / Double(total))
        }
    }

    @Test(arguments: Reference.names)
    func theReliabilityEqualsScikitLearn(name: String) throws {
        let reference = try Reference.named(name)
        let bins = ReliabilityBin.bins(reference.samples)
        #expect(bins.count == 10 && bins.reduce(0) { $0 + $1.samples } == reference.samples.count)
        let filled = bins.filter { $0.samples > 0 }
        #expect(isEqual(filled.map(\.shareOfSources), reference.calibration.share_of_sources))
        #expect(isEqual(filled.map(\.meanProbability), reference.calibration.mean_probability))
        #expect(isEqual([ReliabilityBin.expectedCalibrationError(bins)], [reference.calibration_error]))
    }

    @Test(arguments: Reference.names)
    func theHistogramsEqualNumpy(name: String) throws {
        let reference = try Reference.named(name)
        for trueClass in 0...1 {
            let scores = reference.samples.filter { $0.trueClass == trueClass }.map(\.score)
            #expect(ScoreHistogramFigure.counts(scores, bins: 40) == reference.histograms[trueClass])
        }
    }

    @Test func theWorstMistakesComeFirst() throws {
        let samples = [(0, 0.75), (1, 0.875), (0, 1.0), (1, 0.125), (0, 0.25), (1, 0.0), (1, 0.5)].enumerated().map {
            ScoredSample(index: $0, trueClass: $1.0, score: Float($1.1))
        }
        #expect(StampGridFigure.mistakes(samples, threshold: 0.5).map(\.index) == [2, 5, 3, 0, 6])
        #expect(StampGridFigure.mistakes(samples, threshold: 0.5, most: 2).map(\.index) == [2, 5])
        // Another threshold makes other mistakes.
        #expect(StampGridFigure.mistakes(samples, threshold: 0.9).map(\.index) == [2, 5, 3, 6, 1])
    }

    @Test func examplesAreEvenlySpacedAndOfBothClasses() {
        let samples = (0..<130).map { ScoredSample(index: $0, trueClass: $0 < 100 ? 0 : 1, score: 0.5) }
        let indices = StampGridFigure.examples(samples.reversed()).map(\.index)
        #expect(indices == Array(stride(from: 0, to: 100, by: 10)) + Array(stride(from: 100, to: 130, by: 3)))
        #expect(StampGridFigure.examples(Array(samples.prefix(3))).map(\.index) == [0, 1, 2])
    }
}
