import Layers
import Models

/// Where the values of one microbatch lie while it passes through a network: planned once, before the first step.
///
/// In training a microbatch passes through phases (`PassClock`): forward through one segment after another, in the last
/// one forward and backward, then backward through the others. Values whose last reader runs in the same phase lie in
/// memory that all microbatches of a lane share, so that it stays in the processor's cache. Of those that later phases
/// read, the cheap ones (a handful of operations each) are recomputed there (rematerialisation), which costs less than
/// fetching them from main memory; only the others are kept for each microbatch. In inference all outputs share memory
/// as soon as their last reader has run. Source: T. Chen et al., "Training deep nets with sublinear memory cost",
/// arXiv:1604.06174 (2016).
package struct PassPlan {
    /// Where a value lies.
    package enum Place: Hashable, Sendable {
        /// Nothing reads it.
        case none
        /// In memory that the microbatches of a lane use one after another.
        case shared(Int)
        /// In the microbatch's own memory.
        case kept(Int)
    }

    let network: Network
    /// The most samples a microbatch has.
    let samples: Int
    package let isTraining: Bool
    /// Where each node's output lies.
    package internal(set) var outputs: [Place] = []
    /// Offsets of what each node keeps for the backward pass, in floats of the microbatch's own memory.
    package internal(set) var kept: [Int] = []
    /// Where each node's output gradient lies.
    package internal(set) var gradients: [Place] = []
    /// The nodes whose forward pass is recomputed at the beginning of each phase (`PassClock`), in order.
    package internal(set) var recomputed: [[Int]] = []
    /// Floats of a microbatch's own memory.
    package internal(set) var slotCount = 0
    /// Floats of the memory that the microbatches of a lane use one after another.
    package internal(set) var sharedCount = 0
    /// Floats of scratch memory for any layer.
    private(set) var workspaceCount = 0
    /// Whether a layer or one before it has parameters: only then is its output's gradient needed.
    package private(set) var needsGradient: [Bool] = []
    /// Whether a node's gradient arrives already rectified, because the node's only user does that on the way.
    package internal(set) var isGradientRectified: [Bool] = []
    /// For each node, which of its inputs have a gradient from another user already: this node's is added to it.
    package internal(set) var addedInputs: [[Int]] = []
    /// Floats of the memory in which a gradient waits to be added; one such place for each input of a node.
    var waitingCount = 0

    package init(network: Network, samples: Int, isTraining: Bool) {
        self.network = network
        self.samples = samples
        self.isTraining = isTraining
        workspaceCount = network.nodes.map { $0.layer?.workspaceCount(samples: samples) ?? 0 }.max() ?? 0
        for node in network.nodes {
            needsGradient.append(node.trainableCount > 0 || node.inputs.contains { needsGradient[$0] })
        }
        if isTraining {
            findRectifyingUsers()
            findAddedInputs()
            placeForTraining()
        } else {
            placeForInference()
        }
    }

    /// Floats for `count` values of each sample, rounded up to whole cache lines.
    func room(_ count: Int) -> Int { (samples * count + 15) / 16 * 16 }

    /// The node in whose memory a node's values lie: for a node without values of its own, that of its input.
    func source(_ number: Int) -> Int {
        switch network.nodes[number].operation {
        case .view, .deferred: source(network.nodes[number].inputs[0])
        case .input, .layer, .synchronized: number
        }
    }

    private mutating func placeForInference() {
        let nodes = network.nodes
        var lastReader = Array(nodes.indices)
        for (number, node) in nodes.enumerated() {
            for input in node.inputs { lastReader[source(input)] = number }
        }
        lastReader[source(nodes.count - 1)] = nodes.count
        var allocator = IntervalAllocator()
        for (number, node) in nodes.enumerated() {
            if source(number) != number {
                outputs.append(outputs[source(number)])
            } else {
                // All inputs are written before anything runs, wherever they stand.
                let written = node.isInput ? 0 : number
                outputs.append(
                    .kept(allocator.place(room(node.outputShape.count), during: [written...lastReader[number]])))
            }
        }
        // Layers may write here even where nothing is kept: pooling does, and dropout where it draws random numbers.
        let keptRoom = nodes.map { room((($0.layer?.keptBytes ?? 0) + 3) / 4) }.max() ?? 0
        kept = nodes.map { _ in allocator.size }
        slotCount = allocator.size + keptRoom
    }
}
