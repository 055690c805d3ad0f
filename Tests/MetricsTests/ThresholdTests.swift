import Metrics
import TestSupport
import Testing

/// `Tests/ReferenceValues/make_decision_reference.py` finds the thresholds with scikit-learn's precision_recall_curve.
@Suite struct ThresholdTests {
    private struct Reference: Decodable {
        struct Target: Decodable {
            let target: Double
            let score: Float
        }
        struct Classifier: Decodable {
            let labels: [Int]
            let scores: [Float]
            let completeness: [Target]
            let purity: [Target]
        }
        let classifier: Classifier
    }

    private let reference: Reference.Classifier
    private let samples: [ScoredSample]

    init() throws {
        let reference = try ReferenceValues.json(Reference.self, "decisions/decisions").classifier
        self.reference = reference
        samples = reference.labels.indices.map {
            ScoredSample(index: $0, trueClass: reference.labels[$0], score: reference.scores[$0])
        }
    }

    /// The samples above our threshold are those of at least scikit-learn's.
    private func expectSame(_ threshold: Float?, _ score: Float) throws {
        let threshold = try #require(threshold)
        #expect(samples.filter { $0.score > threshold } == samples.filter { $0.score >= score })
    }

    @Test func theThresholdIsTheHighestThatIsCompleteEnough() throws {
        let sweep = ThresholdSweep(samples)
        for target in reference.completeness {
            try expectSame(sweep.threshold(completeness: target.target), target.score)
        }
    }

    @Test func theThresholdIsTheLowestThatIsPureEnough() throws {
        let sweep = ThresholdSweep(samples)
        for target in reference.purity { try expectSame(sweep.threshold(purity: target.target), target.score) }
    }

    @Test func aPurityOutOfReachHasNoThreshold() throws {
        let sweep = ThresholdSweep([
            ScoredSample(index: 0, trueClass: 0, score: 0.9), ScoredSample(index: 1, trueClass: 1, score: 0.8),
            ScoredSample(index: 2, trueClass: 1, score: 0.7), ScoredSample(index: 3, trueClass: 0, score: 0.6),
        ])
        #expect(sweep.threshold(purity: 0.7) == nil)
        let purest = try #require(sweep.purest)
        #expect(purest.purity == 2.0 / 3)
        #expect(purest.threshold > 0.6 && purest.threshold < 0.7)
        #expect(ThresholdSweep([]).purest == nil)
        #expect(ThresholdSweep([ScoredSample(index: 0, trueClass: 0, score: 1)]).threshold(completeness: 0.5) == nil)
    }

    @Test func withoutSourcesThereIsNoPurity() {
        let sweep = ThresholdSweep((0..<3).map { ScoredSample(index: $0, trueClass: 0, score: Float($0) / 4) })
        #expect(sweep.threshold(purity: 0.5) == nil && sweep.purest == nil)
    }

    /// 0.55 · 100 is a little more than 55 in binary.
    @Test(arguments: [(0.55, 55, 100), (0.07, 7, 100), (0.95, 19, 20)])
    func aShareThatIsReachedExactlyIsEnough(_ share: Double, _ part: Int, _ whole: Int) throws {
        let sources = (0..<whole).map { ScoredSample(index: $0, trueClass: 1, score: 1 - Float($0) / 256) }
        let complete = try #require(ThresholdSweep(sources).threshold(completeness: share))
        #expect(sources.count { ThresholdRule.isSource($0.score, above: complete) } == part)
        let mixed = sources.map {
            ScoredSample(index: $0.index, trueClass: $0.index < whole - part ? 0 : 1, score: $0.score)
        }
        let pure = try #require(ThresholdSweep(mixed).threshold(purity: share))
        #expect(mixed.allSatisfy { ThresholdRule.isSource($0.score, above: pure) })
    }

    /// Scores of which no number lies between.
    @Test func neighbouringNumbersAreToldApart() throws {
        let high: Float = 0.75, low = high.nextDown
        let sweep = ThresholdSweep([
            ScoredSample(index: 0, trueClass: 1, score: high), ScoredSample(index: 1, trueClass: 0, score: low),
        ])
        let threshold = try #require(sweep.threshold(completeness: 1))
        #expect(high > threshold && !(low > threshold))
    }
}
