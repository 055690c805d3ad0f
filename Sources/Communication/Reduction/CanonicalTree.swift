/// The complete binary tree over the leaves `0..<count` that fixes the order of every sum over microbatches.
///
/// Floating-point addition is not associative, so a sum has the same bits for any number of ranks and lanes only if
/// the same additions are made. Here they are those of
///
///     value(level, index) = value(level − 1, 2·index) + value(level − 1, 2·index + 1)
///
/// where node (level, index) covers the leaves `index·2^level ..< min((index + 1)·2^level, count)`, and a node whose
/// right half lies beyond `count` takes its left half's value as it is. The error of such a sum grows with log₂ `count`
/// (N. Higham, "The accuracy of floating point summation", SIAM J. Sci. Comput. 14, 1993).
public struct CanonicalTree: Hashable, Sendable {
    /// A subtree, named by its root.
    public struct Node: Hashable, Sendable {
        /// Leaves are level 0.
        public let level: Int
        /// Position among the nodes of its level, from the left.
        public let index: Int

        public init(level: Int, index: Int) {
            precondition(level >= 0 && index >= 0, "no node at level \(level), index \(index)")
            self.level = level
            self.index = index
        }
    }

    /// One addition: the value held at position `into` becomes its sum with the value at position `from`.
    public struct Addition: Hashable, Sendable {
        public let into: Int
        public let from: Int
    }

    /// What is left when every pair of siblings among some subtrees has been added, and how to get there.
    public struct Combination: Hashable, Sendable {
        /// Additions between positions in the list of parts, in the order in which they must be made.
        public let additions: [Addition]
        /// The remaining subtrees, from left to right.
        public let nodes: [Node]
        /// The position at which the value of each remaining subtree is found.
        public let positions: [Int]
    }

    /// Number of leaves.
    public let count: Int

    /// The tree over `count` leaves, at least one.
    public init(count: Int) {
        precondition(count >= 1, "a tree needs a leaf")
        self.count = count
    }

    /// The node that covers all leaves, at level ⌈log₂ `count`⌉.
    public var root: Node {
        Node(level: Int.bitWidth - (count - 1).leadingZeroBitCount, index: 0)
    }

    /// The leaves below `node`: empty if it lies beyond the last leaf.
    public func leaves(of node: Node) -> Range<Int> {
        min(node.index << node.level, count)..<min((node.index + 1) << node.level, count)
    }

    /// Cuts `run` into the fewest whole subtrees, from left to right: at most 2·log₂ of them.
    ///
    /// A node that the end of the tree truncates is whole when the run covers what there is of it. Such a node is
    /// named by its highest level, so that the run `0..<count` is always `[root]`.
    public func wholeSubtrees(of run: Range<Int>) -> [Node] {
        precondition(run.lowerBound >= 0 && run.upperBound <= count, "run \(run) outside 0..<\(count)")
        var nodes: [Node] = []
        var start = run.lowerBound
        while start < run.upperBound {
            var node = Node(level: 0, index: start)
            while node.level < root.level, node.index.isMultiple(of: 2) {
                let parent = Node(level: node.level + 1, index: node.index / 2)
                guard leaves(of: parent).upperBound <= run.upperBound else { break }
                node = parent
            }
            nodes.append(node)
            start = leaves(of: node).upperBound
        }
        return nodes
    }

    /// The additions that take adjacent subtrees (of several lanes or ranks, from left to right) as far up the tree
    /// as they go: into the whole subtrees of the run that they cover, and into the root if they cover everything.
    public func combination(of parts: [Node]) -> Combination {
        for (left, right) in zip(parts, parts.dropFirst()) {
            precondition(leaves(of: left).upperBound == leaves(of: right).lowerBound, "\(left) and \(right) are apart")
        }
        var additions: [Addition] = []
        var nodes: [Node] = []
        var positions: [Int] = []
        for (position, part) in parts.enumerated() {
            nodes.append(part)
            positions.append(position)
            climb(&nodes) { into, from in
                additions.append(Addition(into: positions[into], from: positions[from]))
                positions.removeLast()
            }
        }
        return Combination(additions: additions, nodes: nodes, positions: positions)
    }

    /// Replaces the last node of `nodes` by its parent as long as that is possible: when its left sibling precedes it
    /// (then `add` is called with their positions), or when it has no right sibling because the tree ends.
    func climb(_ nodes: inout [Node], add: (_ into: Int, _ from: Int) throws -> Void) rethrows {
        while let node = nodes.last, node.level < root.level {
            let parent = Node(level: node.level + 1, index: node.index / 2)
            if node.index.isMultiple(of: 2) {
                guard leaves(of: parent) == leaves(of: node) else { return }
            } else {
                let sibling = Node(level: node.level, index: node.index - 1)
                guard nodes.dropLast().last == sibling else { return }
                try add(nodes.count - 2, nodes.count - 1)
                nodes.removeLast()
            }
            nodes[nodes.count - 1] = parent
        }
    }
}
