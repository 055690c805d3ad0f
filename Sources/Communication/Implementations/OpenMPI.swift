import CMPI

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

// Open MPI 3 to 5. Its mpirun sets OMPI_COMM_WORLD_SIZE and OMPI_COMM_WORLD_RANK, and PMIx's variables beside them. It
// passes SIGUSR1 on to the ranks, ends them when one is lost, and returns the first exit code that is not 0, or 128 + the
// signal's number. Up to version 4 it gives each rank a pseudo-terminal as standard output.

extension MPIImplementation {
    static let openMPI = MPIImplementation(
        name: "Open MPI", key: "openmpi", interface: CMPI_OPEN_MPI, libraries: ["libmpi.so.40"])
}

extension LauncherFamily {
    static let openMPI = LauncherFamily(
        programs: [
            "mpirun", "mpiexec", "mpirun.openmpi", "mpiexec.openmpi", "orterun", "orted", "prun", "prte", "prted",
            "prterun",
        ],
        implementations: [.openMPI], remedy: "use the mpirun that belongs to the Open MPI library")
}

extension Launcher {
    /// Open MPI's `mpirun`.
    @Sendable static func openMPI(_ environment: [String: String]) -> Launcher? {
        guard let size = number("OMPI_COMM_WORLD_SIZE", in: environment) else { return nil }
        return Launcher(
            name: "mpirun", size: size, rank: number("OMPI_COMM_WORLD_RANK", in: environment),
            variable: "OMPI_COMM_WORLD_SIZE", family: .openMPI)
    }

    /// Whether the variables name a PMIx server, or an Open MPI 4 that has one, and nothing listens there any more.
    static func isPMIxServerGone(_ environment: [String: String]) -> Bool {
        let servers = environment.filter { $0.key.hasPrefix("PMIX_SERVER_URI") }.map(\.value)
        let addresses = servers.compactMap(address)
        // Every process that Open MPI's launcher starts is told of a server.
        guard !servers.isEmpty else { return environment["OMPI_MCA_ess_base_jobid"] != nil }
        return !addresses.isEmpty && !addresses.contains(where: isListening)
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
