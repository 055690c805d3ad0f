import Communication
import Lanes
import Layers
import Models
import StampData
import Tensors

/// What one lane does with its microbatches within a step.
extension TrainingStep {
    /// One lane's microbatches and memory.
    struct Lane {
        /// The positions of its microbatches.
        let positions: Range<Int>
        let executor: LaneExecutor
        /// Sums of gradients over subtrees of the canonical tree: (trainable parameters) floats each.
        let gradients: [FloatBuffer]
        /// What the lane has summed after all its microbatches.
        let parts: [GradientReduction.Part]

        var timeline: LaneTimeline? { executor.timeline }

        init(
            _ positions: Range<Int>, network: Network, plan: BatchPlan, weights: Weights, prepared: PreparedWeights,
            timeline: LaneTimeline?
        ) {
            self.positions = positions
            var stack = TreeStack(tree: CanonicalTree(count: plan.microbatches), run: positions)
            while !stack.isComplete { stack.completeLeaf { _, _ in } }
            let gradients = (0..<stack.slotCount).map { _ in FloatBuffer(count: network.trainableCount) }
            self.gradients = gradients
            parts = stack.nodes.enumerated().map { GradientReduction.Part(node: $1, buffer: gradients[$0].pointer) }
            executor = LaneExecutor(
                network: network, samples: plan.largestMicrobatch,
                slots: network.segments == 1 ? 1 : max(positions.count, 1), isTraining: true, weights: weights,
                prepared: prepared.buffer)
            executor.timeline = timeline
        }
    }

    /// Puts a microbatch's stamps into its slot. If they cannot be read, the step continues without them, since other
    /// ranks and lanes wait for its end.
    func load(_ lane: Lane, _ slot: Int, _ position: Int, step: Int, globalStep: Int) {
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
        lane.executor.begin(slot, samples: samples, batch: plan.batchSamples(step: step), random: random)
    }

    /// Runs one segment forward for all microbatches of a lane and puts the moments needed at its end into the leaves.
    func forward(_ lane: Lane, segment: Int, step: Int, globalStep: Int) {
        for (slot, position) in lane.positions.enumerated() {
            if segment == 0 { load(lane, slot, position, step: step, globalStep: globalStep) }
            lane.executor.forward(slot, segment: segment)
            lane.executor.sumMoments(slot, point: segment, into: synchronization.leaf(position)!)
        }
    }

    /// Adds up losses and correct predictions, and writes ∂loss/∂logits with the loss as the mean over the global
    /// batch.
    func differentiateLoss(_ lane: Lane, _ slot: Int, _ position: Int, step: Int) {
        let outputs = network.outputs
        let weight = 1 / Double(plan.batchSamples(step: step))
        let (logits, gradient) = (lane.executor.logits(slot), lane.executor.logitsGradient(slot))
        let samples = plan.microbatchSamples(step: step, position: position)
        // Each sample bears its share, so that means over any samples hold the whole of it.
        var (loss, correct) = (penalty * Double(samples), 0)
        for sample in 0..<samples {
            let label = shard.label(step: step, position: position, sample: sample)
            let z = logits + sample * outputs
            let share =
                classWeights[label] * Double(shard.weight(step: step, position: position, sample: sample))
            loss +=
                share
                * network.loss.value(
                    logits: z, outputs: outputs, label: label, smoothing: labelSmoothing, focusing: focusing)
                + lane.executor.activityPenalty(slot, sample: sample)
            if network.loss.isCorrect(logits: z, outputs: outputs, label: label) { correct += 1 }
            network.loss.gradient(
                logits: z, outputs: outputs, label: label, smoothing: labelSmoothing, focusing: focusing,
                weight: weight * share, into: gradient + sample * outputs)
        }
        totals.add(position, loss: loss, correct: correct)
    }

    /// Runs one segment backward for all microbatches of a lane and sums their gradients in the order of the tree.
    func backward(_ lane: Lane, segment: Int, before: (_ slot: Int, _ position: Int) -> Void) {
        var stack = TreeStack(tree: CanonicalTree(count: plan.microbatches), run: lane.positions)
        let ranges = parameterRanges[segment]
        for (index, position) in lane.positions.enumerated() {
            let slot = network.segments == 1 ? 0 : index
            before(slot, position)
            let gradient = lane.gradients[stack.nextSlot].pointer
            lane.executor.backward(
                slot, segment: segment, gradient: gradient, sums: segment > 0 ? synchronization.leaf(position) : nil)
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
}
