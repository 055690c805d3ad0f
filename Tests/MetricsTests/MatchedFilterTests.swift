import Metrics
import TestSupport
import Testing

@Suite struct MatchedFilterTests {
    /// What `Tests/ReferenceValues/make_figure_reference.py` writes.
    struct Reference: Decodable {
        let height: Int
        let width: Int
        let pixels: [Double]
        let score: Double
    }

    @Test func scoresEqualNumpy() throws {
        let references = try ReferenceValues.json([Reference].self, "figures/matched_filter")
        for reference in references {
            let score = MatchedFilter(height: reference.height, width: reference.width).score(reference.pixels)
            // Sums of some hundred terms of order 1, in another order.
            #expect(abs(score - reference.score) < 1e-12 * max(1, reference.score))
        }
        #expect(references.count == 4)
    }

    @Test func neitherLevelNorScaleMatter() {
        let stamp = (0..<441).map { Double(($0 * 7919) % 101) + ($0 == 220 ? 500 : 0) }
        let filter = MatchedFilter(height: 21, width: 21)
        let (score, other) = (filter.score(stamp), filter.score(stamp.map { 1000 + 8 * $0 }))
        #expect(score > 5)
        #expect(abs(score - other) < 1e-12 * score)
    }

    @Test func aStampThatSaysNothingScoresZero() {
        let filter = MatchedFilter(height: 5, width: 5)
        #expect(filter.score([Double](repeating: 3, count: 25)) == 0)
        #expect(filter.score([.nan] + (1..<25).map(Double.init)) == 0)
        #expect(filter.score([.infinity] + (1..<25).map(Double.init)) == 0)
    }
}
