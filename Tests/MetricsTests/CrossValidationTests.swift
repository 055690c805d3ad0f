import Files
import FoundationEssentials
import Metrics
import Testing

@Suite struct CrossValidationTests {
    /// Test sets of one noise stamp and one source, with so many of both right.
    private func metrics(_ scores: [Float], first: Int) -> TestMetrics {
        LabelledPredictions.two(
            scores.enumerated().map {
                SamplePrediction(index: first + $0, label: $0 % 2, probability: $1, threshold: 0.5)
            }
        ).metrics(classNames: ["noise", "source"])
    }

    private struct Spread: Decodable {
        let mean: Double
        let standard_deviation: Double
        let values: [Double]
    }

    /// `numpy.mean` and `numpy.std(ddof=1)` of [1, 0.5, 0] are 0.5 and 0.5; of areas [1, 0] 0.5 and 1/√2.
    @Test func meansAndDeviationsAreThoseOfNumpy() throws {
        let folds = CrossValidation([
            metrics([0.25, 0.75], first: 0), metrics([0.75, 0.75], first: 2), metrics([0.75, 0.25], first: 4),
        ])
        let text = try JSONFile.text(of: folds)
        #expect(text.contains("\"folds\" : 3"))
        let spreads = try JSONDecoder().decode(
            [String: Spread].self, from: Data(text.replacing("\"folds\" : 3,", with: "").utf8))
        #expect(spreads["accuracy"]?.values == [1, 0.5, 0])
        #expect(spreads["accuracy"]?.mean == 0.5 && spreads["accuracy"]?.standard_deviation == 0.5)
        #expect(spreads["roc_auc"]?.values == [1, 0.5, 0])
        #expect(spreads["matthews_correlation"]?.values == [1, 0, -1])
        #expect(folds.table.contains("accuracy                  0.5000    0.5000    0.0000    1.0000"))
    }

    @Test func samplesOfAllFoldsStandTogether() {
        let sets = [[4, 0], [1, 3]].map { indices in
            TestSet.two(indices.map { ScoredSample(index: $0, trueClass: $0 % 2, score: 0.4) })
        }
        guard case .two(let samples) = LabelledPredictions(joining: [(sets[0], 0.5), (sets[1], 0.3)]) else {
            Issue.record("two classes became more")
            return
        }
        #expect(samples.map(\.index).sorted() == [0, 1, 3, 4])
        #expect(samples.allSatisfy { $0.predictedClass == ($0.index == 1 || $0.index == 3 ? 1 : 0) })
    }
}
