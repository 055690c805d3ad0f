import Faults

/// A wait for other ranks has lasted longer than `ProcessGroup.limitWaits` allows.
///
/// As far as MPI is concerned the operation continues, in buffers that are about to be released: nothing may follow but
/// `ProcessGroup.claimReport` and `ProcessGroup.abort`.
struct Stall: Error {
    /// The MPI function in which this rank waited.
    let operation: String
    /// What a part of the ranks already knows of it.
    var fault: Fault?

    /// More ranks than this are counted rather than named.
    private static let namedRanks = 4

    /// - Parameters:
    ///   - seconds: how long it waited.
    ///   - waiting: the rank that waited.
    ///   - silent: the ranks that did not wait, in order.
    ///   - hosts: the name of each rank's host.
    ///   - first: the number that users know rank 0 by: that of the first of a part.
    func fault(seconds: Int, waiting: Int, silent: [Int], hosts: [String], first: Int = 0) -> Fault {
        func name(_ rank: Int) -> String { "rank \(first + rank) on \(hosts[rank])" }
        guard !silent.isEmpty else {
            return Fault(
                .internalFault, name(waiting), "has waited \(seconds) seconds in \(operation), as all ranks do",
                remedy: "check the network between the hosts, then continue with --resume")
        }
        var names = silent.prefix(Self.namedRanks).map(name).joined(separator: ", ")
        if silent.count > Self.namedRanks { names += " and \(silent.count - Self.namedRanks) more" }
        // mpirun waits for its daemon on an unreachable host until the kernel gives up the connection.
        let answering = Set(hosts.indices.filter { !silent.contains($0) }.map { hosts[$0] })
        let isHostSilent = !silent.allSatisfy { answering.contains(hosts[$0]) }
        return Fault(
            .internalFault, names,
            """
            \(silent.count == 1 ? "has" : "have") not answered for \(seconds) seconds \
            (\(name(waiting)) waits in \(operation))
            """,
            remedy: """
                check the host\(isHostSilent ? " and end mpirun, which may wait for it" : ""), then continue with \
                --resume, with a larger --stall-timeout if it was only slow
                """)
    }
}
