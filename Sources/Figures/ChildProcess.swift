import CSignals
import Faults
import Glibc

/// A program that this one starts and waits for, with whatever that starts itself: a process group of its own, of which
/// nothing is left in the end.
struct ChildProcess {
    /// How a program ended.
    enum Ending: Equatable {
        /// The exit status, or 128 plus the signal that ended it.
        case status(Int32)
        /// It was ended, for it had taken too long.
        case overtime
        /// It was ended, for this process was asked to stop by this signal.
        case stopped(signal: Int32)
    }

    /// What is kept of the text on its standard error.
    private static let mostText = 1 << 16

    private let process: pid_t
    /// The end from which its standard error is read.
    private let errors: Int32

    /// Starts the program at `path`.
    ///
    /// - Throws: the number of the error (`errno`) that keeps it from being started.
    init(_ path: String, arguments: [String], variables: [String]) throws(SystemError) {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { throw SystemError(number: errno) }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        _ = fcntl(ends[0], F_SETFL, O_NONBLOCK)
        defer { close(ends[1]) }
        var process = pid_t()
        let code = Self.spawn(path, arguments, variables, errors: ends[1], &process)
        guard code == 0 else {
            close(ends[0])
            throw SystemError(number: code)
        }
        (self.process, errors) = (process, ends[0])
    }

    struct SystemError: Error { let number: Int32 }

    private static func spawn(
        _ path: String, _ arguments: [String], _ variables: [String], errors: Int32, _ process: inout pid_t
    ) -> Int32 {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0)
        posix_spawn_file_actions_adddup2(&actions, errors, STDERR_FILENO)
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        // What this program ignores, another need not know how to.
        var signals = sigset_t()
        sigemptyset(&signals)
        posix_spawnattr_setsigmask(&attributes, &signals)
        for signal in [SIGPIPE, SIGXFSZ] { sigaddset(&signals, signal) }
        posix_spawnattr_setsigdefault(&attributes, &signals)
        posix_spawnattr_setpgroup(&attributes, 0)
        posix_spawnattr_setflags(
            &attributes, Int16(POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK))
        return withCStrings(arguments) { arguments in
            withCStrings(variables) { posix_spawn(&process, path, &actions, &attributes, arguments, $0) }
        }
    }

    /// Waits for the program's end, for so long at most; signals that ask this process to stop end the wait.
    ///
    /// - Returns: how it ended, and the beginning of what it has said on standard error.
    func wait(atMost limit: Duration) -> (ending: Ending, text: [UInt8]) {
        let wasWatching = stop_signals_watched()
        stop_signals_watch()
        stop_signals_set_companion(process)
        defer {
            stop_signals_set_companion(0)
            // Ends this process, if it was asked to.
            if !wasWatching { stop_signals_unwatch() }
        }
        let deadline = ContinuousClock.now + limit
        var ending: Ending?, text: [UInt8] = [], status: Int32 = 0
        while ending == nil {
            read(into: &text, patience: 20)
            if waitpid(process, &status, WNOHANG) != 0 {
                let signal = status & 0x7F
                ending = .status(signal == 0 ? (status >> 8) & 0xFF : 128 + signal)
            } else if stop_signals_noted() != 0 {
                ending = .stopped(signal: stop_signals_noted())
            } else if ContinuousClock.now > deadline {
                ending = .overtime
            }
        }
        kill(-process, SIGKILL)
        if case .status = ending! {} else { waitpid(process, &status, 0) }
        read(into: &text, patience: 0)
        close(errors)
        return (ending!, text)
    }

    /// Takes what the program has said so far, or waits for it for a moment.
    private func read(into text: inout [UInt8], patience milliseconds: Int32) {
        var source = pollfd(fd: errors, events: Int16(POLLIN), revents: 0)
        _ = poll(&source, 1, milliseconds)
        withUnsafeTemporaryAllocation(byteCount: 4096, alignment: 16) { piece in
            let count = Glibc.read(errors, piece.baseAddress, piece.count)
            if count > 0 { text += piece[..<min(count, Self.mostText - text.count)] }
            // Where nothing more will come, poll does not wait.
            if count == 0 { usleep(UInt32(milliseconds) * 1000) }
        }
    }

    /// Calls `body` with a null-terminated array of C strings.
    private static func withCStrings<Result>(
        _ texts: [String], _ body: (UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>) -> Result
    ) -> Result {
        var pointers = texts.map { strdup($0) } + [nil]
        defer { for pointer in pointers { free(pointer) } }
        return pointers.withUnsafeMutableBufferPointer { body($0.baseAddress!) }
    }
}
