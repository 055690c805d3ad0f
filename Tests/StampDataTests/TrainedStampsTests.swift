import Foundation
import Testing

@testable import StampData

@Suite struct TrainedStampsTests {
    private func overlap(of sets: [TrainedStamps], with hashes: [UInt64]) -> TrainedStamps.Overlap {
        hashes.reduce(into: TrainedStamps.Overlap()) { sets.look(for: $1, &$0) }
    }

    @Test func stampsThatWereTrainedOnAreCounted() {
        let stamps = TrainedStamps(limit: .max, hashes: [9, 4, 4, 7])
        #expect(stamps.hashes == [4, 7, 9])
        let found = overlap(of: [stamps], with: [1, 4, 5, 9, 10])
        #expect(found.compared == 5 && found.found == 2 && found.count == 2)
        let both = overlap(of: [stamps, TrainedStamps(limit: .max, hashes: [5])], with: [1, 4, 5, 9, 10])
        #expect(both.found == 3)
        #expect(overlap(of: [TrainedStamps(limit: .max, hashes: [])], with: [0, 1]).count == 0)
    }

    /// Where a part of the hashes stands for all, so does a part of the stamps that are asked for.
    @Test func aLargeSetIsEstimated() {
        #expect(TrainedStamps.limit(stamps: 1000) == .max)
        let many = 16 * TrainedStamps.most
        let limit = TrainedStamps.limit(stamps: many)
        #expect(abs(Double(limit) / 0x1p64 - 1.0 / 16) < 1e-6)
        var state: UInt64 = 1
        let hashes = (0..<40_000).map { _ in
            // Knuth's linear congruential generator, its halves exchanged: the upper one is random.
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return state
        }
        let trained = TrainedStamps(limit: limit, hashes: hashes.prefix(20_000).filter { $0 <= limit })
        let found = overlap(of: [trained], with: hashes)
        // 2500 are compared, half of which are known: ± 2 % is four standard deviations.
        #expect(abs(found.count - 20_000) < 3200 && found.compared < 3000)
    }

    @Test func aHashDependsOnAllValues() {
        var values = (0..<441).map { Double($0 % 17) / 3 }
        let first = TrainedStamps.hash(values, count: 441)
        #expect(TrainedStamps.hash(values, count: 441) == first)
        for place in [0, 31, 32, 440] {
            values[place] += 1e-12
            #expect(TrainedStamps.hash(values, count: 441) != first)
            values[place] -= 1e-12
        }
    }
}
