import Communication
import EngineTestSupport
import Lanes
import StampData
import StampLoading
import Tensors
import TestSupport
import Testing

/// A rank holds its own strata and nothing else.
@Suite struct TrainingShardTests {
    private static let stamps = LabelledPixels(count: 203, side: 5, seed: 3)

    /// The shards of `ranks` ranks.
    private func shards(_ ranks: Int, _ plan: BatchPlan, _ team: LaneTeam, _ folder: TemporaryFolder) throws
        -> [TrainingShard]
    {
        let collection = try Self.stamps.collection(in: folder).collection
        let strata = try Strata(of: Array(0..<Self.stamps.count), plan: plan, seed: 9)
        return try (0..<plan.microbatches).balancedRuns(over: ranks).map { positions in
            try TrainingShard(
                reader: StampReader(collection, .none), strata: strata, positions: positions, seed: 9,
                team: team)
        }
    }

    @Test(arguments: 1...5, [(203, 7), (64, 8), (20, 6), (3, 1)])
    func residentStampsAreAboutAnEqualShare(ranks: Int, batch: (size: Int, microbatch: Int)) throws {
        let team = try LaneTeam(count: 2)
        defer { team.finish() }
        let plan = BatchPlan(samples: Self.stamps.count, batchSize: batch.size, microbatch: batch.microbatch)
        let shards = try shards(ranks, plan, team, TemporaryFolder())
        let largestStratum = plan.stratumSamples(position: 0)
        let share = (plan.samples + ranks - 1) / ranks
        #expect(shards.allSatisfy { $0.residentStamps <= share + largestStratum })
        #expect(shards.reduce(0) { $0 + $1.residentStamps } == plan.samples)
    }

    /// Over an epoch the ranks together draw every stamp once, with its pixels and its label, in an order of the
    /// epoch's own.
    @Test(arguments: 1...5) func ranksTogetherDrawEveryStampOnceAnEpoch(ranks: Int) throws {
        let team = try LaneTeam(count: 2)
        defer { team.finish() }
        let folder = try TemporaryFolder()
        let plan = BatchPlan(samples: Self.stamps.count, batchSize: 32, microbatch: 5)
        let shards = try shards(ranks, plan, team, folder)
        let (collection, numbers) = try Self.stamps.collection(in: folder)
        let input = FloatBuffer(count: plan.largestMicrobatch * 25)
        var epochs: [[UInt32]] = []
        for epoch in 0..<3 {
            var drawn: [UInt32] = []
            for (shard, positions) in zip(shards, (0..<plan.microbatches).balancedRuns(over: ranks)) {
                for position in positions { shard.beginEpoch(epoch, position: position) }
                for step in 0..<plan.steps {
                    for position in positions {
                        let count = try shard.draw(step: step, position: position, into: input.pointer)
                        #expect(count == plan.microbatchSamples(step: step, position: position))
                        for sample in 0..<count {
                            let number = shard.numbers(position: position)[sample]
                            drawn.append(number)
                            let label = shard.label(step: step, position: position, sample: sample)
                            #expect(label == collection.label(Int(number)))
                            let stamp = numbers.firstIndex(of: Int(number))!
                            #expect(input.array[sample * 25..<(sample + 1) * 25] == Self.stamps.stamp(stamp))
                        }
                    }
                }
            }
            #expect(drawn.sorted() == (0..<203).map { UInt32($0) })
            epochs.append(drawn)
        }
        #expect(Set(epochs).count == 3)
    }

    /// Stamps that several strata draw are where each of them looks for them, in memory or read ahead, on any ranks.
    @Test(arguments: 1...4, [1.0, 0.4, 0]) func sharedStampsAreDrawnByAllStrata(ranks: Int, resident: Double) throws {
        let team = try LaneTeam(count: 2)
        defer { team.finish() }
        let folder = try TemporaryFolder()
        let (collection, numbers) = try Self.stamps.collection(in: folder)
        // Two stamps of one class, and all of the other.
        let rare = (0..<collection.count).filter { collection.label($0) == 1 }.prefix(2)
        let training = (0..<collection.count).filter { collection.label($0) == 0 } + rare
        let plan = BatchPlan(samples: training.count, batchSize: 40, microbatch: 8)
        let strata = try Strata(of: training, plan: plan, seed: 9, shares: [0.5, 0.5], classes: collection)
        var drawn: [Int: Int] = [:]
        for positions in (0..<plan.microbatches).balancedRuns(over: ranks) {
            let demand = StampMemory.Demand(
                training: positions.reduce(0) { $0 + strata.stamps(position: $1).count }, validation: 0,
                trainingValues: 25, validationValues: 25, lanes: 1, largestMicrobatch: plan.largestMicrobatch)
            let budget = max(demand.leastBytes, Int(resident * Double(demand.bytes)))
            let shard = try TrainingShard(
                reader: StampReader(collection, .none), strata: strata, positions: positions, seed: 9,
                memory: StampMemory(demand, budget: resident < 1 ? budget : nil), team: team)
            #expect(shard.isStreamed == (resident < 1))
            try shard.prepareReading(by: [positions])
            let input = FloatBuffer(count: plan.largestMicrobatch * 25)
            for epoch in 0..<2 {
                for position in positions { shard.beginEpoch(epoch, position: position) }
                shard.beginReading(positions, step: 0, epoch: epoch)
                for step in 0..<plan.steps {
                    for position in positions {
                        let count = try shard.draw(step: step, position: position, into: input.pointer)
                        for sample in 0..<count {
                            let number = Int(shard.numbers(position: position)[sample])
                            drawn[number, default: 0] += 1
                            let label = shard.label(step: step, position: position, sample: sample)
                            #expect(label == collection.label(number))
                            let stamp = numbers.firstIndex(of: number)!
                            #expect(input.array[sample * 25..<(sample + 1) * 25] == Self.stamps.stamp(stamp))
                        }
                    }
                }
            }
        }
        #expect(drawn.values.reduce(0, +) == 2 * training.count)
        // Half of the draws, to within one in each stratum and epoch.
        for stamp in rare { #expect(abs(drawn[stamp, default: 0] - training.count / 2) <= 2 * plan.microbatches) }
    }

    /// What a position draws does not depend on how many ranks there are.
    @Test func drawsDoNotDependOnTheNumberOfRanks() throws {
        let team = try LaneTeam(count: 1)
        defer { team.finish() }
        let plan = BatchPlan(samples: Self.stamps.count, batchSize: 40, microbatch: 6)
        let input = FloatBuffer(count: plan.largestMicrobatch * 25)
        let draws = try (1...5).map { ranks in
            try shards(ranks, plan, team, TemporaryFolder()).enumerated().flatMap { rank, shard in
                try (0..<plan.microbatches).balancedRuns(over: ranks)[rank].map { position in
                    shard.beginEpoch(4, position: position)
                    let count = try shard.draw(step: plan.steps - 1, position: position, into: input.pointer)
                    return (0..<count).map { shard.numbers(position: position)[$0] }
                }
            }
        }
        #expect(draws.allSatisfy { $0 == draws[0] })
    }
}
