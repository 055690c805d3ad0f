/// The all-reduce of gradients over lanes and ranks in the order of the canonical tree, as a reduce-scatter and an
/// all-gather: `total = Σ over all microbatches`, with the same bits for any number of lanes and ranks.
///
/// The parameters are cut into buckets, which may be at different stages. In each step, for each bucket, after every
/// lane has filled its parts:
///
/// 1. `combine(after: 0, range)` by all lanes, for ranges that cover the bucket;
/// 2. for each level: `startExchange(level)` by the thread that communicates, which later finds the exchange complete
///    (`isExchanged`) or waits for it (`finishExchange`); then `combine(after: level + 1, range)` by all lanes, for
///    ranges that cover `range(after: level + 1)`;
/// 3. the optimizer updates the parameters of the slice from the bucket's `total`; and for each level, from the last to
///    the first, `startGather` … `finishGather` return them to all ranks.
///
/// Lanes synchronise between these. All ranks must start the exchanges of a level in the same order of buckets, and
/// likewise the all-gathers. In a single process there are no levels: the parts are summed in place and nothing is
/// sent.
public final class GradientReduction: @unchecked Sendable {
    /// A whole subtree that one lane of this rank has summed.
    public struct Part {
        public let node: CanonicalTree.Node
        /// One float for each parameter: overwritten by the reduction.
        public let buffer: UnsafeMutablePointer<Float>

        public init(node: CanonicalTree.Node, buffer: UnsafeMutablePointer<Float>) {
            self.node = node
            self.buffer = buffer
        }
    }

    /// What all buckets share: the sums of this rank's lanes, and which subtrees ranks have.
    struct Parts {
        let tree: CanonicalTree
        let rankRuns: [Range<Int>]
        /// Additions among the parts of this rank's lanes.
        let additions: GradientAdditions
        /// What the rank holds after these, over all parameters.
        let holding: LevelExchange.Holding

        /// The whole subtrees of the joint run of some neighbouring ranks.
        func nodes(ofRanks ranks: Range<Int>) -> [CanonicalTree.Node] {
            tree.wholeSubtrees(of: rankRuns[ranks.lowerBound].lowerBound..<rankRuns[ranks.upperBound - 1].upperBound)
        }
    }

    /// Slice boundaries lie at multiples of this from the start of their bucket: a cache line of floats.
    public static let sliceUnit = 16

    /// The buckets, as they were given.
    public let buckets: [GradientBucket]

    /// Plans the reduction. Every rank must be given the same tree, runs, buckets, levels and format.
    ///
    /// - Parameters:
    ///   - rankRuns: the run of microbatches of each rank, from left to right; together all leaves of `tree`.
    ///   - buckets: ranges of the parameters, none of which overlap.
    ///   - parts: this rank's subtrees, lane by lane from left to right; together its run. The buffers must outlive
    ///     the reduction and must not overlap.
    ///   - format: in which values are exchanged; the parts' values must have been rounded to it.
    public init(
        levels: RankLevels, tree: CanonicalTree, rankRuns: [Range<Int>], buckets: [Range<Int>], parts: [Part],
        format: GradientFormat = .float32
    ) {
        precondition(rankRuns.count == levels.size, "\(rankRuns.count) runs for \(levels.size) ranks")
        let run = rankRuns[levels.rank]
        let lanes = tree.combination(of: parts.map(\.node))
        precondition(
            lanes.nodes == tree.wholeSubtrees(of: run), "the parts of rank \(levels.rank) are not its run \(run)")
        let shared = Parts(
            tree: tree, rankRuns: rankRuns,
            additions: GradientAdditions(
                lanes.additions, buffers: parts.map(\.buffer), firstIndex: 0, format: format),
            holding: LevelExchange.Holding(
                nodes: lanes.nodes, values: lanes.positions.map { parts[$0].buffer }))
        self.buckets = buckets.map { GradientBucket($0, parts: shared, levels: levels, format: format) }
    }
}
