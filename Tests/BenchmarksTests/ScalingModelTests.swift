import Benchmarks
import Communication
import Testing

/// The model of a step against what its formula gives by hand. All numbers are sums of powers of two: nothing is
/// rounded.
@Suite struct ScalingModelTests {
    private static let network = ScalingModel.Link(latency: 1, secondsPerByte: 0.25)
    private static let node = ScalingModel.Link(latency: 0.5, secondsPerByte: 0.125)

    /// One lane; a step costs 4 and 8 a microbatch, and an update 2 of the 4.
    private func model(
        ranksPerNode: Int = 1, buckets: [(count: Int, segment: Int)] = [(count: 64, segment: 0)], sums: [Int] = [],
        readiness: [Double] = [1], lanes: Int = 1, format: GradientFormat = .float32,
        network: ScalingModel.Link? = Self.network, overlap: Double = 1
    ) -> ScalingModel {
        ScalingModel(
            lanes: lanes, ranksPerNode: ranksPerNode,
            compute: ScalingModel.Compute(base: 4, update: 2, perMicrobatch: 8, readiness: readiness),
            buckets: { _ in buckets }, sums: sums, format: format, node: ranksPerNode > 1 ? Self.node : nil,
            network: network, overlap: overlap)
    }

    @Test func oneRankOnlyComputes() throws {
        let step = try #require(model(network: nil).step(ranks: 1, microbatches: 6))
        #expect(step.seconds == 4 + 6 * 8)
        #expect(step.messages == 0 && step.bytes == 0 && step.exposed == 0 && step.sums == 0)
        let lanes = try #require(model(lanes: 4, network: nil).step(ranks: 1, microbatches: 6))
        #expect(lanes.seconds == 4 + 2 * 8)
    }

    /// Of 64 floats each of two ranks sends 32 and then its 32 new ones: 2 messages and 256 bytes; one more of 8 to
    /// agree.
    @Test func twoRanksExchangeTheirHalves() throws {
        let step = try #require(model().step(ranks: 2, microbatches: 4))
        #expect(step.compute == 4 - 1 + 2 * 8)
        #expect(step.exchange == 2 * 1 + 256 * 0.25)
        // One segment: nothing is left to compute while messages are under way.
        #expect(step.exposed == step.exchange)
        #expect(step.sums == 1)
        #expect(step.seconds == step.compute + step.exposed + step.sums)
        #expect(step.messages == 3 && step.bytes == 256 + 8)
    }

    /// (1 − 1/P)·n numbers each way: what a ring all-reduce moves, in one level or several.
    @Test(arguments: [(2, 1), (4, 1), (8, 1), (8, 4), (64, 1), (64, 8), (4096, 1)])
    func bytesAreThoseOfARing(ranks: Int, ranksPerNode: Int) throws {
        let count = 1 << 20
        let model = model(ranksPerNode: ranksPerNode, buckets: [(count: count, segment: 0)])
        let step = try #require(model.step(ranks: ranks, microbatches: ranks))
        let rounds = ranks.trailingZeroBitCount
        #expect(step.bytes == 2 * 4 * (count - count / ranks) + 8 * rounds)
        #expect(step.messages == 2 * model.sizes(ranks: ranks).reduce(0) { $0 + $1 - 1 } + rounds)
    }

    @Test func gradientsInBfloat16AreHalfAsLong() throws {
        let step = try #require(model(format: .bfloat16).step(ranks: 2, microbatches: 2))
        #expect(step.bytes == 32 * 2 + 32 * 4 + 8)
    }

    /// Five microbatches on two ranks: the first has 0…2, which is two subtrees (0 and 1; 2), and sends both.
    @Test func aRunThatIsNoSubtreeIsSentInParts() throws {
        let step = try #require(model().step(ranks: 2, microbatches: 5))
        #expect(step.bytes == 2 * 128 + 128 + 8)
    }

    @Test func levelsHaveTheirOwnLinks() throws {
        // Two on each of two nodes: 64 floats are halved within the node, then quartered.
        let step = try #require(model(ranksPerNode: 2).step(ranks: 4, microbatches: 4))
        #expect(step.exchange == 2 * (0.5 + 128 * 0.125) + 2 * (1 + 64 * 0.25))
    }

    @Test func batchNormalisationSumsTwiceASynchronisation() throws {
        let step = try #require(model(sums: [4, 2]).step(ranks: 2, microbatches: 2))
        #expect(step.sums == 2 * (1 + 32 * 0.25) + 2 * (1 + 16 * 0.25) + 1)
    }

    /// Two buckets; the first is filled when half of the passes is behind. 2 microbatches take 16.
    @Test(arguments: [1, 0.5, 0]) func whatIsUnderWayMeanwhileIsHidden(overlap: Double) throws {
        let model = model(
            buckets: [(count: 16, segment: 1), (count: 16, segment: 0)], readiness: [1, 0.5], overlap: overlap)
        let step = try #require(model.step(ranks: 2, microbatches: 4))
        // Each bucket's exchange and gathering take 1 + 32 · 0.25 = 9. The first exchange lasts from 8 to 17, beyond
        // the end at 16; then the second exchange has waited longest (since 16), then come both gatherings.
        let (all, bare) = (4 * 9.0, 17 + 3 * 9.0 - 16)
        #expect(step.exchange == all)
        #expect(step.exposed == bare + (1 - overlap) * (all - bare))
    }

    @Test func anUnknownLinkIsNotGuessed() {
        #expect(model(network: nil).step(ranks: 2, microbatches: 2) == nil)
        #expect(model(ranksPerNode: 2, network: nil).step(ranks: 2, microbatches: 2) != nil)
        #expect(model(ranksPerNode: 2, network: nil).step(ranks: 4, microbatches: 4) == nil)
        #expect(model(network: nil).forecast(ranks: 2, batchSize: 64, partSize: 32, microbatch: 16) == nil)
    }

    @Test(arguments: [2, 8, 64]) func theBatchFor90PercentIsTheSmallest(ranks: Int) throws {
        let model = model(sums: [8], lanes: 2)
        let forecast = try #require(model.forecast(ranks: ranks, batchSize: 512, partSize: 32, microbatch: 16))
        let batch = try #require(forecast.batchFor90Percent)
        func efficiency(_ batch: Int) throws -> Double {
            let microbatches = batch / 16
            let one = try #require(model.step(ranks: 1, microbatches: microbatches / ranks))
            return one.seconds / (try #require(model.step(ranks: ranks, microbatches: microbatches))).seconds
        }
        #expect(try efficiency(batch) >= 0.9)
        #expect(try efficiency(batch - 2 * ranks * 16) < 0.9)
    }

    @Test func aForecastComparesWithOneRank() throws {
        let model = model()
        let forecast = try #require(model.forecast(ranks: 2, batchSize: 64, partSize: 64, microbatch: 16))
        let alone = try #require(model.step(ranks: 1, microbatches: 4)).seconds
        let strong = try #require(model.step(ranks: 2, microbatches: 4)).seconds
        let weak = try #require(model.step(ranks: 2, microbatches: 8)).seconds
        #expect(forecast.strong.batchSize == 64 && forecast.weak.batchSize == 128)
        #expect(abs(forecast.strong.efficiency - alone / strong / 2) < 1e-15)
        #expect(abs(forecast.weak.efficiency - alone / weak) < 1e-15)
        #expect(forecast.strong.samplesPerSecond == 64 / strong)
    }
}
