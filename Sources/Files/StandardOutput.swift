import Faults
import Glibc
import Synchronization

/// Standard output: the one way to print.
///
/// What a command was asked for must arrive; what a training tells of itself may get lost, and never ends it.
public enum StandardOutput {
    /// Whether a reader that went away is to end this process, as it ends `cat`: not where whoever started it has
    /// SIGPIPE ignored.
    private static let endsWithItsReader = Atomic(false)
    /// Whether the reader has let progress wait in vain.
    private static let isStuck = Atomic(false)
    /// Whether progress ended within a line.
    private static let lineIsOpen = Atomic(false)
    /// How long a reader may keep progress waiting before it is dropped, in milliseconds.
    private static let patience: Int32 = 10_000

    /// Call it first of all: from here on a reader that goes away or a file that reaches its limit (`ulimit -f`) makes
    /// a write fail instead of ending the process; and no file that is opened takes the place of a standard input,
    /// output or error that was closed, to receive what is printed.
    public static func prepare() {
        for descriptor in STDIN_FILENO...STDERR_FILENO where fcntl(descriptor, F_GETFD) < 0 {
            // The lowest free number is this one. What is closed stays so: whoever writes there fails.
            _ = open("/dev/null", descriptor == STDIN_FILENO ? O_WRONLY : O_RDONLY)
        }
        var before = sigaction()
        let isDefault = sigaction(SIGPIPE, nil, &before) == 0 && before.__sigaction_handler.sa_handler == nil
        endsWithItsReader.store(isDefault, ordering: .relaxed)
        signal(SIGPIPE, SIG_IGN)
        signal(SIGXFSZ, SIG_IGN)
    }

    /// Prints what the command was asked for, with names in it as ``Swift/StringProtocol/printableLines``. Where its
    /// reader has gone away, the process ends as `cat` does: by SIGPIPE, in silence.
    ///
    /// - Throws: `Fault(.cannotWrite)`.
    public static func print(result text: String) throws(Fault) { try writeResult(text.printableLines) }

    /// Prints JSON that the command was asked for, as it prints other results.
    ///
    /// - Throws: `Fault(.cannotWrite)`.
    public static func print(json text: String) throws(Fault) { try writeResult(text.printableJSON) }

    private static func writeResult(_ text: String) throws(Fault) {
        let code = write(text, patience: -1)
        if code == EPIPE, endsWithItsReader.load(ordering: .relaxed) {
            signal(SIGPIPE, SIG_DFL)
            raise(SIGPIPE)
        }
        guard code == 0 else { throw fault(code) }
    }

    /// Prints what a command that has written its files says of them. It does not matter whether anyone reads it.
    ///
    /// - Throws: `Fault(.cannotWrite)`, for a disk that is full, for instance.
    public static func print(note text: String) throws(Fault) {
        let code = write(text.printableLines, patience: -1)
        guard code == 0 || isAbsence(code) else { throw fault(code) }
    }

    /// Prints progress, or drops it where it cannot be written or the reader lets it wait too long.
    public static func show(progress text: String) {
        lineIsOpen.store(!text.hasSuffix("\n"), ordering: .relaxed)
        let code = write(text, patience: isStuck.load(ordering: .relaxed) ? 0 : patience)
        isStuck.store(code == ETIMEDOUT, ordering: .relaxed)
    }

    /// Ends the line that progress is being shown in, if any, so that a message on standard error stands on its own.
    public static func leaveProgress() {
        if lineIsOpen.exchange(false, ordering: .relaxed) { show(progress: "\n") }
    }

    private static func fault(_ code: Int32) -> Fault {
        Fault(
            .cannotWrite, "standard output", "cannot be written (\(String(cString: strerror(code))))",
            remedy: "let it go to a place with room, and repeat the command")
    }

    /// Whether nobody reads any longer: the pipe's other end or the terminal is gone, or there never was one.
    private static func isAbsence(_ code: Int32) -> Bool {
        var status = stat()
        let isDevice = fstat(STDOUT_FILENO, &status) == 0 && status.st_mode & S_IFMT == S_IFCHR
        return code == EPIPE || code == EBADF || (code == EIO && isDevice)
    }

    /// Writes all of a text, waiting so many milliseconds for the reader each time; −1: for as long as it takes.
    /// - Returns: 0, or the `errno` of what failed; `ETIMEDOUT` for a reader that does not read.
    private static func write(_ text: String, patience: Int32) -> Int32 {
        var bytes = Array(text.utf8)[...]
        while !bytes.isEmpty {
            var output = pollfd(fd: STDOUT_FILENO, events: Int16(POLLOUT), revents: 0)
            let ready = poll(&output, 1, patience)
            if ready == 0 { return ETIMEDOUT }
            let written =
                ready < 0 ? -1 : bytes.withUnsafeBytes { Glibc.write(STDOUT_FILENO, $0.baseAddress, $0.count) }
            if written >= 0 {
                bytes = bytes.dropFirst(written)
            } else if errno != EINTR && errno != EAGAIN {
                return errno
            }
        }
        return 0
    }
}
