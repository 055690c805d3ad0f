import CKernels
import Faults

/// The all-reduce of gradients over lanes and ranks in the order of the canonical tree, as a reduce-scatter and an
/// all-gather: `total = Σ over all microbatches`, with the same bits for any number of lanes and ranks.
///
/// Each step, after every lane has filled its parts:
///
/// 1. `combineLanes(range)` by all lanes, for ranges that cover `0..<parameterCount`;
/// 2. `exchange()` by the thread that communicates;
/// 3. `combineRanks(range)` by all lanes, for ranges that cover `slice`;
/// 4. the optimizer updates the parameters of `slice` from `total`, and `gather(parameters:)` returns them to all.
///
/// Between these, lanes meet. In a single process the parts are summed in place and 2 to 4 move nothing. Among ranks
/// every float travels once, from the buffer where it was computed to the rank that owns its slice.
public final class GradientReduction: @unchecked Sendable {
    /// A whole subtree that one lane of this rank has summed.
    public struct Part {
        public let node: CanonicalTree.Node
        /// `parameterCount` floats: overwritten by the reduction.
        public let buffer: UnsafeMutablePointer<Float>

        public init(node: CanonicalTree.Node, buffer: UnsafeMutablePointer<Float>) {
            self.node = node
            self.buffer = buffer
        }
    }

    /// Slice boundaries lie at multiples of this: a cache line of floats.
    public static let sliceUnit = 16

    public let parameterCount: Int
    /// The slice of the parameters that each rank owns.
    public let slices: [Range<Int>]
    /// The slice that this rank owns.
    public let slice: Range<Int>

    private let group: any ProcessGroup
    private let lanes: Additions
    private let ranks: Additions
    private let rounds: [Round]
    private let slicePlan: AllGatherPlan
    /// Holds the receive buffer.
    private let storage: UnsafeMutablePointer<Float>
    private let receiveBuffer: UnsafeMutablePointer<Float>
    private let root: UnsafeMutablePointer<Float>

    /// One exchange: every rank's subtree of the same position.
    private struct Round {
        let send: UnsafePointer<Float>
        let plan: AllToAllPlan
    }

    /// Plans the reduction. Every rank must be given the same tree, runs and parameter count.
    ///
    /// - Parameters:
    ///   - rankRuns: the run of microbatches of each rank, from left to right; together all leaves of `tree`.
    ///   - parts: this rank's subtrees, lane by lane from left to right; together its run. The buffers must outlive
    ///     the reduction and must not overlap.
    public init(
        group: any ProcessGroup, tree: CanonicalTree, rankRuns: [Range<Int>], parameterCount: Int, parts: [Part]
    ) {
        precondition(rankRuns.count == group.size, "\(rankRuns.count) runs for \(group.size) ranks")
        let rank = group.rank
        let lanes = tree.combination(of: parts.map(\.node))
        let subtrees = rankRuns.map { tree.wholeSubtrees(of: $0) }
        precondition(lanes.nodes == subtrees[rank], "the parts of rank \(rank) are not its run \(rankRuns[rank])")
        let ranks = tree.combination(of: subtrees.flatMap { $0 })
        precondition(ranks.nodes == [tree.root], "the ranks' runs do not cover the tree")

        let slices = (0..<parameterCount).balancedRuns(over: group.size, multipleOf: Self.sliceUnit)
        let own = lanes.positions.map { parts[$0].buffer }
        // Every received slice starts on a cache line.
        let stride = (slices[rank].count + Self.sliceUnit - 1) / Self.sliceUnit * Self.sliceUnit
        let received = subtrees.enumerated().map { $0.offset == rank ? 0 : $0.element.count }
        let firstReceived = received.indices.map { received[..<$0].reduce(0, +) }
        // A rank without a subtree to send must still name an address: MPI takes that of the receive buffer for a
        // wish to exchange in place, and then the ranks wait for each other for ever.
        let nothing = Self.allocate(floats: Self.sliceUnit + received.reduce(0, +) * stride)
        let receiveBuffer = nothing + Self.sliceUnit

        self.group = group
        self.parameterCount = parameterCount
        self.slices = slices
        slice = slices[rank]
        self.lanes = Additions(lanes.additions, buffers: parts.map(\.buffer), firstIndex: 0)
        let held = subtrees.indices.flatMap { source in
            subtrees[source].indices.map { position in
                source == rank
                    ? own[position] + slices[rank].lowerBound
                    : receiveBuffer + (firstReceived[source] + position) * stride
            }
        }
        self.ranks = Additions(ranks.additions, buffers: held, firstIndex: slices[rank].lowerBound)
        root = held[ranks.positions[0]]
        storage = nothing
        self.receiveBuffer = receiveBuffer
        slicePlan = AllGatherPlan(counts: slices.map(\.count))

        let roundCount = group.size == 1 ? 0 : subtrees.map(\.count).max()!
        rounds = (0..<roundCount).map { position in
            func takesPart(_ other: Int) -> Bool { position < subtrees[other].count }
            let plan = AllToAllPlan(
                sendCounts: slices.enumerated().map { $0.offset != rank && takesPart(rank) ? $0.element.count : 0 },
                sendOffsets: slices.map(\.lowerBound),
                receiveCounts: subtrees.indices.map { $0 != rank && takesPart($0) ? slices[rank].count : 0 },
                receiveOffsets: firstReceived.map { ($0 + position) * stride })
            return Round(send: UnsafePointer(takesPart(rank) ? own[position] : nothing), plan: plan)
        }
    }

    deinit { storage.deallocate() }

    /// The slice's sum over all microbatches: `slice.count` floats, of which the first belongs to parameter
    /// `slice.lowerBound`. Valid after step 3, until parts are filled again.
    public var total: UnsafeMutablePointer<Float> { root }

    /// Adds up the parts of this rank's lanes for the parameters in `range`. Any thread, disjoint ranges.
    public func combineLanes(_ range: Range<Int>) {
        precondition(range.lowerBound >= 0 && range.upperBound <= parameterCount, "parameters \(range)")
        lanes.apply(to: range)
    }

    /// Sends each rank its slice of this rank's subtrees and receives this rank's slice of theirs. Collective.
    public func exchange() throws {
        // Each plan keeps its own request: an array of requests would be allocated in every step.
        for round in rounds {
            _ = try group.startAllToAll(round.send, into: receiveBuffer, plan: round.plan)
        }
        for round in rounds { try Request(plan: round.plan).wait() }
    }

    /// Adds up all ranks' subtrees for the parameters in `range`, a part of `slice`. Any thread, disjoint ranges.
    public func combineRanks(_ range: Range<Int>) {
        precondition(range.isEmpty || slice.contains(range), "parameters \(range) outside the slice \(slice)")
        ranks.apply(to: range)
    }

    /// Completes `parameters` (`parameterCount` floats), of which each rank holds its own slice. Collective.
    public func gather(parameters: UnsafeMutablePointer<Float>) throws {
        try group.allGather(inPlace: parameters, plan: slicePlan)
    }

    private static func allocate(floats: Int) -> UnsafeMutablePointer<Float> {
        let bytes = floats * MemoryLayout<Float>.stride
        return UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: 64).assumingMemoryBound(to: Float.self)
    }
}

/// Additions between buffers whose first float belongs to parameter `firstIndex`.
private struct Additions {
    /// Floats of each buffer that are worked on at a time, so that a sum is still in cache when it is added on: 8 KiB.
    private static let blockLength = 2048

    private let pairs: [(into: UnsafeMutablePointer<Float>, from: UnsafePointer<Float>)]
    private let firstIndex: Int

    init(_ additions: [CanonicalTree.Addition], buffers: [UnsafeMutablePointer<Float>], firstIndex: Int) {
        pairs = additions.map { (buffers[$0.into], UnsafePointer(buffers[$0.from])) }
        self.firstIndex = firstIndex
    }

    func apply(to range: Range<Int>) {
        guard !pairs.isEmpty else { return }
        for start in stride(from: range.lowerBound, to: range.upperBound, by: Self.blockLength) {
            let count = min(Self.blockLength, range.upperBound - start)
            for pair in pairs { add_into(pair.into + (start - firstIndex), pair.from + (start - firstIndex), count) }
        }
    }
}
