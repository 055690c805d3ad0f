import CKernels
import Lanes
import Layers
import Models
import Tensors

/// Runs microbatches of one lane through a network, segment by segment. It owns the lane's activations and gradients.
package final class LaneExecutor: @unchecked Sendable {
    let network: Network
    /// The number of microbatches whose values are held at once.
    let slots: Int
    /// Where the lane records how long each layer takes.
    package var timeline: LaneTimeline?

    private let drawsAtRandom: Bool
    private let plan: PassPlan
    private let clock: PassClock
    private let slotMemory: FloatBuffer
    private let sharedMemory: FloatBuffer
    private let workspace: FloatBuffer
    /// The samples of a microbatch as they are handed over, each with its stamp's values and then its features; empty
    /// in a network that takes stamps alone, whose input they are as they come.
    private let samples: FloatBuffer
    /// Gradients that are to be added to those of other users of the same output, one place for each input of a node.
    private let waiting: FloatBuffer
    /// Gradients of parameters that are not those of the node that completes them, slot by slot, and those that
    /// frozen layers compute on the way, which nobody reads.
    private let sharedGradients: SharedGradients
    /// One pass for each node, slot by slot.
    private var passes: [LayerPass] = []
    /// The nodes whose values add to the loss.
    private let penalties: [Int: ActivityPenalty]
    /// Their numbers in order, in which what they add is summed.
    private let penaltyNodes: [Int]
    /// What they add for each sample of each slot's microbatch, by node.
    private var penaltyValues: [Int: [Double]]
    /// The nodes of each segment, in order.
    private let segments: [[Int]]
    /// The synchronised layers at the end of each segment.
    private let synchronizationPoints: [[(node: Int, layer: any SynchronizedLayer, offset: Int)]]

    /// - Parameter drawsAtRandom: whether layers such as dropout draw random numbers; nil for as in training.
    package init(
        network: Network, samples: Int, slots: Int, isTraining: Bool, drawsAtRandom: Bool? = nil, weights: Weights,
        prepared: FloatBuffer
    ) {
        self.network = network
        self.drawsAtRandom = drawsAtRandom ?? isTraining
        self.slots = slots
        plan = PassPlan(network: network, samples: samples, isTraining: isTraining)
        clock = PassClock(network)
        slotMemory = FloatBuffer(count: slots * plan.slotCount)
        sharedMemory = FloatBuffer(count: plan.sharedCount)
        workspace = FloatBuffer(count: plan.workspaceCount)
        let widest = plan.addedInputs.compactMap { $0.max() }.max() ?? -1
        waiting = FloatBuffer(count: (widest + 1) * plan.waitingCount)
        sharedGradients = SharedGradients(network: network, slots: isTraining ? slots : 0)
        self.samples = FloatBuffer(count: network.featuresNode == nil ? 0 : samples * network.sampleValues)
        segments = (0..<network.segments).map { segment in
            network.nodes.indices.filter { network.nodes[$0].segment == segment }
        }
        synchronizationPoints = network.synchronizationPoints
        penalties = network.activityPenalties
        penaltyNodes = penalties.keys.sorted()
        penaltyValues = penalties.mapValues { _ in Array(repeating: 0, count: slots * samples) }
        for slot in 0..<slots {
            for number in network.nodes.indices {
                passes.append(makePass(slot: slot, node: number, weights: weights, prepared: prepared))
            }
        }
    }

    private func makePass(slot: Int, node number: Int, weights: Weights, prepared: FloatBuffer) -> LayerPass {
        let node = network.nodes[number]
        var pass = LayerPass(workspace: workspace.view.slice(node.layer?.workspaceCount(samples: plan.samples) ?? 0))
        pass.inputs = node.inputs.map { FloatView(values(slot, plan.outputs[$0], of: $0)!) }
        pass.output = values(slot, plan.outputs[number], of: number)!
        let kept = slotMemory.view.dropFirst(slot * plan.slotCount + plan.kept[number])
        pass.kept = MutableBufferView(bytes: kept).slice(plan.samples * (node.layer?.keptBytes ?? 0))
        pass.parameters = node.parameters(of: weights)
        pass.prepared = FloatView(node.prepared(in: prepared.view))
        if let gradient = outputGradient(slot, number) { pass.outputGradient = gradient }
        pass.inputGradients = node.inputs.map { outputGradient(slot, $0) }
        if plan.isTraining {
            for input in plan.addedInputs[number] {
                pass.inputGradients[input] = waitingGradient(node.inputs[input], place: input)
            }
            pass.isOutputGradientRectified = plan.isGradientRectified[number]
            pass.rectifiesInputGradient = plan.rectifiesInputGradient(number)
        }
        pass.drawsAtRandom = drawsAtRandom
        pass.needsParameterGradient = !node.isFrozen
        return pass
    }

    /// Where a node's output gradient lies; nil where nobody needs it.
    private func outputGradient(_ slot: Int, _ node: Int) -> MutableFloatView? {
        plan.isTraining ? values(slot, plan.gradients[node], of: node) : nil
    }

    /// Where the gradient of a node's output waits to be added, in one of the places for inputs.
    private func waitingGradient(_ node: Int, place: Int) -> MutableFloatView {
        waiting.view.slice(valueCount(node), at: place * plan.waitingCount)
    }

    /// Floats of a node's output in the largest microbatch.
    private func valueCount(_ node: Int) -> Int {
        plan.samples * network.nodes[plan.source(node)].outputShape.count
    }

    /// A node's output, or its gradient, in the memory of a slot or in that shared by all.
    private func values(_ slot: Int, _ place: PassPlan.Place, of node: Int) -> MutableFloatView? {
        switch place {
        case .none: nil
        case .shared(let offset): sharedMemory.view.slice(valueCount(node), at: offset)
        case .kept(let offset): slotMemory.view.slice(valueCount(node), at: slot * plan.slotCount + offset)
        }
    }

    private func index(_ slot: Int, _ node: Int) -> Int { slot * network.nodes.count + node }

    /// Where to put the samples of the slot's microbatch before `begin`: `sampleValues` of the network one after
    /// another. Other slots may have the same place.
    package func input(_ slot: Int) -> UnsafeMutablePointer<Float> {
        network.featuresNode == nil ? output(slot, network.stampsNode) : samples.pointer
    }

    /// Deals the values of each sample to the two inputs of a network.
    private func spreadInputs(_ slot: Int, samples count: Int) {
        guard let featuresNode = network.featuresNode else { return }
        var source = UnsafePointer(samples.pointer)
        var (stamps, features) = (output(slot, network.stampsNode), output(slot, featuresNode))
        let (stampValues, featureValues) = (network.inputShape.count, network.featureCount)
        for _ in 0..<count {
            stamps.update(from: source, count: stampValues)
            features.update(from: source + stampValues, count: featureValues)
            source += stampValues + featureValues
            stamps += stampValues
            features += featureValues
        }
    }

    private func output(_ slot: Int, _ node: Int) -> UnsafeMutablePointer<Float> {
        passes[index(slot, node)].output.pointer(valueCount(node))
    }

    /// The logits of the slot's microbatch.
    package func logits(_ slot: Int) -> UnsafeMutablePointer<Float> {
        output(slot, network.nodes.count - 1)
    }

    /// Where to put ∂loss/∂logits of the slot's microbatch.
    package func logitsGradient(_ slot: Int) -> UnsafeMutablePointer<Float> {
        let last = network.nodes.count - 1
        return passes[index(slot, last)].outputGradient.pointer(valueCount(last))
    }

    /// What the outputs of layers add to the loss for one sample of the slot's microbatch, once all of the network has
    /// run forward.
    package func activityPenalty(_ slot: Int, sample: Int) -> Double {
        penaltyNodes.reduce(0) { $0 + penaltyValues[$1]![slot * plan.samples + sample] }
    }

    /// Keeps what a node adds, whose values will make room for others.
    private func notePenalty(_ slot: Int, _ node: Int) {
        guard let penalty = penalties[node] else { return }
        let pass = passes[index(slot, node)]
        for sample in 0..<pass.samples {
            penaltyValues[node]![slot * plan.samples + sample] = penalty.value(pass, sample: sample)
        }
    }

    /// Takes the slot's microbatch from `input` and sets what its next passes are about.
    ///
    /// - Parameter batch: how many samples the mean of the loss is over; those of the microbatch if nil.
    package func begin(_ slot: Int, samples: Int, batch: Int? = nil, random: RandomCoordinates) {
        spreadInputs(slot, samples: samples)
        for node in network.nodes.indices {
            passes[index(slot, node)].samples = samples
            passes[index(slot, node)].batchSamples = batch ?? samples
            passes[index(slot, node)].random = random
        }
    }

    /// Runs one segment forward, after what the plan recomputes of earlier ones.
    package func forward(_ slot: Int, segment: Int) {
        if plan.isTraining { forward(slot, nodes: plan.recomputed[clock.forwardPhase(segment)]) }
        forward(slot, nodes: segments[segment])
    }

    /// Runs the whole network forward, node by node: for inference, where no layer needs to synchronise.
    package func forwardAll(_ slot: Int) { forward(slot, nodes: network.nodes.indices) }

    private func forward(_ slot: Int, nodes: some Sequence<Int>) {
        for node in nodes {
            switch network.nodes[node].operation {
            case .input, .view, .deferred: break
            case .layer(let layer):
                timeline.measure(.forward, node) { layer.forward(passes[index(slot, node)]) }
                if !penalties.isEmpty { notePenalty(slot, node) }
            case .synchronized(let layer):
                timeline.measure(.forward, node) { layer.forward(passes[index(slot, node)]) }
            }
        }
    }

    /// Adds up the moments that the synchronisation point after a segment needs.
    package func sumMoments(_ slot: Int, point: Int, into sums: UnsafeMutablePointer<Double>) {
        for (node, layer, offset) in synchronizationPoints[point] {
            let sums = MutableBufferView(sums + offset, count: layer.sumCount)
            timeline.measure(.forward, node) { layer.sumMoments(passes[index(slot, node)], into: sums) }
        }
    }

    /// Runs one segment backward. Gradients of its parameters go to their places in `gradient`; the sums that the
    /// synchronisation point before the segment needs go into `sums`.
    package func backward(
        _ slot: Int, segment: Int, gradient: UnsafeMutablePointer<Float>, sums: UnsafeMutablePointer<Double>?
    ) {
        // The last batch of an epoch may have fewer samples than microbatches: the others contribute nothing.
        let gradient = MutableFloatView(gradient, count: network.trainableCount)
        guard passes[index(slot, 0)].samples > 0 else {
            clear(segment: segment, gradient: gradient, sums: sums)
            return
        }
        if segment < synchronizationPoints.count {
            forward(slot, nodes: plan.recomputed[clock.backwardPhase(segment)])
            for (node, layer, _) in synchronizationPoints[segment] {
                timeline.measure(.backward, node) {
                    layer.backward(passes[index(slot, node)])
                    addWaiting(slot, node)
                }
            }
        }
        for node in segments[segment].reversed() {
            switch network.nodes[node].operation {
            case .input, .view, .deferred: break
            case .layer(let layer):
                guard plan.needsGradient[node] else { continue }
                passes[index(slot, node)].parameterGradient = sharedGradients.place(slot, node, in: gradient)
                timeline.measure(.backward, node) {
                    layer.backward(passes[index(slot, node)])
                    addWaiting(slot, node)
                    sharedGradients.complete(slot, node, in: gradient)
                }
            case .synchronized(let layer):
                passes[index(slot, node)].parameterGradient = sharedGradients.place(slot, node, in: gradient)
                let offset = synchronizationPoints[segment - 1].first { $0.node == node }!.offset
                let sums = MutableBufferView(sums! + offset, count: layer.sumCount)
                guard plan.needsGradient[node] else {
                    sums.update(repeating: 0)
                    continue
                }
                timeline.measure(.backward, node) {
                    layer.sumGradients(passes[index(slot, node)], into: sums)
                    sharedGradients.complete(slot, node, in: gradient)
                }
            }
        }
    }

    /// What `backward` writes for no samples: zeros.
    private func clear(segment: Int, gradient: MutableFloatView, sums: UnsafeMutablePointer<Double>?) {
        for node in segments[segment] { sharedGradients.clear(node, in: gradient) }
        guard segment > 0 else { return }
        for (_, layer, offset) in synchronizationPoints[segment - 1] {
            (sums! + offset).update(repeating: 0, count: layer.sumCount)
        }
    }
}

extension LaneExecutor {
    /// Adds a node's waiting input gradients to what other users of the same outputs have left.
    private func addWaiting(_ slot: Int, _ node: Int) {
        for input in plan.addedInputs[node] {
            let number = network.nodes[node].inputs[input]
            let count = passes[index(slot, node)].samples * network.nodes[number].outputShape.count
            add_into(
                outputGradient(slot, number)!.pointer(count), waitingGradient(number, place: input).pointer(count),
                count)
        }
    }
}
