import Communication
import Engine
import Lanes
import Layers
import Models
import Optimizers
import StampData
import StampLoading
import Tensors

/// Trains one network on stamps in memory and measures how fast that goes, and what takes the time.
final class NetworkBenchmark {
    /// Steps too small to diverge during the measurement.
    private static let learningRate: Float = 1e-4
    /// The most steps that are profiled.
    private static let mostProfiledSteps = 200

    private let model: BenchmarkedNetwork
    private let configuration: BenchmarkConfiguration
    let network: Network
    let plan: BatchPlan
    private let group: any ProcessGroup
    private let levels: RankLevels
    /// All lanes, and those that have a microbatch.
    private let team, trainingTeam: LaneTeam
    private let step: TrainingStep
    private let inference: Inference
    private let stamps: LabelledStamps
    /// The number of the next step in the run.
    private var next = 0

    /// Loads each rank's share of the stamps. Collective.
    init(
        _ model: BenchmarkedNetwork, _ network: Network, _ configuration: BenchmarkConfiguration,
        stamps reader: StampReader,
        team: LaneTeam, group: any ProcessGroup
    ) throws {
        self.model = model
        self.configuration = configuration
        self.group = group
        levels = try RankLevels(group, ranksPerNode: configuration.ranksPerNode)
        self.team = team
        self.network = network
        // Whole batches only: each step costs the same.
        let samples = reader.collection.count / configuration.batchSize * configuration.batchSize
        plan = BatchPlan(
            samples: samples, batchSize: configuration.batchSize,
            microbatch: min(
                configuration.microbatch ?? network.defaultMicrobatch(batchSize: configuration.batchSize),
                configuration.batchSize))
        let positions = (0..<plan.microbatches).balancedRuns(over: group.size)[group.rank]
        let busy = max(1, positions.count)
        trainingTeam = try group.agree { busy < team.count ? try LaneTeam(count: busy) : team }
        trainingTeam.timeline = Timeline(
            lanes: trainingTeam.count,
            capacity: Timeline.capacity(
                network: network, microbatches: (positions.count + trainingTeam.count - 1) / trainingTeam.count,
                steps: Self.mostProfiledSteps))
        let list = Array(0..<samples)
        let shard = try TrainingShard(
            reader: reader, strata: Strata(of: list, plan: plan, seed: 0), positions: positions, team: team)
        let weights = network.initialWeights(seed: 0)
        step = try TrainingStep(
            network: network, weights: weights, shard: shard, plan: plan, optimizer: .sgd(), seed: 0,
            format: configuration.gradients, team: trainingTeam, levels: levels, group: group)
        inference = Inference(network: network, weights: weights, prepared: step.prepared, team: team, group: group)
        stamps = try LabelledStamps(list, reader, team: team, group: group)
    }

    /// Ends threads that were started for this network.
    func finish() {
        trainingTeam.timeline = nil
        if trainingTeam !== team { trainingTeam.finish() }
    }

    /// Measures everything. Collective.
    ///
    /// - Returns: the measurement on rank 0, nil elsewhere.
    func run() throws -> NetworkMeasurement? {
        try trainingTeam.run { [step] lane in step.prepareWeights(lane: lane) }
        let training = try TimedRounds.measure(seconds: configuration.seconds, group: group) { try train(steps: $0) }
        let profile = try profile(secondsPerStep: training.times[0])
        let resident = try group.maximum(of: ResidentMemory.peak())
        let forward = try TimedRounds.measure(seconds: configuration.seconds / 3, group: group) { repetitions in
            try TimedRounds.time(group: group) {
                for _ in 0..<repetitions { _ = try inference.logits(of: stamps) }
            } / Double(repetitions)
        }
        let allReduce = try AllReduceBenchmark(
            parameterCount: network.trainableCount, team: team, levels: levels,
            format: configuration.gradients, group: group
        )
        .run(seconds: configuration.seconds / 6)
        guard let totals = profile.totals else { return nil }
        return NetworkMeasurement(
            model: model.name, network: network, plan: plan, lanes: team.count * group.size,
            stepSeconds: training.times, steps: training.repetitions * TimedRounds.count,
            forwardSeconds: forward.times, totals: totals, profiledSteps: profile.steps, residentBytes: resident,
            allReduce: allReduce, wantsLayers: configuration.layers)
    }

    /// The time of a step in the fastest round, and how it is spent.
    func trainingAlone() throws -> (seconds: Double, totals: TimelineTotals) {
        try trainingTeam.run { [step] lane in step.prepareWeights(lane: lane) }
        let times = try TimedRounds.measure(seconds: configuration.seconds, group: group) { try train(steps: $0) }.times
        let least = times.min()!
        return (least, try profile(secondsPerStep: least).totals!)
    }

    /// Trains `steps` steps. Collective.
    /// - Returns: seconds of one step.
    private func train(steps: Int) throws -> Double {
        let numbers = next..<next + steps
        next += steps
        let seconds = try TimedRounds.time(group: group) {
            try trainingTeam.run { [step, plan, group, trainingTeam] lane in
                for number in numbers {
                    let (epoch, stepOfEpoch) = number.quotientAndRemainder(dividingBy: plan.steps)
                    if stepOfEpoch == 0 { step.beginEpoch(epoch, lane: lane) }
                    // As in a run, where ranks agree after each step to continue.
                    step.run(step: stepOfEpoch, globalStep: number, learningRate: Self.learningRate, lane: lane) {
                        _ = try group.maximum(of: 0)
                    }
                    if trainingTeam.hasFailed { return }
                }
            }
        }
        return seconds / Double(steps)
    }

    /// Trains some more steps and profiles them. Collective.
    /// - Returns: sums over all ranks on rank 0.
    private func profile(secondsPerStep: Double) throws -> (totals: TimelineTotals?, steps: Int) {
        let steps = min(Self.mostProfiledSteps, max(2, Int(configuration.seconds / 3 / secondsPerStep)))
        let timeline = trainingTeam.timeline!
        timeline.record(steps: next..<next + steps)
        _ = try train(steps: steps)
        return (try TimelineTotals(timeline, nodes: network.nodes.count).summed(over: group), steps)
    }
}
