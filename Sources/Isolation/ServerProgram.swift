import Files
import FoundationEssentials
import Glibc

/// The program that is started as a ``DecodingServer``: this one, or for tests the one that lies beside it.
enum ServerProgram {
    static let name = "swift-run-trainer"

    /// Starts `program`, or this one, as a server with this socket as its standard input.
    ///
    /// - Returns: its process; nil when it cannot be started.
    static func spawn(_ program: String?, standardInput: Int32) -> pid_t? {
        guard let path = program ?? path else { return nil }
        // What dies there has nothing to say to the user that the fault does not say.
        return try? OtherProgram.start(
            path, arguments: [name, DecodingServer.argument], variables: environment, input: standardInput)
    }

    /// By its name, since emulators of processors follow no link to it; by the link once that name is gone.
    private static var path: String? {
        let link = "/proc/self/exe"
        guard let own = try? FileManager.default.destinationOfSymbolicLink(atPath: link) else { return nil }
        if DecodingServer.isThisProgram { return access(own, X_OK) == 0 ? own : link }
        let beside = FileAccess.split(own).folder + "/" + name
        return access(beside, X_OK) == 0 ? beside : nil
    }

    /// One thread, no traces of a dying child, and nothing of MPI's.
    private static var environment: [String] {
        ProcessInfo.processInfo.environment
            .filter { !["OMPI_", "PMIX_", "PMI_", "OPENBLAS_", "SWIFT_"].contains(where: $0.key.hasPrefix) }
            .map { "\($0.key)=\($0.value)" } + ["OPENBLAS_NUM_THREADS=1", "SWIFT_BACKTRACE=enable=no"]
    }
}
