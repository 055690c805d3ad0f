import CIsolation
import Files
import FoundationEssentials
import Glibc
import Synchronization

/// The other side of ``DecodingProcess``: a process of one thread that forks a child for every file.
///
/// It never looks at a file itself, so no file can harm the next one. The child gives up all that it does not need
/// before it decodes. Both end with the process that asked, however that ends.
package enum DecodingServer {
    /// The only argument with which the program is started as a server; not for users.
    static let argument = "decoding-server"

    private static let canServe = Atomic<Bool>(false)

    /// Whether this program can be started as a server.
    static var isThisProgram: Bool { canServe.load(ordering: .relaxed) }

    /// Serves, if this process was started as a server; else returns, and this program counts as one that can.
    ///
    /// To be called before anything else is done.
    ///
    /// - Parameter willEnd: is called in each child when it has decoded its file.
    package static func runIfWanted(
        _ arguments: [String], _ decoders: [any IsolatedDecoder.Type], willEnd: () -> Void = {}
    ) {
        if isWanted(arguments) { run(decoders, willEnd) }
        canServe.store(true, ordering: .relaxed)
    }

    private static func isWanted(_ arguments: [String]) -> Bool {
        guard arguments.count == 2, arguments[1] == argument else { return false }
        var status = stat()
        return fstat(STDIN_FILENO, &status) == 0 && status.st_mode & S_IFMT == S_IFSOCK
    }

    /// Answers requests on the socket that is standard input until the other side closes it.
    private static func run(_ decoders: [any IsolatedDecoder.Type], _ willEnd: () -> Void) -> Never {
        isolation_close_from(STDERR_FILENO + 1)
        // Whoever asks decides when to stop; the closed socket tells.
        for signal in [SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2, SIGPIPE] {
            _ = Glibc.signal(signal, SIG_IGN)
        }
        while true {
            var limits = IsolationLimits()
            var descriptors: [Int32] = [-1, -1, -1]
            let received = isolation_receive(STDIN_FILENO, &limits, MemoryLayout<IsolationLimits>.size, &descriptors, 3)
            guard received > 0 else { exit(received == 0 ? 0 : 70) }
            var status = isolatedStatus(limits, descriptors, decoders, willEnd)
            for descriptor in descriptors { close(descriptor) }
            guard write(STDIN_FILENO, &status, MemoryLayout<Int32>.size) == MemoryLayout<Int32>.size else { exit(70) }
        }
    }

    /// Decodes a file in a child; its status by waitpid(2), or -1 if there was none.
    private static func isolatedStatus(
        _ limits: IsolationLimits, _ descriptors: [Int32], _ decoders: [any IsolatedDecoder.Type],
        _ willEnd: () -> Void
    ) -> Int32 {
        let child = isolation_fork()
        if child == 0 {
            close(STDIN_FILENO)
            IsolatedTask(file: descriptors[0], exchange: descriptors[1], payload: descriptors[2])
                .run(limits, decoders, willEnd)
        }
        var status: Int32 = -1
        guard child > 0, isolation_wait(child, STDIN_FILENO, limits.elapsedSeconds, &status) == 0 else { return -1 }
        return status
    }
}
