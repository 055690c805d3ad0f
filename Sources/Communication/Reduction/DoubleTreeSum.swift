import CKernels
import Faults

/// Sums of one short vector per microbatch (BatchNorm's sums, losses, counts) over all microbatches, in double
/// precision and in the order of the canonical tree. Every rank receives the same bits, for any number of ranks.
///
/// Each lane writes the vectors of its microbatches (`leaf`); when all have, one thread calls `sum`; then all may read
/// the result. A rank sums its run into whole subtrees; at each level of ranks, those that exchange gather all their
/// subtrees, and each adds them up itself.
public final class DoubleTreeSum: @unchecked Sendable {
    /// The microbatches of this rank.
    public let run: Range<Int>
    /// The most numbers in a vector.
    public let maximumLength: Int

    /// Additions among the leaves of the run.
    private let local: CanonicalTree.Combination
    private let levels: [Level]
    private let leafStride: Int
    /// One vector for each microbatch of the run, each on cache lines of its own.
    private let leaves: UnsafeMutablePointer<Double>

    /// The ranks of one level, which gather the subtrees of all of them.
    private struct Level {
        let channel: any Channel
        let plan: AllGatherPlan
        /// The place of this rank's first subtree among all.
        let firstSubtree: Int
        /// Additions among the subtrees of all.
        let combination: CanonicalTree.Combination
        /// One vector for each subtree, close together.
        let subtrees: UnsafeMutablePointer<Double>
    }

    /// Plans sums of up to `maximumLength` numbers. Every rank must be given the same tree, runs, levels and length.
    ///
    /// - Parameter rankRuns: the run of microbatches of each rank, from left to right; together all leaves of `tree`.
    public init(levels: RankLevels, tree: CanonicalTree, rankRuns: [Range<Int>], maximumLength: Int) {
        precondition(rankRuns.count == levels.size, "\(rankRuns.count) runs for \(levels.size) ranks")
        precondition(maximumLength >= 1, "vectors of \(maximumLength) numbers")
        self.maximumLength = maximumLength
        run = rankRuns[levels.rank]
        local = tree.combination(of: run.map { CanonicalTree.Node(level: 0, index: $0) })
        self.levels = levels.channels.indices.map { level in
            let nodes = levels.members(level: level).map { ranks in
                tree.wholeSubtrees(
                    of: rankRuns[ranks.lowerBound].lowerBound..<rankRuns[ranks.upperBound - 1].upperBound)
            }
            let plan = AllGatherPlan(counts: nodes.map(\.count))
            return Level(
                channel: levels.channels[level], plan: plan, firstSubtree: plan.offsets[levels.channels[level].rank],
                combination: tree.combination(of: nodes.flatMap { $0 }),
                subtrees: Self.zeros(plan.counts.reduce(0, +) * maximumLength))
        }
        precondition((self.levels.last?.combination ?? local).nodes == [tree.root], "the runs do not cover the tree")
        let doublesPerLine = 8
        leafStride = (maximumLength + doublesPerLine - 1) / doublesPerLine * doublesPerLine
        leaves = Self.zeros(run.count * leafStride)
    }

    deinit {
        leaves.deallocate()
        for level in levels { level.subtrees.deallocate() }
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
        Self.add(local, leaves, stride: leafStride, length: length)
        var (values, stride, positions) = (leaves, leafStride, local.positions)
        for level in levels {
            for (index, position) in positions.enumerated() {
                (level.subtrees + (level.firstSubtree + index) * length)
                    .update(from: values + position * stride, count: length)
            }
            try level.channel.allGather(inPlace: level.subtrees, plan: level.plan, blockLength: length)
            Self.add(level.combination, level.subtrees, stride: length, length: length)
            (values, stride, positions) = (level.subtrees, length, level.combination.positions)
        }
        return UnsafeBufferPointer(start: values + positions[0] * stride, count: length)
    }

    private static func add(
        _ combination: CanonicalTree.Combination, _ vectors: UnsafeMutablePointer<Double>, stride: Int, length: Int
    ) {
        for addition in combination.additions {
            add_doubles_into(vectors + addition.into * stride, vectors + addition.from * stride, length)
        }
    }

    private static func zeros(_ count: Int) -> UnsafeMutablePointer<Double> {
        let bytes = max(count, 1) * MemoryLayout<Double>.stride
        let pointer = UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: 64)
            .bindMemory(to: Double.self, capacity: max(count, 1))
        pointer.initialize(repeating: 0, count: max(count, 1))
        return pointer
    }
}
