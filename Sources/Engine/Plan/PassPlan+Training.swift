import Layers
import Models

extension PassPlan {
    /// Decides where each output and each output gradient lies, and which outputs are recomputed.
    mutating func placeForTraining() {
        let clock = PassClock(network)
        var allocator = IntervalAllocator()
        var keptAllocator = IntervalAllocator()
        let blocks = outputBlocks(clock) + gradientBlocks(clock)
        outputs = network.nodes.map { _ in .none }
        gradients = network.nodes.map { _ in .none }
        var keptFloats = 0
        for node in network.nodes {
            kept.append(keptFloats)
            keptFloats += room(((node.layer?.keptBytes ?? 0) + 3) / 4)
        }
        for block in blocks.sorted(by: { $0.start < $1.start }) {
            let count = room(network.nodes[block.node].outputShape.count)
            let place: Place
            if let lives = block.lives {
                place = .shared(allocator.place(count, during: lives))
            } else {
                // A kept value frees its memory when its last reader has run.
                place = .kept(keptFloats + keptAllocator.place(count, during: [block.start...block.end]))
            }
            if block.isGradient { gradients[block.node] = place } else { outputs[block.node] = place }
        }
        for number in network.nodes.indices where source(number) != number {
            outputs[number] = outputs[source(number)]
            gradients[number] = gradients[source(number)]
        }
        slotCount = keptFloats + keptAllocator.size
        sharedCount = allocator.size
    }

    /// An output or an output's gradient, and when it is alive in shared memory: nil if it must be kept.
    private struct Block {
        let node: Int
        let isGradient: Bool
        /// When it is first written.
        let start: Int
        /// When it is last read.
        let end: Int
        let lives: [ClosedRange<Int>]?
    }

    // MARK: Outputs

    private mutating func outputBlocks(_ clock: PassClock) -> [Block] {
        var reads = readsOfOutputs(clock)
        recomputed = Array(repeating: [], count: clock.phases)
        var blocks: [Block] = []
        // From the last node: recomputing a node reads its inputs, which must be known before these are decided.
        for (number, node) in network.nodes.enumerated().reversed() where source(number) == number {
            // All inputs are written before anything runs, wherever they stand.
            let written = node.isInput ? clock.forward(0, segment: 0) : clock.forward(number, segment: node.segment)
            let own = clock.phase(of: written)
            let later = Set(reads[number].map(clock.phase)).subtracting([own])
            var lives: [ClosedRange<Int>]?
            if !node.isInput, later.isEmpty {
                lives = [written...max(written, reads[number].max() ?? written)]
            } else if !node.isInput, isRecomputable(node, in: later, reads, clock) {
                lives = ([own] + later).map { phase in
                    let first = phase == own ? written : clock.recomputation(number, phase: phase)
                    return first...reads[number].filter { clock.phase(of: $0) == phase }.reduce(first, max)
                }
                for phase in later {
                    recomputed[phase].insert(number, at: 0)
                    for input in node.inputs { reads[source(input)].append(clock.recomputation(number, phase: phase)) }
                }
            }
            blocks.append(
                Block(
                    node: number, isGradient: false, start: written, end: max(written, reads[number].max() ?? written),
                    lives: lives))
        }
        return blocks
    }

    /// Whether a node's output is cheaper to recompute than to keep, from inputs that are present in these phases
    /// anyway.
    private func isRecomputable(_ node: Network.Node, in phases: Set<Int>, _ reads: [[Int]], _ clock: PassClock) -> Bool
    {
        switch node.operation {
        case .input, .view, .deferred: return false
        case .layer(let layer): guard layer.isCheapToRecompute else { return false }
        case .synchronized: break
        }
        return node.inputs.map(source).allSatisfy { input in
            network.nodes[input].isInput || phases.isSubset(of: reads[input].map(clock.phase))
        }
    }

    /// The moments at which each node's output is read.
    private func readsOfOutputs(_ clock: PassClock) -> [[Int]] {
        let nodes = network.nodes
        var reads = [[Int]](repeating: [], count: nodes.count)
        for (number, node) in nodes.enumerated() {
            let segment = node.segment
            func readInputs(_ moment: Int) { for input in node.inputs { reads[source(input)].append(moment) } }
            switch node.operation {
            case .input, .view, .deferred: break
            case .layer(let layer):
                readInputs(clock.forward(number, segment: segment))
                guard needsGradient[number] else { break }
                let values = layer.valuesReadBackward(
                    rectifiesInputGradient: rectifiesInputGradient(number),
                    isOutputGradientRectified: isGradientRectified[number])
                if values.inputs { readInputs(clock.backward(number, segment: segment)) }
                if values.output { reads[number].append(clock.backward(number, segment: segment)) }
            case .synchronized:
                readInputs(clock.endOfForward(segment - 1))
                readInputs(clock.forward(number, segment: segment))
                readInputs(clock.backward(number, segment: segment))
                readInputs(clock.entry(segment - 1))
            }
        }
        reads[source(nodes.count - 1)].append(clock.endOfForward(network.segments - 1))
        return reads
    }

    // MARK: Gradients

    private func gradientBlocks(_ clock: PassClock) -> [Block] {
        let nodes = network.nodes
        var touches = [[Int]](repeating: [], count: nodes.count)
        for (number, node) in nodes.enumerated() {
            var passesOn = clock.backward(number, segment: node.segment)
            switch node.operation {
            case .input, .view, .deferred: continue
            case .layer: touches[number].append(passesOn)
            case .synchronized:
                touches[number].append(passesOn)
                passesOn = clock.entry(node.segment - 1)
                touches[number].append(passesOn)
            }
            for input in node.inputs { touches[source(input)].append(passesOn) }
        }
        touches[source(nodes.count - 1)].append(clock.endOfForward(network.segments - 1))
        return nodes.indices.compactMap { number in
            guard needsGradient[number], source(number) == number else { return nil }
            let (first, last) = (touches[number].min()!, touches[number].max()!)
            let isOnePhase = clock.phase(of: first) == clock.phase(of: last)
            return Block(
                node: number, isGradient: true, start: first, end: last, lives: isOnePhase ? [first...last] : nil)
        }
    }

    /// Whether a node passes its gradient back through the rectifier that made its input.
    package func rectifiesInputGradient(_ number: Int) -> Bool {
        let inputs = network.nodes[number].inputs
        return inputs.count == 1 && isGradientRectified[source(inputs[0])]
    }

    mutating func findRectifyingUsers() {
        let nodes = network.nodes
        isGradientRectified = nodes.indices.map { number in
            guard case .layer(let layer) = nodes[number].operation, layer.isRectified else { return false }
            let users = nodes.indices.filter { user in
                source(user) == user && nodes[user].inputs.contains { source($0) == number }
            }
            guard users.count == 1, nodes[users[0]].inputs.count == 1, case .layer(let user) = nodes[users[0]].operation
            else { return false }
            return user.canRectifyInputGradient
        }
    }

    /// Follows the backward pass to see which user of each output is the first to write its gradient.
    mutating func findAddedInputs() {
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
        let synchronizationPoints = network.synchronizationPoints
        for segment in (0..<network.segments).reversed() {
            if segment < synchronizationPoints.count {
                for point in synchronizationPoints[segment] { write(point.node) }
            }
            for number in nodes.indices.reversed() where nodes[number].segment == segment {
                if case .layer = nodes[number].operation { write(number) }
            }
        }
    }
}
