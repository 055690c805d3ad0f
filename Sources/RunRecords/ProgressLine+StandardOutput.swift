import Files
import Glibc

extension ProgressLine {
    /// Writes to standard output, in the style that suits its destination.
    ///
    /// - Parameter hasTimestamps: whether lines begin with the time where nothing is redrawn.
    public init(
        epochs: Int, stepsPerEpoch: Int, hasTimestamps: Bool, environment: [String: String]
    ) {
        let timestamp: @Sendable () -> String = { Timestamp.now }
        self.init(
            style: .ofStandardOutput(environment: environment),
            columns: { Self.columns(environment: environment) ?? 80 }, epochs: epochs, stepsPerEpoch: stepsPerEpoch,
            timestamp: hasTimestamps ? timestamp : nil, write: { StandardOutput.show(progress: $0) })
    }

    /// The columns of the terminal that standard output is and that can redraw a line, 80 if it does not say; nil for
    /// something else.
    ///
    /// Open MPI gives each rank a pseudo-terminal as standard output even when `mpirun` itself writes to a file; under
    /// `mpirun` the standard output of the parent process decides.
    public static func columns(environment: [String: String]) -> Int? {
        guard environment["TERM"] != "dumb" else { return nil }
        guard environment["OMPI_COMM_WORLD_SIZE"] != nil else { return columns(of: STDOUT_FILENO) }
        let parent = open("/proc/\(getppid())/fd/\(STDOUT_FILENO)", O_WRONLY | O_NOCTTY | O_CLOEXEC | O_NONBLOCK)
        guard parent >= 0 else { return nil }
        defer { close(parent) }
        return columns(of: parent)
    }

    private static func columns(of descriptor: Int32) -> Int? {
        guard isatty(descriptor) == 1 else { return nil }
        var size = winsize()
        let isKnown = ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0
        return isKnown ? Int(size.ws_col) : 80
    }
}

extension ProgressLine.Style {
    /// Whether standard output is a terminal that can redraw a line. Of those that can, xterm and GNU screen cut off
    /// lines that no longer fit; the others wrap them.
    public static func ofStandardOutput(environment: [String: String]) -> ProgressLine.Style {
        guard ProgressLine.columns(environment: environment) != nil else { return .plain }
        return .terminal(reflows: environment["XTERM_VERSION"] == nil && environment["STY"] == nil)
    }
}
