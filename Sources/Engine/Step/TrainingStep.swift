import CKernels
import Communication
import Lanes
import Layers
import Models
import Optimizers
import StampData
import StampLoading
import Synchronization
import Tensors

/// One step of training, from stamps to new parameters, on all lanes of all ranks.
///
/// `run` shows the whole flow. Everything is planned and allocated before the first step.
package final class TrainingStep: @unchecked Sendable {
    package let network: Network
    package let weights: Weights
    package let prepared: PreparedWeights
    /// The levels by which ranks sum.
    package let levels: RankLevels
    let team: LaneTeam
    let group: any ProcessGroup
    let shard: TrainingShard
    let plan: BatchPlan
    let seed: UInt64
    let labelSmoothing: Double
    /// γ of the focal loss; 0 for the cross-entropy.
    let focusing: Double
    /// The weight of each class.
    let classWeights: [Double]
    /// The format that gradients and their sums are rounded to.
    let format: GradientFormat
    let lanes: [Lane]
    let pipeline: GradientPipeline
    private let penalties: WeightPenalties
    /// What the weights add to the loss. Lane 0 writes it before the barrier at which the weights are ready.
    private(set) var penalty = 0.0
    let synchronization: LayerSynchronization
    let parameterRanges: [[Range<Int>]]
    /// The error that kept stamps from being read, if any.
    let failure = Mutex<(any Error)?>(nil)
    /// Loss and correct predictions of this epoch so far, for each of this rank's microbatch positions.
    package internal(set) var totals: EpochTotals

    /// - Throws: `Fault(.noResources)` when the system refuses a thread that reads stamps ahead.
    package init(
        network: Network, weights: Weights, shard: TrainingShard, plan: BatchPlan, optimizer: Optimizer,
        regularization: Regularization = Regularization(), labelSmoothing: Double = 0, focusing: Double = 0,
        classWeights: [Double]? = nil, seed: UInt64, format: GradientFormat = .float32, team: LaneTeam,
        levels arrangement: RankLevels? = nil, group: any ProcessGroup
    ) throws {
        let levels = arrangement ?? RankLevels(flat: group)
        self.levels = levels
        self.network = network
        self.weights = weights
        self.shard = shard
        self.plan = plan
        self.seed = seed
        self.labelSmoothing = labelSmoothing
        self.focusing = focusing
        self.classWeights = classWeights ?? Array(repeating: 1, count: network.classCount)
        self.format = format
        self.team = team
        self.group = group
        parameterRanges = network.parameterRanges
        penalties = WeightPenalties(network)
        let prepared = PreparedWeights(network: network, weights: weights, lanes: team.count)
        self.prepared = prepared

        let tree = CanonicalTree(count: plan.microbatches)
        let rankRuns = (0..<plan.microbatches).balancedRuns(over: group.size)
        let laneRuns = rankRuns[group.rank].balancedRuns(over: team.count)
        try shard.prepareReading(by: laneRuns)
        let lanes = laneRuns.enumerated().map { number, run in
            Lane(
                run, network: network, plan: plan, weights: weights, prepared: prepared,
                timeline: team.timeline?.lanes[number])
        }
        self.lanes = lanes
        let buckets = network.gradientBuckets(smallest: Network.smallestBucket(levels))
        let reduction = GradientReduction(
            levels: levels, tree: tree, rankRuns: rankRuns, buckets: buckets.map(\.range),
            parts: lanes.flatMap(\.parts), format: format)
        let rule = ParameterUpdate(
            optimizer: optimizer, regularization: regularization, weights: weights, network: network,
            norms: { TensorNorms(network: network, buckets: reduction.buckets, group: group) })
        stateNames = rule.stateNames
        pipeline = GradientPipeline(
            reduction: reduction, segments: buckets.map(\.segment), weights: weights, rule: rule,
            lanes: team.count, group: group, timeline: team.timeline)
        synchronization = LayerSynchronization(
            network: network, weights: weights, prepared: prepared, tree: tree, rankRuns: rankRuns, levels: levels,
            timeline: team.timeline?.lanes[0])
        totals = EpochTotals(positions: rankRuns[group.rank])
    }

    /// The names of `optimizerState`'s vectors.
    package let stateNames: [String]
    /// The optimizer's state of this rank's slices of the parameters, slice after slice, vector by vector.
    package var optimizerState: [FloatBuffer] { pipeline.optimizerState }
    /// The slices of the parameters whose optimizer state each rank holds, in the order in which it holds them.
    package var slices: [[Range<Int>]] { pipeline.slices }

    /// What the weights add to the loss as they are now.
    package func penaltyOfWeights() -> Double { penalties.value(weights) }

    // MARK: The flow

    /// Prepares the weights for the first step, or after they were changed from outside.
    package func prepareWeights(lane: Int) {
        finishWeights(lane: lane)
        team.synchronize()
    }

    /// One lane's part of what follows from the weights.
    private func finishWeights(lane: Int) {
        prepared.prepare(lane: lane)
        if lane == 0 { penalty = penalties.value(weights) }
    }

    /// One step. Called on every lane of every rank with the same arguments.
    ///
    /// - Parameters:
    ///   - step: number of the step in its epoch.
    ///   - globalStep: number of the step in the run, from 0: a coordinate of random numbers and Adam's clock.
    ///   - closing: what lane 0 does once the totals include this step; it may communicate. The other lanes see the
    ///     result when `run` returns, at no cost of a further barrier.
    package func run(
        step: Int, globalStep: Int, learningRate: Float, lane number: Int, closing: () throws -> Void = {}
    ) {
        let lane = lanes[number]
        let (last, samples) = (network.segments - 1, plan.batchSamples(step: step))
        lane.timeline?.beginStep(globalStep)
        defer { lane.timeline?.endStep(globalStep) }
        let update = ParameterUpdate.Step(learningRate: learningRate, number: globalStep + 1)
        for segment in 0..<last {
            forward(lane, segment: segment, step: step, globalStep: globalStep)
            team.synchronize(number) { try synchronization.finishMoments(segment, samples: samples) }
            if team.hasFailed { return }
        }
        backward(lane, segment: last) { slot, position in
            if last == 0 { load(lane, slot, position, step: step, globalStep: globalStep) }
            lane.executor.forward(slot, segment: last)
            lane.timeline.measure(.loss) { differentiateLoss(lane, slot, position, step: step) }
        }
        for segment in stride(from: last - 1, through: 0, by: -1) {
            team.synchronize(number) {
                try synchronization.finishGradients(segment, samples: samples)
                try pipeline.advance(backwardDownTo: segment + 1)
            }
            if team.hasFailed { return }
            pipeline.work(lane: number, update)
            backward(lane, segment: segment) { _, _ in
                if number == 0 { pipeline.progress() }
            }
        }
        pipeline.completeStep(lane: number, team: team, update)
        if team.hasFailed { return }
        team.alone(number, closing)
        lane.timeline.measure(.prepareWeights) { finishWeights(lane: number) }
        team.synchronize(number)
    }

}
