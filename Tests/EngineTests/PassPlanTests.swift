import Engine
import EngineTestSupport
import LayerCatalog
import Layers
import Models
import Tensors
import TestSupport
import Testing

/// Memory is planned so that what is still to be read is never overwritten.
///
/// The test knows nothing of how lifetimes are worked out: it goes through the passes in the order of `LaneExecutor`,
/// lets each one mark the memory that it writes with its name, and looks for that name where they are read.
@Suite struct PassPlanTests {
    @Test func whatIsStillToBeReadIsNeverOverwrittenInTraining() throws {
        for network in try RandomNetworks.all() + [.standard(.resnet50)] {
            for samples in [1, 16] {
                var memory = MarkedMemory(
                    PassPlan(network: network, samples: samples, isTraining: true), network, samples)
                memory.runForward()
                memory.runBackward()
                #expect(memory.faults.isEmpty, "\(network.description.name), \(samples) samples: \(memory.faults)")
            }
        }
    }

    @Test func whatIsStillToBeReadIsNeverOverwrittenInInference() throws {
        for network in try RandomNetworks.all() + [.standard(.resnet50)] {
            var memory = MarkedMemory(PassPlan(network: network, samples: 16, isTraining: false), network, 16)
            memory.runForward()
            memory.expect(.output(network.nodes.count - 1), by: "the caller")
            #expect(memory.faults.isEmpty, "\(network.description.name): \(memory.faults)")
        }
    }

    /// In a deep network inference needs the memory of a few layers, training that of all.
    @Test func inferenceReusesMemory() throws {
        var layers: [(name: String, kind: LayerKind)] = [("input", .input(shape: [9, 9, 1]))]
        for number in 0..<12 { layers.append(("fc_\(number)", .dense(units: 16, activation: .relu))) }
        layers += [("flatten", .flatten), ("fc_out", .dense(units: 2, activation: .softmax))]
        let network = try Network(NetworkDescription(name: "deep", sequence: layers))
        let output = 16 * 9 * 9 * 16
        let inference = PassPlan(network: network, samples: 16, isTraining: false)
        #expect(inference.slotCount < 3 * output && inference.sharedCount == 0)
        let training = PassPlan(network: network, samples: 16, isTraining: true)
        #expect(training.slotCount + training.sharedCount > 12 * output)
    }

    /// What is cheap to compute is computed again rather than kept: vgg6's first maps, which are most of its memory.
    @Test func cheapOutputsAreRepeatedAndOthersUsedUpAtOnce() throws {
        let network = try Network.standard(.vgg6)
        let plan = PassPlan(network: network, samples: 16, isTraining: true)
        let recomputed = plan.recomputed.map { $0.map { network.nodes[$0].name } }
        #expect(recomputed == [[], [], ["conv1"]])
        let all = network.nodes.reduce(0) { $0 + 16 * $1.outputShape.count }
        #expect(plan.slotCount < all / 2, "\(plan.slotCount) of \(all) floats are kept")
    }

    /// An activation of a few operations is computed again from a normalised map, which is as well; one with
    /// exponentials is kept.
    @Test(arguments: [.boundedReLU(maximum: 6, slope: 0, threshold: 0), .silu] as [ActivationFunction])
    func cheapActivationsAreRepeated(activation: ActivationFunction) throws {
        let network = try Network(
            NetworkDescription(
                name: "activated",
                sequence: [
                    ("input", .input(shape: [6, 6, 2])),
                    ("mix", .dense(units: 64, activation: .linear)),
                    ("bn", .batchNormalization(momentum: 0.9, epsilon: 0.01)),
                    ("act", .activation(activation)),
                    ("wide", .dense(units: 64, activation: .linear)),
                    ("bn2", .batchNormalization(momentum: 0.9, epsilon: 0.01)),
                    ("flatten", .flatten), ("fc_out", .dense(units: 2, activation: .softmax)),
                ]))
        let plan = PassPlan(network: network, samples: 4, isTraining: true)
        let number = network.nodes.firstIndex { $0.name == "act" }!
        let again = plan.recomputed.map { phase in phase.contains(number) }
        #expect(again == (0..<5).map { $0 == 3 && activation != .silu })
        let isKept = if case .kept = plan.outputs[number] { true } else { false }
        #expect(isKept == (activation == .silu))
    }

    /// A rectifier's gradient is taken on the way by the layer behind it, if that is its output's only user and can do
    /// so.
    @Test func gradientsComeBackRectifiedWhereTheOnlyUserCanDoThat() throws {
        let network = try Network.standard(.vgg6)
        let plan = PassPlan(network: network, samples: 16, isTraining: true)
        let rectified = network.nodes.indices.filter { plan.isGradientRectified[$0] }.map { network.nodes[$0].name }
        // Pooling always can; convolutions where their loops for three columns take the shape. Behind conv4 stands a
        // normalisation.
        #expect(rectified == ["conv1", "conv2", "conv3"])

        let branched = try Network(
            NetworkDescription(
                name: "branched",
                layers: [
                    LayerDescription(name: "input", kind: .input(shape: [6, 6, 1]), inputs: []),
                    LayerDescription(
                        name: "conv",
                        kind: .convolution2D(
                            filters: 16, kernelSize: Extent2D(3, 3), strides: Extent2D(1, 1), padding: .same,
                            activation: .relu, useBias: true), inputs: ["input"]),
                    LayerDescription(
                        name: "pool",
                        kind: .maxPooling2D(poolSize: Extent2D(2, 2), strides: Extent2D(2, 2), padding: .valid),
                        inputs: ["conv"]),
                    LayerDescription(
                        name: "average", kind: .globalAveragePooling2D(keepDimensions: false), inputs: ["conv"]),
                    LayerDescription(
                        name: "maximum", kind: .globalMaxPooling2D(keepDimensions: false), inputs: ["pool"]),
                    LayerDescription(name: "add", kind: .add, inputs: ["average", "maximum"]),
                    LayerDescription(name: "fc", kind: .dense(units: 2, activation: .softmax), inputs: ["add"]),
                ]))
        #expect(PassPlan(network: branched, samples: 4, isTraining: true).isGradientRectified.allSatisfy { !$0 })
    }

    @Test func blocksAliveAtTheSameTimeDoNotOverlap() {
        for seed in 0..<200 as Range<UInt64> {
            var stream = CounterBasedRandom(seed: seed).stream(.simulation)
            var allocator = IntervalAllocator()
            var blocks: [(memory: Range<Int>, life: ClosedRange<Int>)] = []
            var moment = 0
            for _ in 0..<40 {
                moment += stream.index(below: 3)
                let (size, end) = (1 + stream.index(below: 50), moment + stream.index(below: 8))
                let start = allocator.place(size, during: [moment...end])
                for other in blocks where other.life.overlaps(moment...end) {
                    #expect(!other.memory.overlaps(start..<start + size))
                }
                blocks.append((start..<start + size, moment...end))
            }
            #expect(allocator.size == blocks.map(\.memory.upperBound).max())
            // The most that is alive at once is a bound from below; all blocks side by side one from above.
            #expect(allocator.size < blocks.reduce(0) { $0 + $1.memory.count })
        }
    }
}

/// One microbatch's memory and the memory that microbatches use one after the other, each cache line of 16 floats
/// marked with what was written there last. No two blocks may share a line.
private struct MarkedMemory {
    enum Value: Hashable { case output(Int), kept(Int), gradient(Int) }

    private let plan: PassPlan
    private let network: Network
    private let samples: Int
    private var slot: [Value?]
    private var shared: [Value?]
    /// How many users of an output have contributed to its gradient.
    private var contributions: [Value: Int] = [:]
    private(set) var faults: [String] = []

    init(_ plan: PassPlan, _ network: Network, _ samples: Int) {
        (self.plan, self.network, self.samples) = (plan, network, samples)
        slot = Array(repeating: nil, count: (plan.slotCount + 15) / 16)
        shared = Array(repeating: nil, count: (plan.sharedCount + 15) / 16)
    }

    mutating func runForward() {
        // Inputs are there before anything runs.
        for number in network.nodes.indices where network.nodes[number].isInput { mark(.output(number)) }
        // In training segment by segment, in inference straight through.
        for segment in 0..<(plan.isTraining ? network.segments : 1) {
            // Other microbatches have used the shared memory in between.
            shared = Array(repeating: nil, count: shared.count)
            if plan.isTraining { for number in plan.recomputed[segment] { passForward(number) } }
            for (number, node) in network.nodes.enumerated() where !plan.isTraining || node.segment == segment {
                if hasNoValues(number) { continue }
                if node.isInput { continue }
                mark(.kept(number))
                passForward(number)
            }
            // The moments for the batch normalisations behind the segment.
            for node in network.nodes where plan.isTraining && node.segment == segment + 1 {
                if case .synchronized = node.operation { expect(.output(node.inputs[0]), by: node.name) }
            }
        }
    }

    private mutating func passForward(_ number: Int) {
        let node = network.nodes[number]
        for input in node.inputs { expect(.output(input), by: node.name) }
        mark(.output(number))
        for input in node.inputs { expect(.output(input), by: node.name) }
    }

    mutating func runBackward() {
        expect(.output(network.nodes.count - 1), by: "the loss")
        contribute(to: network.nodes.count - 1, isAdded: false, by: "the loss")
        for segment in (0..<network.segments).reversed() {
            // In the last segment a microbatch goes on backward at once.
            if segment < network.segments - 1 {
                shared = Array(repeating: nil, count: shared.count)
                for number in plan.recomputed[2 * (network.segments - 1) - segment] { passForward(number) }
            }
            for (number, node) in network.nodes.enumerated() where node.segment == segment + 1 {
                if case .synchronized = node.operation { passBackward(number, reads: [.output(node.inputs[0])]) }
            }
            for (number, node) in network.nodes.enumerated().reversed() where node.segment == segment {
                switch node.operation {
                case .input, .view, .deferred: continue
                case .synchronized:
                    expect(.output(node.inputs[0]), by: node.name)
                    expectGradient(number)
                case .layer(let layer):
                    guard plan.needsGradient[number] else { continue }
                    let read = layer.valuesReadBackward(
                        rectifiesInputGradient: plan.rectifiesInputGradient(number),
                        isOutputGradientRectified: plan.isGradientRectified[number])
                    passBackward(
                        number,
                        reads: [.kept(number)] + (read.output ? [.output(number)] : [])
                            + (read.inputs ? node.inputs.map { .output($0) } : []))
                }
            }
        }
    }

    /// A layer reads the output's gradient and some values of the forward pass, and writes the inputs' gradients; those
    /// that others have written before it are added to afterwards.
    private mutating func passBackward(_ number: Int, reads: [Value]) {
        let node = network.nodes[number]
        let reads = reads + [.gradient(number)]
        for value in reads { expect(value, by: node.name) }
        expectGradient(number)
        for (index, input) in node.inputs.enumerated() where plan.needsGradient[input] {
            contribute(to: input, isAdded: plan.addedInputs[number].contains(index), by: node.name)
        }
        for value in reads { expect(value, by: node.name) }
    }

    /// One user's share of an output's gradient: the first is written, the others are added to it.
    private mutating func contribute(to number: Int, isAdded: Bool, by writer: String) {
        let value = seen(.gradient(number))
        contributions[value, default: 0] += 1
        if isAdded { expect(value, by: writer) } else { mark(value) }
        if isAdded == (contributions[value] == 1) { faults.append("\(writer) does not add up \(value)") }
    }

    /// A gradient is whole when each user of the output has contributed.
    private mutating func expectGradient(_ number: Int) {
        let value = seen(.gradient(number))
        expect(value, by: network.nodes[number].name)
        var users = seen(.gradient(network.nodes.count - 1)) == value ? 1 : 0
        for (number, node) in network.nodes.enumerated() where !hasNoValues(number) {
            users += node.inputs.count { seen(.gradient($0)) == value }
        }
        if contributions[value] != users {
            faults.append("\(network.nodes[number].name) reads \(value) before all have contributed")
        }
    }

    /// Notes a fault unless all of a value is still what it was.
    mutating func expect(_ value: Value, by reader: String) {
        let value = seen(value)
        let (range, isShared) = place(value)
        guard !(isShared ? shared : slot)[range].allSatisfy({ $0 == value }) else { return }
        faults.append("\(reader) finds \(value) overwritten")
    }

    private mutating func mark(_ value: Value) {
        let value = seen(value)
        let (range, isShared) = place(value)
        guard range.lowerBound >= 0, range.upperBound <= (isShared ? shared : slot).count else {
            faults.append("\(value) lies outside")
            return
        }
        for index in range { if isShared { shared[index] = value } else { slot[index] = value } }
    }

    /// Whether a node's values are its input's.
    private func hasNoValues(_ number: Int) -> Bool {
        switch network.nodes[number].operation {
        case .view, .deferred: true
        case .input, .layer, .synchronized: false
        }
    }

    /// The node whose values they are.
    private func seen(_ value: Value) -> Value {
        func source(_ number: Int) -> Int {
            hasNoValues(number) ? source(network.nodes[number].inputs[0]) : number
        }
        switch value {
        case .output(let number): return .output(source(number))
        case .kept: return value
        case .gradient(let number): return .gradient(source(number))
        }
    }

    private func place(_ value: Value) -> (range: Range<Int>, isShared: Bool) {
        switch value {
        case .output(let number): return place(plan.outputs[number], number)
        case .kept(let number):
            let bytes = samples * (network.nodes[number].layer?.keptBytes ?? 0)
            return (block(plan.kept[number], (bytes + 3) / 4), false)
        case .gradient(let number): return place(plan.gradients[number], number)
        }
    }

    private func place(_ place: PassPlan.Place, _ number: Int) -> (range: Range<Int>, isShared: Bool) {
        let count = samples * network.nodes[number].outputShape.count
        switch place {
        case .none: return (0..<0, false)
        case .shared(let offset): return (block(offset, count), true)
        case .kept(let offset): return (block(offset, count), false)
        }
    }

    private func block(_ start: Int, _ count: Int) -> Range<Int> { start / 16..<(start + count + 15) / 16 }
}
