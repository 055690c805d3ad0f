import CKernels
import Models
import Tensors

/// Where the nodes of a lane put the gradients of their parameters, when several nodes have the same ones.
///
/// The gradient is complete when the last of them has been differentiated. The others' parts wait until then in memory
/// of the microbatch and are added in the order in which they were computed, which is the same for any lane.
struct SharedGradients {
    private let nodes: [Network.Node]
    /// For each node, where its part waits in a microbatch's memory; nil for a node that completes its gradient.
    private let waiting: [Int?]
    /// For each node, those whose parts are added to its own.
    private let parts: [[Int]]
    /// Floats of a microbatch's memory.
    private let slotCount: Int
    private let memory: FloatBuffer
    /// For the gradients of frozen layers that come with those of their inputs.
    private let unread: FloatBuffer

    /// - Parameter slots: microbatches whose values are held at once.
    init(network: Network, slots: Int) {
        nodes = network.nodes
        let completing = network.completingNodes
        var (waiting, parts) = ([Int?](repeating: nil, count: nodes.count), [[Int]](repeating: [], count: nodes.count))
        var count = 0
        for number in nodes.indices where completing[number] != number {
            waiting[number] = count
            count += (nodes[number].trainableCount + 15) / 16 * 16
            parts[completing[number]].append(number)
        }
        // As the backward pass comes to them.
        self.parts = parts.map { $0.sorted { (-network.nodes[$0].segment, -$0) < (-network.nodes[$1].segment, -$1) } }
        self.waiting = waiting
        slotCount = count
        memory = FloatBuffer(count: slots * count)
        unread = FloatBuffer(count: slots == 0 ? 0 : nodes.map { $0.isFrozen ? $0.stateCount : 0 }.max() ?? 0)
    }

    /// Where a node puts the gradient of its parameters.
    ///
    /// - Parameter gradient: of all trainable parameters.
    func place(_ slot: Int, _ number: Int, in gradient: MutableFloatView) -> MutableFloatView {
        if let offset = waiting[number] {
            return memory.view.slice(nodes[number].trainableCount, at: slot * slotCount + offset)
        }
        return nodes[number].isFrozen
            ? unread.view.slice(nodes[number].stateCount) : nodes[number].parameters(in: gradient)
    }

    /// Sets the gradient that a node completes to zero.
    func clear(_ number: Int, in gradient: MutableFloatView) {
        if waiting[number] == nil { nodes[number].parameters(in: gradient).update(repeating: 0) }
    }

    /// Adds the parts of other nodes when a node has computed its own.
    func complete(_ slot: Int, _ number: Int, in gradient: MutableFloatView) {
        guard !parts[number].isEmpty else { return }
        let count = nodes[number].trainableCount
        let sum = nodes[number].parameters(in: gradient).pointer(count)
        for part in parts[number] { add_into(sum, place(slot, part, in: gradient).pointer(count), count) }
    }
}
