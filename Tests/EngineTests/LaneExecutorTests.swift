import Engine
import EngineTestSupport
import LayerCatalog
import Layers
import Models
import Tensors
import Testing

/// What a microbatch's gradient is does not depend on which lane works on it, in which slot, nor on what was there
/// before.
@Suite struct LaneExecutorTests {
    @Test func gradientsDoNotDependOnSlotsAndLanes() throws {
        MatrixProduct.useOneThread()
        for network in try RandomNetworks.all(chains: 12, branched: 20, withFeatures: 20) {
            let batch = Batch(network, sizes: [5, 4, 4, 3, 5, 0, 2])
            let alone = batch.gradients(slotsOfLanes: [1, 1, 1, 1, 1, 1, 1])
            for slots in [[7], [3, 4], [1, 5, 1], [2, 2, 2, 2]] {
                let isSame = batch.gradients(slotsOfLanes: slots) == alone
                #expect(isSame, "\(network.description.name), \(slots)")
            }
            #expect(alone.contains { $0.contains { $0 != 0 } })
        }
    }

    /// Where nothing before a synchronised layer is trained and it has no parameters itself, there is no gradient to
    /// sum.
    @Test func normalizationWithoutAnythingToTrainBeforeIt() throws {
        MatrixProduct.useOneThread()
        let network = try Network(
            NetworkDescription(
                name: "normalized pixels",
                sequence: [
                    ("input", .input(shape: [5, 5, 1])),
                    ("bn", .batchNormalization(momentum: 0.9, epsilon: 0.01, center: false, scale: false)),
                    ("flatten", .flatten), ("fc_out", .dense(units: 2, activation: .softmax)),
                ]))
        let batch = Batch(network, sizes: [5, 0, 3])
        let alone = batch.gradients(slotsOfLanes: [1, 1, 1])
        #expect(alone == batch.gradients(slotsOfLanes: [3]))
        #expect(alone.allSatisfy { $0.allSatisfy(\.isFinite) } && alone[0].contains { $0 != 0 })
    }

    /// A second step finds other stamps' values in its memory, and larger microbatches' behind its own.
    @Test func gradientsDoNotDependOnWhatWasThereBefore() throws {
        MatrixProduct.useOneThread()
        let networks = try [Network.standard(.vgg6), .standard(.simpleBN), RandomNetworks.chain(seed: 3)]
        let branched = try (0..<20).flatMap {
            [try RandomNetworks.branched(seed: $0), try RandomNetworks.withFeatures(seed: $0)]
        }
        for network in networks + branched {
            let (first, second) = (
                Batch(network, sizes: [5, 5, 5], seed: 1), Batch(network, sizes: [2, 0, 1], seed: 2)
            )
            let lanes = Lanes(network, samples: 5, slots: [2, 1])
            _ = first.gradients(on: lanes)
            #expect(second.gradients(on: lanes) == second.gradients(slotsOfLanes: [2, 1], samples: 5))
        }
    }

    /// Inference reuses memory as soon as it can; training keeps or repeats what the way back reads. With moving
    /// statistics and without dropout both must find the same logits.
    @Test func inferenceFindsWhatTrainingFinds() throws {
        MatrixProduct.useOneThread()
        for network in try RandomNetworks.all(chains: 20, branched: 60, withFeatures: 60) {
            let weights = network.variedWeights(seed: 7)
            let prepared = PreparedWeights(network: network, weights: weights, lanes: 1)
            prepared.prepare(lane: 0)
            prepared.useMovingStatistics()
            let samples = Batch(network, sizes: [3], seed: 7).samples
            let logits = [true, false].map { isTraining in
                let executor = LaneExecutor(
                    network: network, samples: 3, slots: 1, isTraining: isTraining, weights: weights,
                    prepared: prepared.buffer)
                executor.input(0).update(from: samples, count: samples.count)
                executor.begin(0, samples: 3, random: RandomCoordinates())
                if isTraining {
                    for segment in 0..<network.segments { executor.forward(0, segment: segment) }
                } else {
                    executor.forwardAll(0)
                }
                return Array(UnsafeBufferPointer(start: executor.logits(0), count: 3 * network.outputs))
            }
            #expect(logits[0] == logits[1], "\(network.description.name)")
        }
    }
}

/// Lanes one after the other on one thread, with their memory.
private final class Lanes {
    let weights: Weights
    let prepared: PreparedWeights
    /// For each microbatch the executor and the slot that it lies in.
    let places: [(executor: LaneExecutor, slot: Int)]

    init(_ network: Network, samples: Int, slots: [Int]) {
        let weights = network.variedWeights(seed: 5)
        let prepared = PreparedWeights(network: network, weights: weights, lanes: 1)
        prepared.prepare(lane: 0)
        (self.weights, self.prepared) = (weights, prepared)
        places = slots.flatMap { slots in
            let executor = LaneExecutor(
                network: network, samples: samples, slots: slots, isTraining: true, weights: weights,
                prepared: prepared.buffer)
            return (0..<slots).map { (executor, $0) }
        }
    }
}

/// Some microbatches of random stamps, and one step's gradients of them.
private struct Batch {
    let network: Network
    let sizes: [Int]
    let stamps: LabelledPixels
    /// What the network takes: the pixels of each stamp and, if it has a second input, random features.
    let samples: [Float]

    init(_ network: Network, sizes: [Int], seed: UInt64 = 1) {
        (self.network, self.sizes) = (network, sizes)
        stamps = LabelledPixels(count: sizes.reduce(0, +), side: network.inputShape.extents[0], seed: seed)
        var stream = CounterBasedRandom(seed: seed).stream(.simulation, detail: 1)
        samples = (0..<stamps.count).flatMap { [stamps] stamp in
            stamps.stamp(stamp) + (0..<network.featureCount).map { _ in stream.uniformFloat() * 2 - 1 }
        }
    }

    private func first(_ microbatch: Int) -> Int { sizes[..<microbatch].reduce(0, +) }

    /// Each microbatch's gradient when they are dealt to lanes of so many slots; there may be more slots than
    /// microbatches.
    func gradients(slotsOfLanes slots: [Int], samples: Int? = nil) -> [[Float]] {
        gradients(on: Lanes(network, samples: samples ?? sizes.max()!, slots: slots))
    }

    func gradients(on lanes: Lanes) -> [[Float]] {
        let places = lanes.places.prefix(sizes.count)
        let last = network.segments - 1
        // Whatever was there is overwritten.
        let garbage = [Float](repeating: .nan, count: network.trainableCount)
        let gradients = sizes.map { _ in FloatBuffer(garbage) }
        for (microbatch, place) in places.enumerated() { begin(microbatch, place.executor, place.slot) }
        for segment in 0..<last {
            synchronize(lanes, segment, backward: false) { microbatch, sums in
                let (executor, slot) = places[microbatch]
                executor.forward(slot, segment: segment)
                executor.sumMoments(slot, point: segment, into: sums)
            }
        }
        // Microbatches share the memory of gradients that are used up within a segment.
        func backward(_ microbatch: Int, _ segment: Int, _ sums: UnsafeMutablePointer<Double>?) {
            let (executor, slot) = places[microbatch]
            if segment == last {
                executor.forward(slot, segment: last)
                differentiateLoss(microbatch, executor, slot)
            }
            executor.backward(slot, segment: segment, gradient: gradients[microbatch].pointer, sums: sums)
        }
        for segment in stride(from: last, to: 0, by: -1) {
            synchronize(lanes, segment - 1, backward: true) { backward($0, segment, $1) }
        }
        for microbatch in sizes.indices { backward(microbatch, 0, nil) }
        return gradients.map(\.array)
    }

    private func begin(_ microbatch: Int, _ executor: LaneExecutor, _ slot: Int) {
        let values = network.sampleValues
        let own = samples[first(microbatch) * values..<(first(microbatch) + sizes[microbatch]) * values]
        for (index, value) in own.enumerated() { executor.input(slot)[index] = value }
        executor.begin(slot, samples: sizes[microbatch], random: RandomCoordinates())
    }

    private func differentiateLoss(_ microbatch: Int, _ executor: LaneExecutor, _ slot: Int) {
        for sample in 0..<sizes[microbatch] {
            network.loss.gradient(
                logits: executor.logits(slot) + sample * network.outputs, outputs: network.outputs,
                label: stamps.labels[first(microbatch) + sample], weight: 1 / Double(stamps.count),
                into: executor.logitsGradient(slot) + sample * network.outputs)
        }
    }

    /// Sums over the microbatches in their order, whichever lane they are on, and what follows from them.
    private func synchronize(
        _ lanes: Lanes, _ point: Int, backward: Bool,
        sum: (_ microbatch: Int, UnsafeMutablePointer<Double>) -> Void
    ) {
        let length = network.largestSynchronization
        var total = [Double](repeating: 0, count: length)
        for microbatch in sizes.indices {
            var sums = [Double](repeating: 0, count: length)
            sums.withUnsafeMutableBufferPointer { sum(microbatch, $0.baseAddress!) }
            for index in 0..<length { total[index] += sums[index] }
        }
        for (number, layer, offset) in network.synchronizationPoints[point] {
            let node = network.nodes[number]
            let prepared = node.prepared(in: lanes.prepared.buffer.view)
            total.withUnsafeBufferPointer { total in
                let sums = BufferView(total.baseAddress! + offset, count: layer.sumCount)
                if backward {
                    layer.finishGradients(sums, samples: stamps.count, prepared: prepared)
                } else {
                    layer.finishMoments(
                        sums, samples: stamps.count,
                        parameters: FloatView(node.parameters(in: lanes.weights.trainable.view)), prepared: prepared,
                        state: node.state(in: lanes.weights.state.view))
                }
            }
        }
    }
}
