import Layers
import Models

/// Where the values of one microbatch lie while it passes through a network: planned once, before the first step.
///
/// In training every output stays until the backward pass. Output gradients that are used up within one segment share
/// memory; those that must wait for a meeting (batch normalisation) are kept for each microbatch. In inference all
/// outputs share memory as soon as their last reader has run.
package struct PassPlan {
    /// Where a node's output gradient lies.
    package enum GradientPlace {
        /// Nobody needs it.
        case none
        /// In memory that microbatches take turns to use.
        case shared(Int)
        /// In the microbatch's own memory.
        case kept(Int)
    }

    let network: Network
    /// The most samples a microbatch has.
    let samples: Int
    package let isTraining: Bool
    /// Offsets of each node's output, in floats.
    package private(set) var outputs: [Int] = []
    /// Offsets of what each node keeps for the backward pass, in floats.
    package private(set) var kept: [Int] = []
    package private(set) var gradients: [GradientPlace] = []
    /// Floats of a microbatch's own memory.
    package private(set) var slotCount = 0
    /// Floats of the memory that microbatches take turns to use.
    package private(set) var sharedCount = 0
    /// Floats of scratch memory for any layer.
    private(set) var workspaceCount = 0
    /// Whether a layer or one before it has parameters: only then is its output's gradient of use.
    package private(set) var needsGradient: [Bool] = []
    /// Whether a node's gradient comes back through its rectifier already, because its only user can do that on the way.
    package private(set) var isGradientRectified: [Bool] = []
    /// For each node, which of its inputs have a gradient from another user already: this node's is added to it.
    package private(set) var addedInputs: [[Int]] = []
    /// Floats of the memory in which a gradient waits to be added; one such place for each input of a node.
    private(set) var waitingCount = 0

    package init(network: Network, samples: Int, isTraining: Bool) {
        self.network = network
        self.samples = samples
        self.isTraining = isTraining
        workspaceCount = network.nodes.map { $0.layer?.workspaceCount(samples: samples) ?? 0 }.max() ?? 0
        for node in network.nodes {
            needsGradient.append((node.layer?.trainableCount ?? 0) > 0 || node.inputs.contains { needsGradient[$0] })
        }
        if isTraining {
            placeOutputsForTraining()
            placeGradients()
            findAddedInputs()
            findRectifyingUsers()
        } else {
            placeOutputsForInference()
        }
    }

    /// Floats that `count` values a sample take, rounded up to whole cache lines.
    private func room(_ count: Int) -> Int { (samples * count + 15) / 16 * 16 }

    private mutating func placeOutputsForTraining() {
        for node in network.nodes {
            if case .view = node.operation {
                outputs.append(outputs[node.inputs[0]])
            } else {
                outputs.append(slotCount)
                slotCount += room(node.outputShape.count)
            }
            kept.append(slotCount)
            slotCount += room(((node.layer?.keptBytes ?? 0) + 3) / 4)
        }
    }

    private mutating func placeOutputsForInference() {
        let nodes = network.nodes
        var lastReader = Array(nodes.indices)
        for (number, node) in nodes.enumerated() { for input in node.inputs { lastReader[input] = number } }
        lastReader[nodes.count - 1] = nodes.count
        // A view prolongs its input's life.
        for (number, node) in nodes.enumerated().reversed() {
            if case .view = node.operation {
                lastReader[node.inputs[0]] = max(lastReader[node.inputs[0]], lastReader[number])
            }
        }
        var allocator = IntervalAllocator()
        for (number, node) in nodes.enumerated() {
            if case .view = node.operation {
                outputs.append(outputs[node.inputs[0]])
            } else {
                outputs.append(allocator.place(room(node.outputShape.count), from: number, through: lastReader[number]))
            }
        }
        // Layers may write here even where nothing is kept: dropout does not, pooling does.
        let keptRoom = nodes.map { room((($0.layer?.keptBytes ?? 0) + 3) / 4) }.max() ?? 0
        kept = nodes.map { _ in allocator.size }
        slotCount = allocator.size + keptRoom
    }

    /// Follows the backward pass to see which user of each output is the first to write its gradient.
    private mutating func findAddedInputs() {
        let nodes = network.nodes
        addedInputs = nodes.map { _ in [] }
        var written = Set<Int>()
        func write(_ number: Int) {
            for (index, input) in nodes[number].inputs.enumerated() where needsGradient[input] {
                if !written.insert(input).inserted {
                    addedInputs[number].append(index)
                    waitingCount = max(waitingCount, room(nodes[input].outputShape.count))
                }
            }
        }
        let meetings = network.meetings
        for segment in (0..<network.segments).reversed() {
            if segment < meetings.count { for meeting in meetings[segment] { write(meeting.node) } }
            for number in nodes.indices.reversed() where nodes[number].segment == segment {
                if case .layer = nodes[number].operation { write(number) }
            }
        }
    }

    private mutating func findRectifyingUsers() {
        let nodes = network.nodes
        isGradientRectified = nodes.indices.map { number in
            guard case .layer(let layer) = nodes[number].operation, layer.isRectified else { return false }
            let users = nodes.filter { $0.inputs.contains(number) }
            guard users.count == 1, users[0].inputs.count == 1, case .layer(let user) = users[0].operation else {
                return false
            }
            return user.canRectifyInputGradient
        }
    }

    /// The stage of the backward pass (the segment's number) in which each gradient is written and read.
    private mutating func placeGradients() {
        let nodes = network.nodes
        // Backward order: stages from the last segment to the first; within one, nodes from last to first. A batch
        // normalisation passes its gradient on one stage after it has summed it.
        func moment(_ stage: Int, _ node: Int) -> Int { (network.segments - stage) * (nodes.count + 1) - node }
        var firstMoment = [Int](repeating: Int.max, count: nodes.count)
        var lastMoment = [Int](repeating: Int.min, count: nodes.count)
        var stages = [Set<Int>](repeating: [], count: nodes.count)
        func touch(_ node: Int, stage: Int, by reader: Int) {
            stages[node].insert(stage)
            firstMoment[node] = min(firstMoment[node], moment(stage, reader))
            lastMoment[node] = max(lastMoment[node], moment(stage, reader))
        }
        for (number, node) in nodes.enumerated() {
            touch(number, stage: node.segment, by: number)
            var passesOn = node.segment
            if case .batchNormalization = node.operation {
                passesOn -= 1
                touch(number, stage: passesOn, by: nodes.count)
            }
            let time = passesOn == node.segment ? number : nodes.count
            for input in node.inputs { touch(input, stage: passesOn, by: time) }
        }
        // A view's gradient is its input's.
        for (number, node) in nodes.enumerated().reversed() {
            guard case .view = node.operation else { continue }
            let input = node.inputs[0]
            stages[input].formUnion(stages[number])
            firstMoment[input] = min(firstMoment[input], firstMoment[number])
            lastMoment[input] = max(lastMoment[input], lastMoment[number])
        }
        var allocator = IntervalAllocator()
        var places = [GradientPlace](repeating: .none, count: nodes.count)
        let order = nodes.indices.sorted { firstMoment[$0] < firstMoment[$1] }
        for number in order where needsGradient[number] {
            if case .view = nodes[number].operation { continue }
            let size = room(nodes[number].outputShape.count)
            if stages[number].count == 1 {
                places[number] = .shared(
                    allocator.place(size, from: firstMoment[number], through: lastMoment[number]))
            } else {
                places[number] = .kept(slotCount)
                slotCount += size
            }
        }
        for (number, node) in nodes.enumerated() {
            if case .view = node.operation { places[number] = places[node.inputs[0]] }
        }
        gradients = places
        sharedCount = allocator.size
    }
}

/// Places blocks that live for a while so that blocks alive at the same time do not overlap (first fit).
package struct IntervalAllocator {
    private var placed: [(range: Range<Int>, through: Int)] = []
    /// The end of the highest block so far.
    package private(set) var size = 0

    package init() {}

    /// Places a block that is alive from one moment through another. Blocks come in the order of their first moment.
    package mutating func place(_ count: Int, from first: Int, through last: Int) -> Int {
        placed.removeAll { $0.through < first }
        var offset = 0
        for block in placed.sorted(by: { $0.range.lowerBound < $1.range.lowerBound })
        where block.range.lowerBound < offset + count {
            offset = max(offset, block.range.upperBound)
        }
        placed.append((offset..<offset + count, last))
        size = max(size, offset + count)
        return offset
    }
}
