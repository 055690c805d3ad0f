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
    /// How ranks sum.
    package let levels: RankLevels
    private let team: LaneTeam
    private let group: any ProcessGroup
    private let shard: TrainingShard
    private let plan: BatchPlan
    private let seed: UInt64
    private let labelSmoothing: Double
    /// Of class 0 and class 1.
    private let classWeights: [Double]
    /// What gradients and their sums are rounded to.
    private let format: GradientFormat
    private let lanes: [Lane]
    private let pipeline: GradientPipeline
    private let sums: DoubleTreeSum?
    private let parameterRanges: [[Range<Int>]]
    private let synchronizationPoints: [[(node: Int, layer: any SynchronizedLayer, offset: Int)]]
    /// What kept stamps from being read, if anything did.
    private let failure = Mutex<(any Error)?>(nil)
    /// Loss and right predictions of this epoch so far, for each of this rank's microbatch positions.
    package private(set) var totals: EpochTotals

    /// One lane's microbatches and memory.
    private struct Lane {
        let positions: Range<Int>
        let executor: LaneExecutor
        let gradients: [FloatBuffer]
        var timeline: LaneTimeline? { executor.timeline }
    }

    package init(
        network: Network, weights: Weights, shard: TrainingShard, plan: BatchPlan, optimizer: Optimizer,
        regularization: Regularization = Regularization(), labelSmoothing: Double = 0,
        classWeights: [Double] = [1, 1], seed: UInt64, format: GradientFormat = .float32, team: LaneTeam,
        levels arrangement: RankLevels? = nil, group: any ProcessGroup
    ) {
        let levels = arrangement ?? RankLevels(flat: group)
        self.levels = levels
        self.network = network
        self.weights = weights
        self.shard = shard
        self.plan = plan
        self.seed = seed
        self.labelSmoothing = labelSmoothing
        self.classWeights = classWeights
        self.format = format
        self.team = team
        self.group = group
        parameterRanges = network.parameterRanges
        synchronizationPoints = network.synchronizationPoints
        prepared = PreparedWeights(network: network, weights: weights, lanes: team.count)

        let tree = CanonicalTree(count: plan.microbatches)
        let rankRuns = (0..<plan.microbatches).balancedRuns(over: group.size)
        let laneRuns = rankRuns[group.rank].balancedRuns(over: team.count)
        shard.prepareReading(by: laneRuns)
        var lanes: [Lane] = []
        var parts: [GradientReduction.Part] = []
        for run in laneRuns {
            let stack = Self.finishedStack(tree, run)
            let gradients = (0..<stack.slotCount).map { _ in FloatBuffer(count: network.trainableCount) }
            let executor = LaneExecutor(
                network: network, samples: plan.largestMicrobatch, slots: network.segments == 1 ? 1 : max(run.count, 1),
                isTraining: true, weights: weights, prepared: prepared.buffer)
            executor.timeline = team.timeline?.lanes[lanes.count]
            parts += stack.nodes.enumerated().map { GradientReduction.Part(node: $1, buffer: gradients[$0].pointer) }
            lanes.append(Lane(positions: run, executor: executor, gradients: gradients))
        }
        self.lanes = lanes
        let buckets = network.gradientBuckets(smallest: Network.smallestBucket(levels))
        let reduction = GradientReduction(
            levels: levels, tree: tree, rankRuns: rankRuns, buckets: buckets.map(\.range), parts: parts, format: format)
        let rule = ParameterUpdate(
            optimizer: optimizer, regularization: regularization, weights: weights, network: network,
            norms: { TensorNorms(network: network, buckets: reduction.buckets, group: group) })
        stateNames = rule.stateNames
        pipeline = GradientPipeline(
            reduction: reduction, segments: buckets.map(\.segment), weights: weights, rule: rule,
            lanes: team.count, group: group, timeline: team.timeline)
        sums =
            network.largestSynchronization == 0
            ? nil
            : DoubleTreeSum(
                levels: levels, tree: tree, rankRuns: rankRuns, maximumLength: network.largestSynchronization)
        totals = EpochTotals(positions: rankRuns[group.rank])
    }

    /// The names of `optimizerState`'s vectors.
    package let stateNames: [String]
    /// What the optimizer remembers of this rank's slices of the parameters, slice after slice, vector by vector.
    package var optimizerState: [FloatBuffer] { pipeline.optimizerState }
    /// The slices of the parameters whose optimizer state each rank holds, in the order in which it holds them.
    package var slices: [[Range<Int>]] { pipeline.slices }

    /// The average of the weights over the steps, whole on every rank; nil where none is kept. Collective.
    package func averagedWeights() throws -> FloatBuffer? {
        guard let index = stateNames.firstIndex(of: Regularization.averageName) else { return nil }
        let whole = FloatBuffer(count: network.trainableCount)
        try pipeline.gather(state: index, into: whole)
        return whole
    }

    // MARK: The flow

    /// Makes the weights ready for the first step, or after they were changed from outside.
    package func prepareWeights(lane: Int) {
        prepared.prepare(lane: lane)
        team.synchronize()
    }

    /// Starts an epoch: empty totals, a new order of each stratum. Called on every lane.
    ///
    /// - Parameter step: the first one that will be run.
    package func beginEpoch(_ epoch: Int, from step: Int = 0, lane: Int) {
        shard.beginReading(lanes[lane].positions, step: step, epoch: epoch)
        for position in lanes[lane].positions {
            shard.beginEpoch(epoch, position: position)
            totals.reset(position)
        }
    }

    /// Continues an epoch of which some steps were done before: brings back the sums of this lane's positions, after
    /// `beginEpoch`.
    ///
    /// - Parameters: one value for each microbatch position.
    package func restoreTotals(losses: [Double], correct: [Double], lane: Int) {
        for position in lanes[lane].positions {
            totals.set(position, loss: losses[position], correct: correct[position])
        }
    }

    /// One step. Called on every lane of every rank with the same arguments.
    ///
    /// - Parameters:
    ///   - step: number of the step in its epoch.
    ///   - globalStep: number of the step in the run, from 0: a coordinate of random numbers and Adam's clock.
    ///   - closing: what lane 0 does when the totals hold this step, and may communicate; the other lanes see the result
    ///     when `run` returns. It costs no meeting of its own.
    package func run(
        step: Int, globalStep: Int, learningRate: Float, lane number: Int, closing: () throws -> Void = {}
    ) {
        let lane = lanes[number]
        let last = network.segments - 1
        lane.timeline?.beginStep(globalStep)
        defer { lane.timeline?.endStep(globalStep) }
        let update = GradientPipeline.Step(learningRate: learningRate, number: globalStep + 1)
        for segment in 0..<last {
            for (slot, position) in lane.positions.enumerated() {
                if segment == 0 { load(lane, slot, position, step: step, globalStep: globalStep) }
                lane.executor.forward(slot, segment: segment)
                lane.executor.sumMoments(slot, point: segment, into: sums!.leaf(position))
            }
            team.synchronize(number) { try finishMoments(segment, step: step) }
            if team.hasFailed { return }
        }
        sweep(lane, segment: last) { slot, position in
            if last == 0 { load(lane, slot, position, step: step, globalStep: globalStep) }
            lane.executor.forward(slot, segment: last)
            lane.timeline.measure(.loss) { differentiateLoss(lane, slot, position, step: step) }
        }
        for segment in stride(from: last - 1, through: 0, by: -1) {
            team.synchronize(number) {
                try finishGradients(segment, step: step)
                try pipeline.advance(swept: segment + 1)
            }
            if team.hasFailed { return }
            pipeline.work(lane: number, update)
            sweep(lane, segment: segment) { _, _ in
                if number == 0 { pipeline.progress() }
            }
        }
        pipeline.finish(lane: number, team: team, update)
        if team.hasFailed { return }
        team.alone(number, closing)
        lane.timeline.measure(.prepareWeights) { prepared.prepare(lane: number) }
        team.synchronize(number)
    }

    /// Whether stamps could not be read: what the steps since then have made of the weights is worth nothing.
    package var hasReadingFailed: Bool { failure.withLock { $0 != nil } }

    /// Throws what kept stamps from being read, on all ranks. Collective.
    package func throwReadingFailure(in group: any ProcessGroup) throws {
        try group.agree { if let failure = failure.withLock({ $0 }) { throw failure } }
    }

    /// Puts a microbatch's stamps into its slot. Where they cannot be read the step goes on without them, since other ranks
    /// and lanes wait for its end.
    private func load(_ lane: Lane, _ slot: Int, _ position: Int, step: Int, globalStep: Int) {
        let samples = lane.timeline.measure(.load) {
            do {
                return try shard.draw(step: step, position: position, into: lane.executor.input(slot))
            } catch {
                failure.withLock { if $0 == nil { $0 = error } }
                return plan.microbatchSamples(step: step, position: position)
            }
        }
        var random = RandomCoordinates()
        random.seed = seed
        random.step = UInt32(truncatingIfNeeded: globalStep)
        random.samples = shard.numbers(position: position)
        lane.executor.begin(slot, samples: samples, random: random)
    }

    /// Adds up losses and right predictions, and writes ∂loss/∂logits with the loss as the mean over the global batch.
    private func differentiateLoss(_ lane: Lane, _ slot: Int, _ position: Int, step: Int) {
        let outputs = network.outputs
        let weight = 1 / Double(plan.batchSamples(step: step))
        let (logits, gradient) = (lane.executor.logits(slot), lane.executor.logitsGradient(slot))
        var (loss, correct) = (0.0, 0)
        for sample in 0..<plan.microbatchSamples(step: step, position: position) {
            let label = shard.label(step: step, position: position, sample: sample)
            let z = logits + sample * outputs
            let share = classWeights[label]
            loss += share * network.loss.value(logits: z, outputs: outputs, label: label, smoothing: labelSmoothing)
            if network.loss.isCorrect(logits: z, outputs: outputs, label: label) { correct += 1 }
            network.loss.gradient(
                logits: z, outputs: outputs, label: label, smoothing: labelSmoothing, weight: weight * share,
                into: gradient + sample * outputs)
        }
        totals.add(position, loss: loss, correct: correct)
    }

    /// Runs one segment backward for all microbatches of a lane and sums their gradients in the order of the tree.
    private func sweep(_ lane: Lane, segment: Int, before: (_ slot: Int, _ position: Int) -> Void) {
        var stack = TreeStack(tree: CanonicalTree(count: plan.microbatches), run: lane.positions)
        let ranges = parameterRanges[segment]
        for (index, position) in lane.positions.enumerated() {
            let slot = network.segments == 1 ? 0 : index
            before(slot, position)
            let gradient = lane.gradients[stack.nextSlot].pointer
            lane.executor.backward(
                slot, segment: segment, gradient: gradient, sums: segment > 0 ? sums!.leaf(position) : nil)
            if format != .float32 {
                lane.timeline.measure(.combineGradients) {
                    for range in ranges { format.round(gradient + range.lowerBound, count: range.count) }
                }
            }
            stack.completeLeaf { into, from in
                lane.timeline.measure(.combineGradients) {
                    for range in ranges {
                        format.add(
                            lane.gradients[from].pointer + range.lowerBound,
                            to: lane.gradients[into].pointer + range.lowerBound, count: range.count)
                    }
                }
            }
        }
    }

    /// What lane 0 has added up in the first `steps` steps of this epoch. Called on lane 0.
    package func seenByFirstLane(steps: Int) -> (samples: Int, loss: Double, correct: Double) {
        var seen = (samples: 0, loss: 0.0, correct: 0.0)
        for position in lanes[0].positions {
            seen.samples += min(
                plan.firstInStratum(step: steps, position: position), plan.stratumSamples(position: position))
            seen.loss += totals[position].loss
            seen.correct += totals[position].correct
        }
        return seen
    }

    // MARK: Meetings

    private func finishMoments(_ point: Int, step: Int) throws {
        let total = try sumOverMicrobatches(point)
        lanes[0].timeline.measure(.statistics) {
            for (number, layer, offset) in synchronizationPoints[point] {
                let node = network.nodes[number]
                layer.finishMoments(
                    total.baseAddress! + offset, samples: plan.batchSamples(step: step),
                    parameters: weights.trainable.pointer + node.parameterOffset,
                    prepared: prepared.buffer.pointer + node.preparedOffset,
                    state: weights.state.pointer + node.stateOffset)
            }
        }
    }

    private func finishGradients(_ point: Int, step: Int) throws {
        let total = try sumOverMicrobatches(point)
        lanes[0].timeline.measure(.statistics) {
            for (number, layer, offset) in synchronizationPoints[point] {
                layer.finishGradients(
                    total.baseAddress! + offset, samples: plan.batchSamples(step: step),
                    prepared: prepared.buffer.pointer + network.nodes[number].preparedOffset)
            }
        }
    }

    /// The sums that a meeting needs, over all microbatches of all ranks.
    private func sumOverMicrobatches(_ point: Int) throws -> UnsafeBufferPointer<Double> {
        let length = synchronizationPoints[point].reduce(0) { $0 + $1.layer.sumCount }
        guard group.size > 1 else {
            return try lanes[0].timeline.measure(.statistics) { try sums!.sum(length: length) }
        }
        return try lanes[0].timeline.measure(.sumOverRanks, length * MemoryLayout<Double>.stride) {
            try sums!.sum(length: length)
        }
    }

    private static func finishedStack(_ tree: CanonicalTree, _ run: Range<Int>) -> TreeStack {
        var stack = TreeStack(tree: tree, run: run)
        while !stack.isComplete { stack.completeLeaf { _, _ in } }
        return stack
    }
}
