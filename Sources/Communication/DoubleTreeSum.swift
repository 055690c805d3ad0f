import CKernels
import Faults

/// Sums of one short vector per microbatch (BatchNorm's sums, losses, counts) over all microbatches, in double
/// precision and in the order of the canonical tree. Every rank receives the same bits, for any number of ranks.
///
/// Each lane writes the vectors of its microbatches (`leaf`); when all have, one thread calls `sum`; then all may read
/// the result. A rank sums its run into whole subtrees, all ranks gather those, and each finishes the tree itself.
public final class DoubleTreeSum: @unchecked Sendable {
    /// The microbatches of this rank.
    public let run: Range<Int>
    /// The most numbers in a vector.
    public let maximumLength: Int

    private let group: any ProcessGroup
    private let plan: AllGatherPlan
    /// Additions among the leaves of the run, then among the subtrees of all ranks.
    private let local, global: CanonicalTree.Combination
    /// The place of this rank's first subtree among all.
    private let firstSubtree: Int
    private let leafStride: Int
    /// One vector for each microbatch of the run, each on cache lines of its own.
    private let leaves: UnsafeMutablePointer<Double>
    /// One vector for each subtree of all ranks, close together.
    private let subtrees: UnsafeMutablePointer<Double>

    /// Plans sums of up to `maximumLength` numbers. Every rank must be given the same tree, runs and length.
    ///
    /// - Parameter rankRuns: the run of microbatches of each rank, from left to right; together all leaves of `tree`.
    public init(group: any ProcessGroup, tree: CanonicalTree, rankRuns: [Range<Int>], maximumLength: Int) {
        precondition(rankRuns.count == group.size, "\(rankRuns.count) runs for \(group.size) ranks")
        precondition(maximumLength >= 1, "vectors of \(maximumLength) numbers")
        let wholeSubtrees = rankRuns.map { tree.wholeSubtrees(of: $0) }
        self.group = group
        self.maximumLength = maximumLength
        run = rankRuns[group.rank]
        local = tree.combination(of: run.map { CanonicalTree.Node(level: 0, index: $0) })
        global = tree.combination(of: wholeSubtrees.flatMap { $0 })
        precondition(global.nodes == [tree.root], "the ranks' runs do not cover the tree")
        plan = AllGatherPlan(counts: wholeSubtrees.map(\.count))
        firstSubtree = plan.offsets[group.rank]
        let doublesPerLine = 8
        leafStride = (maximumLength + doublesPerLine - 1) / doublesPerLine * doublesPerLine
        leaves = Self.zeros(run.count * leafStride)
        subtrees = Self.zeros(plan.counts.reduce(0, +) * maximumLength)
    }

    deinit {
        leaves.deallocate()
        subtrees.deallocate()
    }

    /// Where the vector of one microbatch of `run` is to be written: `maximumLength` numbers, overwritten by `sum`.
    public func leaf(_ microbatch: Int) -> UnsafeMutablePointer<Double> {
        precondition(run.contains(microbatch), "microbatch \(microbatch) is not in \(run)")
        return leaves + (microbatch - run.lowerBound) * leafStride
    }

    /// Sums the first `length` numbers of all leaves. Collective; `length` must be the same on all ranks.
    ///
    /// - Returns: the sums, the same bits on every rank, valid until the next call. Leaves may be written again.
    @discardableResult
    public func sum(length: Int) throws -> UnsafeBufferPointer<Double> {
        precondition(length >= 0 && length <= maximumLength, "vectors of \(length) numbers, planned \(maximumLength)")
        for addition in local.additions {
            add_doubles_into(leaves + addition.into * leafStride, leaves + addition.from * leafStride, length)
        }
        for (index, position) in local.positions.enumerated() {
            (subtrees + (firstSubtree + index) * length).update(from: leaves + position * leafStride, count: length)
        }
        try group.allGather(inPlace: subtrees, plan: plan, blockLength: length)
        for addition in global.additions {
            add_doubles_into(subtrees + addition.into * length, subtrees + addition.from * length, length)
        }
        return UnsafeBufferPointer(start: subtrees + global.positions[0] * length, count: length)
    }

    private static func zeros(_ count: Int) -> UnsafeMutablePointer<Double> {
        let bytes = max(count, 1) * MemoryLayout<Double>.stride
        let pointer = UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: 64)
            .bindMemory(to: Double.self, capacity: max(count, 1))
        pointer.initialize(repeating: 0, count: max(count, 1))
        return pointer
    }
}
