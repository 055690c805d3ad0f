/// Counts and offsets as MPI requires them: 32-bit, at a fixed address.
private func planned(_ values: [Int], _ what: String) -> UnsafeMutablePointer<Int32> {
    let pointer = UnsafeMutablePointer<Int32>.allocate(capacity: values.count)
    for (index, value) in values.enumerated() {
        precondition(value >= 0 && value <= Int(Int32.max), "\(what) \(value) is beyond MPI's 32-bit counts")
        (pointer + index).initialize(to: Int32(value))
    }
    return pointer
}

/// Who sends how many numbers to whom in an all-to-all exchange, computed once and used in every step.
///
/// Counts and offsets are in numbers, one for each rank. A plan carries one exchange at a time.
public final class AllToAllPlan: @unchecked Sendable {
    public let sendCounts: [Int]
    public let sendOffsets: [Int]
    public let receiveCounts: [Int]
    public let receiveOffsets: [Int]
    /// The format of a number.
    public let format: GradientFormat

    let sendCounts32, sendOffsets32, receiveCounts32, receiveOffsets32: UnsafeMutablePointer<Int32>
    let operation = PendingOperation()

    /// A plan for `sendCounts.count` ranks. Counts and offsets beyond `Int32.max` are refused.
    public init(
        sendCounts: [Int], sendOffsets: [Int], receiveCounts: [Int], receiveOffsets: [Int],
        format: GradientFormat = .float32
    ) {
        precondition(
            [sendOffsets.count, receiveCounts.count, receiveOffsets.count].allSatisfy { $0 == sendCounts.count },
            "counts and offsets for different numbers of ranks")
        self.sendCounts = sendCounts
        self.sendOffsets = sendOffsets
        self.receiveCounts = receiveCounts
        self.receiveOffsets = receiveOffsets
        self.format = format
        sendCounts32 = planned(sendCounts, "count")
        sendOffsets32 = planned(sendOffsets, "offset")
        receiveCounts32 = planned(receiveCounts, "count")
        receiveOffsets32 = planned(receiveOffsets, "offset")
    }

    deinit {
        guard !operation.isPending else { return }
        for pointer in [sendCounts32, sendOffsets32, receiveCounts32, receiveOffsets32] { pointer.deallocate() }
    }

    /// The exchange that was started last.
    var request: Request { Request(operation: operation) }
}

/// How many elements each rank contributes to an all-gather in place, and where they lie in every rank's buffer.
///
/// An element is a block of `blockLength` numbers, named with each call: one plan serves vectors of any length.
public final class AllGatherPlan: @unchecked Sendable {
    public let counts: [Int]
    public let offsets: [Int]

    private let counts32, offsets32: UnsafeMutablePointer<Int32>
    private var plannedBlockLength = 1
    let operation = PendingOperation()

    /// A plan for `counts.count` ranks whose contributions are contiguous.
    public convenience init(counts: [Int]) {
        self.init(counts: counts, offsets: counts.indices.map { counts[..<$0].reduce(0, +) })
    }

    /// A plan for `counts.count` ranks whose contributions start at `offsets`.
    public init(counts: [Int], offsets: [Int]) {
        precondition(counts.count == offsets.count, "\(counts.count) counts and \(offsets.count) offsets")
        self.counts = counts
        self.offsets = offsets
        counts32 = planned(counts, "count")
        offsets32 = planned(offsets, "offset")
    }

    deinit {
        guard !operation.isPending else { return }
        counts32.deallocate()
        offsets32.deallocate()
    }

    /// The all-gather that was started last.
    var request: Request { Request(operation: operation) }

    /// Counts and offsets in numbers, for blocks of `blockLength` numbers.
    func scaled(to blockLength: Int) -> (counts: UnsafePointer<Int32>, offsets: UnsafePointer<Int32>) {
        if blockLength != plannedBlockLength {
            precondition(!operation.isPending, "this plan's last all-gather is still under way")
            for rank in counts.indices {
                let end = (offsets[rank] + counts[rank]) * blockLength
                precondition(end <= Int(Int32.max), "offset \(end) is beyond MPI's 32-bit counts")
                counts32[rank] = Int32(counts[rank] * blockLength)
                offsets32[rank] = Int32(offsets[rank] * blockLength)
            }
            plannedBlockLength = blockLength
        }
        return (UnsafePointer(counts32), UnsafePointer(offsets32))
    }
}
