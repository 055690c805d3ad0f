import Communication
import Engine
import EngineTestSupport
import FoundationEssentials
import Lanes
import Models
import Optimizers
import StampData
import StampLoading
import Tensors
import TestSupport
import Testing

/// What lanes note of training steps, and what is made of it.
@Suite struct TimelineTests {
    /// A training step of three microbatches of 8 on two lanes.
    private struct Setup {
        let network: Network
        let plan = BatchPlan(samples: 24, batchSize: 24, microbatch: 8)
        let team: LaneTeam
        let step: TrainingStep
        let folder: TemporaryFolder

        init(_ model: StandardNetwork, capacity: Int? = nil) throws {
            folder = try TemporaryFolder()
            network = try Network.standard(model)
            team = try LaneTeam(count: 2)
            team.timeline = Timeline(
                lanes: 2, capacity: capacity ?? Timeline.capacity(network: network, microbatches: 2, steps: 3))
            let stamps = try LabelledPixels(count: 24, seed: 5).collection(in: folder).collection
            let shard = try TrainingShard(
                reader: StampReader(stamps, .none), strata: Strata(of: Array(0..<24), plan: plan, seed: 0),
                positions: 0..<3, team: team)
            step = try TrainingStep(
                network: network, weights: network.initialWeights(seed: 0), shard: shard, plan: plan,
                optimizer: .sgd(), seed: 0, team: team, group: SingleProcess())
        }

        /// Trains steps 0 ..< `count` and records those in `recorded`.
        func run(_ count: Int, recording recorded: Range<Int>) throws -> Timeline {
            defer { team.finish() }
            team.timeline!.record(steps: recorded)
            try team.run { [step] lane in
                step.prepareWeights(lane: lane)
                for number in 0..<count {
                    step.beginEpoch(number, lane: lane)
                    step.run(step: 0, globalStep: number, learningRate: 0.01, lane: lane)
                }
            }
            return team.timeline!
        }
    }

    @Test func onlyTheChosenStepsAreRecorded() throws {
        let timeline = try Setup(.vgg6).run(6, recording: 2..<5)
        for lane in timeline.lanes {
            #expect(lane.events.filter { $0.activity == .step }.map(\.detail) == [2, 3, 4])
            #expect(lane.dropped == 0)
        }
    }

    /// In one lane nothing but the steps themselves encloses anything.
    @Test(arguments: [StandardNetwork.simple, .vgg6]) func eventsFollowOneAnother(model: StandardNetwork) throws {
        let timeline = try Setup(model).run(3, recording: 0..<3)
        for lane in timeline.lanes {
            var last = Int.min
            for event in lane.events where event.activity != .step {
                #expect(event.start >= last && event.end >= event.start)
                last = event.end
            }
            let steps = lane.events.filter { $0.activity == .step }
            for event in lane.events {
                #expect(steps.contains { $0.start <= event.start && event.end <= $0.end })
            }
        }
    }

    /// Every layer passes each microbatch once each way, and forward again where that is cheaper than keeping its
    /// output; a batch normalisation does so in two parts.
    @Test func everyPassIsRecorded() throws {
        let setup = try Setup(.vgg6)
        let repeated = PassPlan(network: setup.network, samples: 1, isTraining: true).recomputed.flatMap { $0 }
        let events = try setup.run(2, recording: 1..<2).lanes.flatMap { Array($0.events) }
        for (number, node) in setup.network.nodes.enumerated() where node.layer != nil {
            let parts = node.kind.kerasName == "BatchNormalization" ? 2 : 1
            for activity in [Activity.forward, .backward] {
                let again = activity == .forward ? repeated.count { $0 == number } : 0
                let recorded = events.count { $0.activity == activity && $0.detail == number }
                #expect(recorded == 3 * (parts + again), "\(node.name)")
            }
        }
        #expect(events.count { $0.activity == .load } == 3 && events.count { $0.activity == .loss } == 3)
        #expect(events.count { $0.activity == .update } == 2 && events.count { $0.activity == .prepareWeights } == 2)
        #expect(events.contains { $0.activity == .waiting } && events.contains { $0.activity == .statistics })
    }

    @Test func eventsWithoutRoomAreCounted() throws {
        let all = try Setup(.vgg6).run(2, recording: 0..<2)
        let few = try Setup(.vgg6, capacity: 10).run(2, recording: 0..<2)
        for (whole, short) in zip(all.lanes, few.lanes) {
            #expect(short.events.count == 10 && short.events.count + short.dropped == whole.events.count)
        }
    }

    @Test func theCapacityHoldsWhatIsPlanned() throws {
        for model in StandardNetwork.allCases {
            let timeline = try Setup(model).run(3, recording: 0..<3)
            #expect(timeline.lanes.allSatisfy { $0.dropped == 0 }, "\(model)")
        }
    }

    @Test func totalsAreTheSumsOfTheEvents() throws {
        let setup = try Setup(.vgg6)
        let timeline = try setup.run(3, recording: 0..<3)
        let totals = TimelineTotals(timeline, nodes: setup.network.nodes.count)
        let events = timeline.lanes.flatMap { Array($0.events) }
        for activity in Activity.allCases {
            let sum = events.filter { $0.activity == activity }.reduce(0) { $0 + $1.end - $1.start }
            #expect(totals[activity] == sum, "\(activity)")
        }
        #expect(totals.forward.reduce(0, +) == totals[.forward] && totals.backward.reduce(0, +) == totals[.backward])
        for node in setup.network.nodes.indices {
            let passes = events.filter { $0.activity == .backward && $0.detail == node }.map { $0.end - $0.start }
            #expect(totals.fastestBackward[node] == passes.min() ?? 0)
        }
        let shares = [Activity.Kind.work, .idle, .message].map { totals.share(totals[$0]) }
        #expect(shares.allSatisfy { $0 >= 0 && $0 <= 1 } && shares.reduce(0, +) <= 1)
        // One process sends nothing.
        #expect(totals[.message] == 0 && totals.hiddenShare == nil)
    }

    @Test func totalsOfRanksAddUp() throws {
        let setup = try Setup(.simple)
        let totals = TimelineTotals(try setup.run(2, recording: 0..<2), nodes: setup.network.nodes.count)
        let sum = try #require(try RankInTurn.run(3) { try totals.summed(over: $0) })
        for activity in Activity.allCases { #expect(sum[activity] == 3 * totals[activity]) }
        #expect(sum.forward == totals.forward.map { 3 * $0 } && sum.backward == totals.backward.map { 3 * $0 })
        #expect(sum.fastestForward == totals.fastestForward && sum.fastestBackward == totals.fastestBackward)
        #expect(sum.share(sum[.work]) == totals.share(totals[.work]))
    }

    /// Two messages that overlap, and one that blocks: 0–70 and 100–130 are in flight, of which 10–40 and 50–60
    /// computed.
    @Test func communicationIsHiddenWhereLaneZeroComputes() {
        let timeline = Timeline(lanes: 1, capacity: 10)
        let lane = timeline.lanes[0]
        for (activity, start, end) in [
            (.backward, 10, 40), (.flight, 0, 50), (.waiting, 40, 50), (.update, 50, 60), (.flight, 30, 70),
            (.load, 80, 100), (.gather, 100, 130), (.update, 130, 150),
        ] as [(Activity, Int, Int)] {
            lane.record(LaneTimeline.Event(activity: activity, detail: 0, start: start, end: end))
        }
        let totals = TimelineTotals(timeline, nodes: 1)
        #expect(totals.inFlight == 100 && totals.hidden == 40 && totals.hiddenShare == 0.4)
    }
}
