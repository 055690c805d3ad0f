/// The all-reduce of gradients over lanes and ranks in the order of the canonical tree, as a reduce-scatter and an
/// all-gather: `total = Σ over all microbatches`, with the same bits for any number of lanes and ranks.
///
/// The parameters are cut into buckets, which may be at different stages. Each step, and for each bucket, after every
/// lane has filled its parts:
///
/// 1. `combineLanes(range)` by all lanes, for ranges that cover the bucket;
/// 2. `startExchange()` of the bucket by the thread that communicates, which later finds the exchange complete
///    (`isExchanged`) or waits for it (`finishExchange`);
/// 3. `combineRanks(range)` by all lanes, for ranges that cover the bucket's `slice`;
/// 4. the optimizer updates the parameters of the slice from the bucket's `total`, and `startGather` … `finishGather`
///    return them to all.
///
/// Between these, lanes meet. All ranks must start the exchanges of buckets in the same order, and likewise the
/// gatherings. In a single process the parts are summed in place and 2 to 4 move nothing. Among ranks every float travels
/// once, from the buffer where it was computed to the rank that owns its slice.
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

    /// Slice boundaries lie at multiples of this behind the start of their bucket: a cache line of floats.
    public static let sliceUnit = 16

    /// The buckets, as they were given.
    public let buckets: [GradientBucket]

    private let lanes: GradientAdditions
    /// Holds what all buckets receive.
    private let storage: UnsafeMutablePointer<Float>

    /// Plans the reduction. Every rank must be given the same tree, runs and buckets.
    ///
    /// - Parameters:
    ///   - rankRuns: the run of microbatches of each rank, from left to right; together all leaves of `tree`.
    ///   - buckets: ranges of the parameters, none of which overlap.
    ///   - parts: this rank's subtrees, lane by lane from left to right; together its run. The buffers must outlive
    ///     the reduction and must not overlap.
    public init(
        group: any ProcessGroup, tree: CanonicalTree, rankRuns: [Range<Int>], buckets: [Range<Int>], parts: [Part]
    ) {
        precondition(rankRuns.count == group.size, "\(rankRuns.count) runs for \(group.size) ranks")
        let rank = group.rank
        let lanes = tree.combination(of: parts.map(\.node))
        let nodes = rankRuns.map { tree.wholeSubtrees(of: $0) }
        precondition(lanes.nodes == nodes[rank], "the parts of rank \(rank) are not its run \(rankRuns[rank])")
        let ranks = tree.combination(of: nodes.flatMap { $0 })
        precondition(ranks.nodes == [tree.root], "the ranks' runs do not cover the tree")
        let subtrees = GradientBucket.Subtrees(
            counts: nodes.map(\.count), own: lanes.positions.map { parts[$0].buffer }, combination: ranks)

        let sizes = buckets.map { range in
            subtrees.received(by: rank)
                * GradientBucket.stride(of: GradientBucket.slices(of: range, ranks: group.size)[rank])
        }
        // In front of what is received, an address to send nothing from.
        let storage = Self.allocate(floats: Self.sliceUnit + sizes.reduce(0, +))
        self.storage = storage
        self.lanes = GradientAdditions(lanes.additions, buffers: parts.map(\.buffer), firstIndex: 0)
        self.buckets = buckets.indices.map { number in
            GradientBucket(
                group: group, range: buckets[number], subtrees: subtrees,
                receiveBuffer: storage + Self.sliceUnit + sizes[..<number].reduce(0, +), nothing: storage)
        }
    }

    deinit { storage.deallocate() }

    /// Whether lanes have anything to add up: without, `combineLanes` does nothing.
    public var hasLaneSums: Bool { !lanes.isEmpty }

    /// Adds up the parts of this rank's lanes for the parameters in `range`. Any thread, disjoint ranges.
    public func combineLanes(_ range: Range<Int>) { lanes.apply(to: range) }

    private static func allocate(floats: Int) -> UnsafeMutablePointer<Float> {
        let bytes = floats * MemoryLayout<Float>.stride
        return UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: 64).assumingMemoryBound(to: Float.self)
    }
}
