import Faults

/// A range of the parameters whose gradients travel together: each rank owns a slice of it.
///
/// Made by `GradientReduction`, which says in which order its operations come.
public final class GradientBucket: @unchecked Sendable {
    /// The bucket's part of the parameters.
    public let range: Range<Int>
    /// The slice of `range` that each rank owns.
    public let slices: [Range<Int>]
    /// The slice that this rank owns.
    public let slice: Range<Int>
    /// The slice's sum over all microbatches: `slice.count` floats, of which the first belongs to parameter
    /// `slice.lowerBound`. Valid after `combineRanks`, until parts are filled again.
    public let total: UnsafeMutablePointer<Float>

    /// Floats that this rank sends in an exchange.
    public let sentCount: Int

    private let group: any ProcessGroup
    private let rounds: [Round]
    private let receiveBuffer: UnsafeMutablePointer<Float>
    private let additions: GradientAdditions
    private let gatherPlan: AllGatherPlan

    /// One exchange: every rank's subtree of the same position.
    private struct Round {
        let send: UnsafePointer<Float>
        let plan: AllToAllPlan
    }

    /// What all buckets share: where this rank's subtrees are, what the other ranks have, and how they are added up.
    struct Subtrees {
        /// How many whole subtrees each rank's run has.
        let counts: [Int]
        /// This rank's subtrees, over all parameters.
        let own: [UnsafeMutablePointer<Float>]
        /// Additions among the subtrees of all ranks.
        let combination: CanonicalTree.Combination

        /// How many subtrees `rank` receives.
        func received(by rank: Int) -> Int { counts.reduce(0, +) - counts[rank] }
    }

    /// Slices of `range` for each of `ranks`.
    static func slices(of range: Range<Int>, ranks: Int) -> [Range<Int>] {
        range.balancedRuns(over: ranks, multipleOf: GradientReduction.sliceUnit)
    }

    /// The distance from one received slice to the next: every slice starts on a cache line.
    static func stride(of slice: Range<Int>) -> Int {
        (slice.count + GradientReduction.sliceUnit - 1) / GradientReduction.sliceUnit * GradientReduction.sliceUnit
    }

    /// - Parameters:
    ///   - receiveBuffer: room for the slice of every subtree that this rank receives.
    ///   - nothing: an address to send nothing from, other than that of `receiveBuffer`: MPI takes equal ones for a
    ///     wish to exchange in place, and then the ranks wait for each other for ever.
    init(
        group: any ProcessGroup, range: Range<Int>, subtrees: Subtrees, receiveBuffer: UnsafeMutablePointer<Float>,
        nothing: UnsafePointer<Float>
    ) {
        let rank = group.rank
        let slices = Self.slices(of: range, ranks: group.size)
        let stride = Self.stride(of: slices[rank])
        let received = subtrees.counts.enumerated().map { $0.offset == rank ? 0 : $0.element }
        let firstReceived = received.indices.map { received[..<$0].reduce(0, +) }
        let held = subtrees.counts.indices.flatMap { source in
            (0..<subtrees.counts[source]).map { position in
                source == rank
                    ? subtrees.own[position] + slices[rank].lowerBound
                    : receiveBuffer + (firstReceived[source] + position) * stride
            }
        }
        self.group = group
        self.range = range
        self.slices = slices
        self.receiveBuffer = receiveBuffer
        slice = slices[rank]
        total = held[subtrees.combination.positions[0]]
        additions = GradientAdditions(
            subtrees.combination.additions, buffers: held, firstIndex: slices[rank].lowerBound)
        sentCount = group.size == 1 ? 0 : subtrees.counts[rank] * (range.count - slices[rank].count)
        gatherPlan = AllGatherPlan(counts: slices.map(\.count))
        rounds = (0..<(group.size == 1 ? 0 : subtrees.counts.max()!)).map { position in
            func takesPart(_ other: Int) -> Bool { position < subtrees.counts[other] }
            let plan = AllToAllPlan(
                sendCounts: slices.enumerated().map { $0.offset != rank && takesPart(rank) ? $0.element.count : 0 },
                sendOffsets: slices.map(\.lowerBound),
                receiveCounts: slices.indices.map { $0 != rank && takesPart($0) ? slices[rank].count : 0 },
                receiveOffsets: firstReceived.map { ($0 + position) * stride })
            return Round(send: takesPart(rank) ? UnsafePointer(subtrees.own[position]) : nothing, plan: plan)
        }
    }

    /// Begins to send each rank its slice of this rank's subtrees, and to receive this rank's slice of theirs.
    /// Collective.
    public func startExchange() throws {
        // Each plan keeps its own request: an array of requests would be allocated in every step.
        for round in rounds { _ = try group.startAllToAll(round.send, into: receiveBuffer, plan: round.plan) }
    }

    /// Whether the exchange is complete. Asking lets it make progress.
    public func isExchanged() throws -> Bool {
        for round in rounds where try !round.plan.request.test() { return false }
        return true
    }

    /// Waits until the exchange is complete.
    public func finishExchange() throws {
        for round in rounds { try round.plan.request.wait() }
    }

    /// Adds up all ranks' subtrees for the parameters in `range`, a part of `slice`. Any thread, disjoint ranges.
    public func combineRanks(_ range: Range<Int>) {
        precondition(
            range.isEmpty || range.lowerBound >= slice.lowerBound && range.upperBound <= slice.upperBound,
            "parameters \(range) outside the slice \(slice)")
        additions.apply(to: range)
    }

    /// Begins to complete the bucket's part of `parameters` (all of them), of which each rank holds its own slice.
    /// Collective.
    public func startGather(_ parameters: UnsafeMutablePointer<Float>) throws {
        _ = try group.startAllGather(inPlace: parameters + range.lowerBound, plan: gatherPlan)
    }

    /// Whether the gathering is complete. Asking lets it make progress.
    public func isGathered() throws -> Bool { try gatherPlan.request.test() }

    /// Waits until the bucket's parameters are complete.
    public func finishGather() throws { try gatherPlan.request.wait() }
}
