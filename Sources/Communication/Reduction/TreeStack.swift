/// Sums the leaves of a run in the order of the canonical tree while they are produced one after another, with few
/// buffers: a binary counter whose digits are whole subtrees.
///
/// ```swift
/// while !stack.isComplete {
///     compute(leaf: stack.nextLeaf, into: buffers[stack.nextSlot])
///     stack.completeLeaf { into, from in add(buffers[from], to: buffers[into]) }
/// }
/// // buffers[i] holds the value of stack.nodes[i], the whole subtrees of the run from left to right
/// ```
///
/// Nothing is allocated between `init` and the end.
public struct TreeStack: Sendable {
    public let tree: CanonicalTree
    public let run: Range<Int>
    /// How many buffers are needed, at most 2·⌈log₂ `run.count`⌉ + 1 and often far fewer.
    public let slotCount: Int
    /// The leaf to produce next; `run.upperBound` when all are done.
    public private(set) var nextLeaf: Int
    /// The subtrees held, from left to right; the value of the i-th is in buffer i.
    public private(set) var nodes: [CanonicalTree.Node]

    public init(tree: CanonicalTree, run: Range<Int>) {
        precondition(run.lowerBound >= 0 && run.upperBound <= tree.count, "run \(run) outside 0..<\(tree.count)")
        self.tree = tree
        self.run = run
        var trial: [CanonicalTree.Node] = []
        var slots = 0
        for leaf in run {
            trial.append(CanonicalTree.Node(level: 0, index: leaf))
            slots = max(slots, trial.count)
            tree.climb(&trial) { _, _ in }
        }
        slotCount = slots
        nextLeaf = run.lowerBound
        nodes = []
        nodes.reserveCapacity(slots)
    }

    /// The buffer in which the next leaf's value is to be computed.
    public var nextSlot: Int { nodes.count }

    /// Whether every leaf of the run has been completed.
    public var isComplete: Bool { nextLeaf == run.upperBound }

    /// Accepts the value now in buffer `nextSlot`, and calls `add` for each addition that it makes possible, in order:
    /// the value of buffer `from` is to be added into buffer `into`.
    public mutating func completeLeaf(_ add: (_ into: Int, _ from: Int) throws -> Void) rethrows {
        precondition(!isComplete, "run \(run) has no leaf left")
        nodes.append(CanonicalTree.Node(level: 0, index: nextLeaf))
        nextLeaf += 1
        try tree.climb(&nodes, add: add)
    }

    /// Starts the run again.
    public mutating func reset() {
        nextLeaf = run.lowerBound
        nodes.removeAll(keepingCapacity: true)
    }
}
