import TensorBoard
import Testing

@Suite struct HistogramTests {
    /// As `numpy.histogram([-1, 0, 0.5, 0.75, 3], bins=4)` counts: [1, 3, 0, 1].
    @Test func valuesFallIntoBucketsOfEqualWidth() {
        let histogram = Histogram(of: [3, 0, 0.5, -1, .nan, 0.75, .infinity], buckets: 4)
        #expect(histogram.counts == [1, 3, 0, 1])
        #expect(histogram.upperEdges == [0, 1, 2, 3])
        #expect(histogram.minimum == -1 && histogram.maximum == 3)
        #expect(histogram.count == 5 && histogram.sum == 3.25 && histogram.sumOfSquares == 10.8125)
    }

    @Test func equalValuesFillOneBucket() {
        let histogram = Histogram(of: [2, 2, 2])
        #expect(histogram.counts == [3] && histogram.upperEdges == [2] && histogram.minimum == 2)
    }

    @Test func noFiniteValuesMakeNoBuckets() {
        let histogram = Histogram(of: [.nan, -.infinity])
        #expect(histogram.counts.isEmpty && histogram.count == 0 && histogram.minimum == 0 && histogram.maximum == 0)
    }
}
