import Faults
import FoundationEssentials

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Variables of a launcher outlive it: in a shell that a job has started, or a file of variables that was kept.
extension Launcher {
    /// Whether one of the processes that have led to this one is such a launcher. In a container they may be hidden.
    public var isRunning: Bool {
        var process = getppid()
        while process > 0, let (name, parent) = Self.nameAndParent(of: process) {
            if programs.contains(name) { return true }
            process = parent
        }
        return false
    }

    /// The programs that start processes in the launcher's name, as the system shortens their names.
    private var programs: Set<String> {
        let openMPI: Set = ["mpirun", "mpiexec", "orterun", "orted", "prun", "prte", "prted", "prterun"]
        let slurm: Set = ["slurmstepd", "srun"]
        switch name {
        case "mpirun": return openMPI
        case "srun": return slurm
        default:
            return openMPI.union(slurm).union([
                "hydra_pmi_proxy", "hydra_bstrap_pr", "pmi_proxy", "mpiexec.hydra", "mpiexec.mpich", "mpirun.mpich",
            ])
        }
    }

    /// From `number (name) state parent …`, as Linux has it.
    private static func nameAndParent(of process: pid_t) -> (name: String, parent: pid_t)? {
        guard let status = try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8),
            let open = status.firstIndex(of: "("), let close = status.lastIndex(of: ")")
        else { return nil }
        let fields = status[close...].split(separator: " ")
        guard fields.count > 2, let parent = pid_t(fields[2]) else { return nil }
        return (String(status[status.index(after: open)..<close]), parent)
    }

    /// The fault of variables that no launcher stands behind.
    func leftOver(_ problem: String) -> Fault {
        Fault(
            .usage, variable, "is set, but \(problem): it seems to be left over from another job",
            remedy: "unset the variables of that job (unset \(variable)), or start a new shell")
    }

    /// Refuses variables whose launcher can neither be seen nor reached: MPI would end the process with a page of text.
    ///
    /// - Throws: `Fault(.usage)`.
    func requireServer(_ environment: [String: String]) throws {
        let servers = environment.filter { $0.key.hasPrefix("PMIX_SERVER_URI") }.map(\.value)
        let addresses = servers.compactMap(Self.address)
        // Every process that Open MPI's launcher starts is told of a server.
        let isGone =
            servers.isEmpty
            ? environment["OMPI_MCA_ess_base_jobid"] != nil
            : !addresses.isEmpty && !addresses.contains(where: Self.isListening)
        if isGone, !isRunning { throw leftOver("the launcher that has set it is gone") }
    }

    /// The host and port of `name;tcp4://127.0.0.1:36671`.
    private static func address(_ server: String) -> (host: String, port: UInt16)? {
        guard let match = server.firstMatch(of: #/tcp4://([0-9.]+):([0-9]+)/#), let port = UInt16(match.2) else {
            return nil
        }
        return (String(match.1), port)
    }

    /// Whether something on this machine listens there.
    private static func isListening(_ host: String, _ port: UInt16) -> Bool {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { return true }
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        guard inet_pton(AF_INET, host, &address.sin_addr) == 1 else { return true }
        return withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0 || errno != ECONNREFUSED
            }
        }
    }
}
