import CMPI
import Faults

/// Ends this process when MPI itself waits for ever: in `MPI_Init` and `MPI_Finalize` no rank can ask the others.
struct TimeLimit {
    /// What waits without asking.
    enum Operation: String, CaseIterable {
        case start = "MPI_Init_thread"
        case end = "MPI_Finalize"
    }

    /// Until this process reports, in seconds; 0 for ever. The lowest rank of those that wait is the first to report,
    /// and thereby ends the others.
    private let patience: Double
    private let lines: [Operation: String]

    /// - Parameters:
    ///   - seconds: 0 for no limit.
    ///   - rank: this process, as its launcher numbers it.
    ///   - line: how a fault appears on standard error.
    init(seconds: Int, rank: Int, line: (Fault) -> String) {
        let grace = rank == 0 ? 0 : 5 + 0.2 * Double(rank)
        patience = seconds == 0 ? 0 : Double(seconds) + grace
        let lines = Operation.allCases.map { ($0, line(Self.fault(seconds, rank, $0))) }
        self.lines = Dictionary(uniqueKeysWithValues: lines)
    }

    private static func fault(_ seconds: Int, _ rank: Int, _ operation: Operation) -> Fault {
        Fault(
            .internalFault, "rank \(rank) on \(currentHostName())",
            "has waited \(seconds) seconds in \(operation.rawValue) for ranks that do not answer",
            remedy: """
                check the hosts and the network between them, then start again, with a larger --stall-timeout if they \
                were only slow
                """)
    }

    /// Performs `work`, which the process does not survive if it takes longer.
    func limit<Value>(_ operation: Operation, _ work: () throws -> Value) rethrows -> Value {
        cmpi_begin_limit(patience, lines[operation]! + "\n", Fault.Kind.internalFault.rawValue)
        defer { cmpi_end_limit() }
        return try work()
    }
}
