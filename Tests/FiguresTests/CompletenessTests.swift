import Figures
import Metrics
import Testing

@Suite struct CompletenessTests {
    struct Expected: Decodable {
        struct Bin: Decodable {
            let lowest: Double
            let median: Double
            let highest: Double
            let sources: Int
            let found: Int
            let interval: [Double]
        }
        let ratios: [Double]
        let found: [Bool]
        let bins: [Bin]
    }

    @Test func binsEqualNumpyAndTheirIntervalsScipy() throws {
        for expected in try Reference.read([Expected].self, "completeness") {
            let bins = CompletenessFigure.bins(
                zip(expected.ratios, expected.found).map {
                    CompletenessFigure.Source(signalToNoise: $0, isFound: $1)
                })
            #expect(bins.map(\.sources) == expected.bins.map(\.sources))
            #expect(bins.map(\.found) == expected.bins.map(\.found))
            #expect(bins.map(\.lowest) == expected.bins.map(\.lowest))
            #expect(bins.map(\.median) == expected.bins.map(\.median))
            #expect(bins.map(\.highest) == expected.bins.map(\.highest))
            // scipy finds its z from a probability: some more roundings.
            for (bin, expected) in zip(bins, expected.bins) {
                #expect(abs(bin.completeness.lower - expected.interval[0]) < 1e-12)
                #expect(abs(bin.completeness.upper - expected.interval[1]) < 1e-12)
            }
        }
    }

    @Test func noSourcesHaveNoBins() { #expect(CompletenessFigure.bins([]).isEmpty) }

    @Test func theMatchedFilterTakesNoMoreNoiseForSourcesThanTheNetwork() throws {
        let network = try Reference.named("scattered").samples
        let filter = network.map { sample in
            // Other scores, with ties.
            ScoredSample(
                index: sample.index, trueClass: sample.trueClass,
                score: ((sample.score * 17).rounded() * 31).truncatingRemainder(dividingBy: 23))
        }
        for threshold: Float in [0, 0.1, 0.5, 0.9, 1] {
            let allowed = PredictionCounts(network, threshold: threshold).falsePositives
            let level = try #require(
                CompletenessFigure.matchedThreshold(network: network, matchedFilter: filter, threshold: threshold))
            #expect(PredictionCounts(filter, threshold: level).falsePositives <= allowed)
            // The next lower score of a noise stamp would be too low.
            let lower = filter.filter { !$0.isSource && $0.score < level }.map(\.score).max()
            if let lower { #expect(PredictionCounts(filter, threshold: lower).falsePositives > allowed) }
        }
    }

    @Test func onlySourcesOfKnownSignalToNoiseCount() throws {
        let network = [0.9, 0.8, 0.2, 0.7].enumerated().map {
            ScoredSample(index: $0, trueClass: $0 == 3 ? 0 : 1, score: Float($1))
        }
        let plot = try #require(
            CompletenessFigure(
                network: network, matchedFilter: nil, signalToNoise: [0: 10, 1: .nan, 2: 5, 3: 7], threshold: 0.5
            ).plot)
        #expect(plot.table.rows.count == 1)
        #expect(Array(plot.table.rows[0][..<6]) == ["network", "5.0", "7.5", "10.0", "2", "1"])
        #expect(
            CompletenessFigure(network: network, matchedFilter: nil, signalToNoise: [:], threshold: 0.5).plot == nil)
    }
}
