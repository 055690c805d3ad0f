import Faults

/// The processes that train together: one (`SingleProcess`), or those that a launcher started (`MPIProcessGroup`).
///
/// Every operation but `abort` and `claimReport` is collective: each rank must make the same calls in the same order.
/// All calls come from the thread that started the group (MPI's "funneled" level). A `Fault` thrown by an
/// operation means that communication itself failed.
public protocol ProcessGroup: AnyObject, Sendable {
    /// This process's number, from 0.
    var rank: Int { get }
    /// How many processes there are.
    var size: Int { get }
    /// The name of the machine that this process runs on.
    var hostName: String { get }

    /// Returns when every rank has called it (`MPI_Barrier`).
    func barrier() throws

    /// Copies the root's bytes into the same number of bytes on every rank (`MPI_Bcast`).
    func broadcast(_ bytes: UnsafeMutableRawBufferPointer, from root: Int) throws

    /// Every rank's bytes, any number from each, on every rank (`MPI_Allgatherv`).
    func allGather(_ bytes: UnsafeRawBufferPointer) throws -> [[UInt8]]

    /// Every rank's bytes, any number from each, on rank 0; nil elsewhere (`MPI_Gatherv`).
    func gather(_ bytes: UnsafeRawBufferPointer) throws -> [[UInt8]]?

    /// The channel of all ranks, for numbers that a step exchanges.
    var all: any Channel { get }

    /// The channel of the ranks that pass the same color, in the order of their numbers (`MPI_Comm_split`).
    func openChannel(color: Int) throws -> any Channel

    /// Performs work on parts of consecutive ranks, each a group of its own with ranks from 0, and returns when all parts
    /// are done, however long that takes. Collective; within `work` this group itself must not communicate.
    ///
    /// A fault that a part throws ends all of them at once: what the others shall survive, `work` has to catch.
    ///
    /// - Parameter ranks: of a part; a divisor of the number of ranks.
    func inParts<Value>(of ranks: Int, _ work: (any ProcessGroup) throws -> Value) throws -> Value

    /// The largest of all ranks' values (`MPI_Allreduce`).
    func maximum(of value: Int) throws -> Int

    /// From now on a rank that has waited `seconds` in one operation ends the whole group, and reports which ranks it
    /// waited for. Collective; 0 for no limit, the initial state.
    ///
    /// The time between two ranks' calls of the same operation is what counts, not how long a phase of the work takes.
    func limitWaits(to seconds: Int) throws

    /// Leaves the group (`MPI_Finalize`). No operation may follow.
    func finish() throws

    /// Whether this rank is the one to report a failure that the ranks have not agreed on. Of those that fail at about
    /// the same time the lowest reports, so that the user sees one message. Not collective.
    func claimReport() -> Bool

    /// Ends every rank at once with this exit code, wherever they are (`MPI_Abort`). Not collective.
    func abort(exitCode: Int32) -> Never
}

extension ProcessGroup {
    /// The smallest of all ranks' values.
    public func minimum(of value: Int) throws -> Int {
        // ~x = −x − 1 reverses the order and, unlike −x, never overflows.
        ~(try maximum(of: ~value))
    }

    /// The root's bytes on every rank; what the others pass is ignored.
    public func broadcast(_ bytes: [UInt8], from root: Int) throws -> [UInt8] {
        let count = try maximum(of: rank == root ? bytes.count : 0)
        var result = rank == root ? bytes : [UInt8](repeating: 0, count: count)
        try result.withUnsafeMutableBytes { buffer in try broadcast(buffer, from: root) }
        return result
    }

    /// Every rank's bytes on every rank.
    public func allGather(_ bytes: [UInt8]) throws -> [[UInt8]] {
        try bytes.withUnsafeBytes { buffer in try allGather(buffer) }
    }

    /// Every rank's bytes on rank 0; nil elsewhere.
    public func gather(_ bytes: [UInt8]) throws -> [[UInt8]]? {
        try bytes.withUnsafeBytes { buffer in try gather(buffer) }
    }
}
