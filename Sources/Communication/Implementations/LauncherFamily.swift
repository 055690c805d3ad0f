/// Launchers that tell a process in the same way which of how many it is.
struct LauncherFamily: Hashable, Sendable {
    /// The programs that start processes in the launcher's name, as the system shortens their names.
    let programs: Set<String>
    /// The implementations whose ranks it can start, the most likely one first.
    let implementations: [MPIImplementation]
    /// What helps when MPI sees fewer processes than it started.
    let remedy: String
}

extension Launcher {
    /// Every way to recognise a launcher, in the order in which they are tried: a launcher may set the variables of
    /// others too.
    static let recognisers: [@Sendable ([String: String]) -> Launcher?] = [openMPI, pmix, pmi, slurm]

    /// The variable's value, if it is a number.
    static func number(_ variable: String, in environment: [String: String]) -> Int? {
        environment[variable].flatMap { Int($0) }
    }
}
