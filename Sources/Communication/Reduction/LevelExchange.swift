import CKernels
import Faults

/// One level of a bucket's exchange: the ranks of a channel cut a range of the parameters into slices, and each sums
/// its slice of what all of them hold.
///
/// Every rank holds its part of the tree's sums over the range as whole subtrees: one, unless its run of microbatches
/// is not itself a subtree. Each subtree is sent on its own, so that the order of additions is the tree's.
final class LevelExchange: @unchecked Sendable {
    /// What a rank holds of the tree's sums: whole subtrees from left to right, and where each one's values are.
    struct Holding {
        let nodes: [CanonicalTree.Node]
        /// For each node, the value of the range's first parameter.
        let values: [UnsafeMutablePointer<Float>]
    }

    /// The parameters whose sums the ranks exchange.
    let range: Range<Int>
    /// The slice of `range` that each rank sums.
    let slices: [Range<Int>]
    /// This rank's slice.
    let slice: Range<Int>
    /// What this rank holds afterwards, over `slice`.
    let result: Holding
    /// Bytes that this rank sends in an exchange.
    let sentBytes: Int

    private let channel: any Channel
    private let format: GradientFormat
    /// What this rank sends, and what it receives: in bfloat16 if that is the format.
    private let own: [UnsafeMutablePointer<Float>]
    private let packed: [UnsafeMutablePointer<UInt16>]
    private let received: UnsafeMutablePointer<Float>
    private let receivedPacked: UnsafeMutablePointer<UInt16>?
    private let receivedCount: Int
    private let rounds: [Round]
    private let additions: GradientAdditions
    private let gatherPlan: AllGatherPlan

    /// One exchange: every rank's subtree of the same position.
    private struct Round {
        let send: UnsafeRawPointer
        let receive: UnsafeMutableRawPointer
        let plan: AllToAllPlan
    }

    /// - Parameters:
    ///   - holding: what this rank holds over `range`.
    ///   - nodes: the subtrees that each rank of the channel holds, place by place.
    init(
        channel: any Channel, tree: CanonicalTree, range: Range<Int>, holding: Holding, nodes: [[CanonicalTree.Node]],
        format: GradientFormat
    ) {
        let rank = channel.rank
        let unit = GradientReduction.sliceUnit
        precondition(nodes[rank] == holding.nodes, "what is held is not what was planned")
        let slices = range.balancedRuns(over: channel.size, multipleOf: unit)
        let slice = slices[rank]
        // Every received slice starts on a cache line.
        let stride = (slice.count + unit - 1) / unit * unit
        let counts = nodes.map(\.count)
        let incoming = counts.enumerated().map { $0.offset == rank ? 0 : $0.element }
        let firstIncoming = incoming.indices.map { incoming[..<$0].reduce(0, +) }
        let receivedCount = incoming.reduce(0, +)
        // In front of what is received, an address to send nothing from: to MPI equal addresses mean an exchange in
        // place, and the ranks would deadlock.
        let storage = Self.allocate(Float.self, unit + receivedCount * stride)
        let received = storage + unit
        let isPacked = format == .bfloat16
        let packed =
            isPacked ? holding.values.map { _ in Self.allocate(UInt16.self, range.count) } : []
        let receivedPacked = isPacked ? Self.allocate(UInt16.self, receivedCount * stride) : nil

        let combination = tree.combination(of: nodes.flatMap { $0 })
        let held = nodes.indices.flatMap { place in
            nodes[place].indices.map { position in
                place == rank
                    ? holding.values[position] + (slice.lowerBound - range.lowerBound)
                    : received + (firstIncoming[place] + position) * stride
            }
        }
        additions = GradientAdditions(
            combination.additions, buffers: held, firstIndex: slice.lowerBound, format: format)
        result = Holding(nodes: combination.nodes, values: combination.positions.map { held[$0] })
        sentBytes = counts[rank] * (range.count - slice.count) * format.byteCount
        let receive = receivedPacked.map { UnsafeMutableRawPointer($0) } ?? UnsafeMutableRawPointer(received)
        rounds = (0..<(counts.max() ?? 0)).map { position in
            func takesPart(_ place: Int) -> Bool { position < counts[place] }
            let plan = AllToAllPlan(
                sendCounts: slices.enumerated().map { $0.offset != rank && takesPart(rank) ? $0.element.count : 0 },
                sendOffsets: slices.map { $0.lowerBound - range.lowerBound },
                receiveCounts: slices.indices.map { $0 != rank && takesPart($0) ? slice.count : 0 },
                receiveOffsets: firstIncoming.map { ($0 + position) * stride }, format: format)
            let nothing = UnsafeRawPointer(storage)
            let send =
                !takesPart(rank)
                ? nothing : isPacked ? UnsafeRawPointer(packed[position]) : UnsafeRawPointer(holding.values[position])
            return Round(send: send, receive: receive, plan: plan)
        }
        gatherPlan = AllGatherPlan(counts: slices.map(\.count))
        (self.channel, self.format, self.range, self.slices, self.slice) = (channel, format, range, slices, slice)
        (own, self.packed, self.received, self.receivedPacked) = (holding.values, packed, storage, receivedPacked)
        self.receivedCount = receivedCount
    }

    deinit {
        received.deallocate()
        receivedPacked?.deallocate()
        for buffer in packed { buffer.deallocate() }
    }

    private static func allocate<Value: BitwiseCopyable>(
        _: Value.Type, _ count: Int
    ) -> UnsafeMutablePointer<Value> {
        UnsafeMutableRawPointer.allocate(byteCount: max(count, 1) * MemoryLayout<Value>.stride, alignment: 64)
            .bindMemory(to: Value.self, capacity: max(count, 1))
    }

    // MARK: Lanes' work

    /// Makes this rank's sums for the parameters in `range` ready to be sent. Any thread, disjoint ranges.
    func pack(_ part: Range<Int>) {
        let offset = part.lowerBound - range.lowerBound
        for (values, packed) in zip(own, packed) { pack_bfloat16(packed + offset, values + offset, part.count) }
    }

    /// Adds up all ranks' subtrees for the parameters in `part` of `slice`. Any thread, disjoint ranges.
    func combine(_ part: Range<Int>) {
        precondition(
            part.isEmpty || part.lowerBound >= slice.lowerBound && part.upperBound <= slice.upperBound,
            "parameters \(part) outside the slice \(slice)")
        if let receivedPacked {
            let unit = GradientReduction.sliceUnit
            let stride = (slice.count + unit - 1) / unit * unit
            let offset = part.lowerBound - slice.lowerBound
            for number in 0..<receivedCount {
                let first = number * stride + offset
                unpack_bfloat16(received + unit + first, receivedPacked + first, part.count)
            }
        }
        additions.apply(to: part)
    }

    // MARK: Messages

    /// Begins to send each rank its slice of this rank's subtrees, and to receive this rank's slice of theirs.
    func startExchange() throws {
        // Each plan keeps its own request: an array of requests would be allocated in every step.
        for round in rounds { _ = try channel.startAllToAll(round.send, into: round.receive, plan: round.plan) }
    }

    func isExchanged() throws -> Bool {
        for round in rounds where try !round.plan.request.test() { return false }
        return true
    }

    func finishExchange() throws {
        for round in rounds { try round.plan.request.wait() }
    }

    /// Starts the all-gather of the range's part of `parameters` (all of them), each rank holding its own slice.
    func startGather(_ parameters: UnsafeMutablePointer<Float>) throws {
        _ = try channel.startAllGather(inPlace: parameters + range.lowerBound, plan: gatherPlan)
    }

    func isGathered() throws -> Bool { try gatherPlan.request.test() }

    func finishGather() throws { try gatherPlan.request.wait() }

    /// Bytes that this rank sends in an all-gather: its slice to each of the others.
    var gatheredBytes: Int { slice.count * (channel.size - 1) * MemoryLayout<Float>.stride }
}
