import CMPI
import Faults
import Synchronization

/// Turns an MPI status into an error: the one place that does.
func checkMPI(_ status: Int32, _ function: String) throws {
    assert(cmpi_is_main_thread(), "\(function) called from a thread that did not start MPI")
    guard status != 0 else { return }
    guard status != CMPI_STALLED else { throw Stall(operation: function) }
    var message = [CChar](repeating: 0, count: Int(CMPI_TEXT_CAPACITY))
    cmpi_error_string(status, &message)
    throw Fault(
        .internalFault, "\(function) on \(currentHostName())", text(ofC: message),
        remedy: "check that all hosts are up and reach each other, then continue with --resume")
}

/// The ranks of `MPI_COMM_WORLD`. Made by `ProcessGroups.start`.
///
/// Any number of bytes is moved in pieces of at most `largestMessage`, since MPI counts with 32 bits.
public final class MPIProcessGroup: ProcessGroup {
    public let rank: Int
    public let size: Int
    public let hostName: String
    public let all: any Channel
    /// The most bytes that one MPI call moves.
    public let largestMessage: Int
    private let limit: TimeLimit
    /// Of a part the number that its first rank has among all.
    private let first: Int
    /// How long a wait may last, in seconds, and the names of all ranks' hosts, once `limitWaits` has been called.
    private let waits = Mutex((limit: 0, hosts: [String]()))

    /// `MPI_Init_thread`. At most once in a process, from its main thread.
    ///
    /// - Parameter limit: of the wait for all ranks at the end.
    init(largestMessage: Int, limit: TimeLimit) throws {
        precondition(largestMessage >= 1 && largestMessage <= Int(Int32.max), "messages of \(largestMessage) bytes")
        var isFunneled = false
        var rank: Int32 = 0
        var size: Int32 = 1
        try checkMPI(StopSignals.endingProcess { cmpi_init(&isFunneled) }, "MPI_Init_thread")
        try checkMPI(cmpi_rank(&rank), "MPI_Comm_rank")
        try checkMPI(cmpi_size(&size), "MPI_Comm_size")
        self.rank = Int(rank)
        self.size = Int(size)
        self.largestMessage = largestMessage
        self.limit = limit
        first = 0
        hostName = currentHostName()
        all = try MPIChannel(color: 0, worldRank: Int(rank))
        guard isFunneled else {
            throw Fault(
                .internalFault, "MPI library", "does not allow threads beside the one that communicates",
                remedy: "use a build of it with MPI_THREAD_FUNNELED, as Debian's and conda's are")
        }
    }

    public func barrier() throws {
        try checkMPI(cmpi_barrier(), "MPI_Barrier")
    }

    public func finish() throws {
        // MPI_Finalize waits for all ranks without a word; here they are named.
        let seconds = waits.withLock { waits in
            if waits.limit > 0 { waits.limit += WaitLimits.lastWork }
            return waits.limit
        }
        cmpi_change_limit(Double(seconds))
        try StopSignals.endingProcess {
            try barrier()
            try checkMPI(limit.limit(.end) { cmpi_finalize() }, "MPI_Finalize")
        }
    }

    public func abort(exitCode: Int32) -> Never {
        flushOutput()
        cmpi_abort(exitCode)
        endProcess(exitCode: exitCode)
    }

    public func maximum(of value: Int) throws -> Int {
        var largest = Int64(value)
        try checkMPI(cmpi_maximum_int64(&largest), "MPI_Allreduce")
        return Int(largest)
    }

    // MARK: Parts

    /// The ranks at work, which are a part of all.
    private init(partOf whole: MPIProcessGroup) throws {
        var rank: Int32 = 0
        var size: Int32 = 1
        try checkMPI(cmpi_rank(&rank), "MPI_Comm_rank")
        try checkMPI(cmpi_size(&size), "MPI_Comm_size")
        (self.rank, self.size) = (Int(rank), Int(size))
        first = whole.first + whole.rank - Int(rank)
        (largestMessage, limit, hostName) = (whole.largestMessage, whole.limit, whole.hostName)
        all = try MPIChannel(color: 0, worldRank: Int(rank))
    }

    public func inParts<Value>(of ranks: Int, _ work: (any ProcessGroup) throws -> Value) throws -> Value {
        precondition(ranks >= 1 && size.isMultiple(of: ranks), "no parts of \(ranks) ranks in a group of \(size)")
        if ranks == size { return try work(self) }
        let value: Value
        do {
            // A rank by itself needs no MPI.
            value = try ranks == 1 ? work(SingleProcess()) : inPart(color: rank / ranks, work)
        } catch let agreed as AgreedFault {
            // The other parts have not agreed on it.
            throw agreed.fault
        }
        // The others may still be at work for hours.
        cmpi_change_limit(Self.noLimit)
        defer { cmpi_change_limit(Double(waits.withLock(\.limit))) }
        try barrier()
        return value
    }

    /// More seconds than any job runs: without a limit at all, waiting ranks would not sleep.
    private static let noLimit = 1e9

    private func inPart<Value>(color: Int, _ work: (any ProcessGroup) throws -> Value) throws -> Value {
        try checkMPI(cmpi_enter_part(Int32(color), Int32(rank)), "MPI_Comm_split")
        let part = try MPIProcessGroup(partOf: self)
        let seconds = waits.withLock(\.limit)
        if seconds > 0 { try part.limitWaits(to: seconds) }
        let value: Value
        do {
            value = try work(part)
        } catch var stall as Stall {
            // Only here the ranks that were waited for have their names.
            stall.fault = part.fault(of: stall)
            throw stall
        }
        try checkMPI(cmpi_leave_part(), "MPI_Comm_free")
        return value
    }

    public func openChannel(color: Int) throws -> any Channel { try MPIChannel(color: color, worldRank: rank) }

    // MARK: Bytes

    public func broadcast(_ bytes: UnsafeMutableRawBufferPointer, from root: Int) throws {
        precondition(root >= 0 && root < size, "no rank \(root) in a group of \(size)")
        var start = 0
        while start < bytes.count {
            let count = min(largestMessage, bytes.count - start)
            try checkMPI(cmpi_broadcast_bytes(bytes.baseAddress! + start, Int32(count), Int32(root)), "MPI_Bcast")
            start += count
        }
    }

    public func allGather(_ bytes: UnsafeRawBufferPointer) throws -> [[UInt8]] {
        try collect(bytes, keeps: true) { send, count, receive, counts, offsets in
            try checkMPI(cmpi_all_gather_bytes(send, count, receive, counts, offsets), "MPI_Allgatherv")
        }
    }

    public func gather(_ bytes: UnsafeRawBufferPointer) throws -> [[UInt8]]? {
        let collected = try collect(bytes, keeps: rank == 0) { send, count, receive, counts, offsets in
            try checkMPI(cmpi_gather_bytes(send, count, receive, counts, offsets, 0), "MPI_Gatherv")
        }
        return rank == 0 ? collected : nil
    }

    private typealias GatherBytes = (
        _ send: UnsafeRawPointer?, _ count: Int32, _ receive: UnsafeMutableRawPointer?, _ counts: [Int32],
        _ offsets: [Int32]
    ) throws -> Void

    /// Gathers in rounds, each of which moves an equal share of `largestMessage` from every rank that has more.
    private func collect(
        _ bytes: UnsafeRawBufferPointer, keeps: Bool, _ gatherRound: GatherBytes
    ) throws -> [[UInt8]] {
        var lengths = [Int64](repeating: 0, count: size)
        try checkMPI(cmpi_all_gather_int64(Int64(bytes.count), &lengths), "MPI_Allgather")
        let share = max(1, largestMessage / size)
        let longest = Int(lengths.max()!)
        var collected = [[UInt8]](repeating: [], count: size)
        for start in stride(from: 0, to: longest, by: share) {
            let counts = lengths.map { Int32(min(max(Int($0) - start, 0), share)) }
            let offsets = counts.indices.map { counts[..<$0].reduce(0, +) }
            var round = [UInt8](repeating: 0, count: keeps ? counts.reduce(0) { $0 + Int($1) } : 0)
            let own = UnsafeRawBufferPointer(rebasing: bytes.dropFirst(start).prefix(Int(counts[rank])))
            try round.withUnsafeMutableBytes { receive in
                try gatherRound(own.baseAddress, Int32(own.count), receive.baseAddress, counts, offsets)
            }
            guard keeps else { continue }
            for source in 0..<size {
                collected[source] += round[Int(offsets[source])..<Int(offsets[source] + counts[source])]
            }
        }
        return collected
    }

    // MARK: Failure

    public func limitWaits(to seconds: Int) throws {
        let hosts = try allGather(Array(hostName.utf8)).map { String(decoding: $0, as: UTF8.self) }
        waits.withLock { $0 = (seconds, hosts) }
        try checkMPI(cmpi_watch(Double(seconds)), "MPI_Comm_dup")
    }

    /// Names the ranks that this one has waited for in vain.
    func fault(of stall: Stall) -> Fault {
        if let fault = stall.fault { return fault }
        var isSilent = [Bool](repeating: false, count: size)
        cmpi_silent_ranks(&isSilent)
        let (limit, hosts) = waits.withLock { $0 }
        return stall.fault(
            seconds: limit, waiting: rank, silent: isSilent.indices.filter { isSilent[$0] }, hosts: hosts,
            first: first)
    }

    /// How long a rank waits for the notice of a lower one that fails for the same reason.
    private static let patience: Duration = .milliseconds(200)

    public func claimReport() -> Bool {
        for other in 0..<size where other != rank { _ = cmpi_send_notice(Int32(other)) }
        let start = ContinuousClock.now
        while rank > 0, ContinuousClock.now - start < Self.patience {
            var reporter: Int32 = -1
            guard cmpi_find_notice(Int32(rank), &reporter) == 0 else { return true }
            if reporter >= 0 {
                // The other rank is about to print its message and to end this one.
                pause(milliseconds: 1000)
                return false
            }
            pause(milliseconds: 1)
        }
        return true
    }
}
