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
        var actions = posix_spawn_file_actions_t()
        guard posix_spawn_file_actions_init(&actions) == 0 else { return nil }
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, standardInput, STDIN_FILENO)
        // What dies there has nothing to say to the user that the fault does not say.
        for output in [STDOUT_FILENO, STDERR_FILENO] {
            posix_spawn_file_actions_addopen(&actions, output, "/dev/null", O_WRONLY, 0)
        }
        var attributes = posix_spawnattr_t()
        guard posix_spawnattr_init(&attributes) == 0 else { return nil }
        defer { posix_spawnattr_destroy(&attributes) }
        // A group of its own: signals of the terminal are not for it.
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETPGROUP))
        var arguments = [strdup(name), strdup(DecodingServer.argument), nil]
        var environment = Self.environment.map { strdup($0) } + [nil]
        defer { for text in arguments + environment { free(text) } }
        var process = pid_t()
        guard posix_spawn(&process, path, &actions, &attributes, &arguments, &environment) == 0 else { return nil }
        return process
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
