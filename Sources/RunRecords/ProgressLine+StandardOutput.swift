import Files
import Glibc

extension ProgressLine {
    /// Writes to standard output, in the style that suits its destination.
    public init(epochs: Int, stepsPerEpoch: Int, environment: [String: String]) {
        self.init(
            style: .ofStandardOutput(environment: environment), epochs: epochs, stepsPerEpoch: stepsPerEpoch
        ) { StandardOutput.show(progress: $0) }
    }
}

extension ProgressLine.Style {
    /// Whether standard output is a terminal that can redraw a line.
    ///
    /// Open MPI gives each rank a pseudo-terminal as standard output even when `mpirun` itself writes to a file; under
    /// `mpirun` the standard output of the parent process decides.
    public static func ofStandardOutput(environment: [String: String]) -> ProgressLine.Style {
        guard environment["TERM"] != "dumb" else { return .plain }
        guard environment["OMPI_COMM_WORLD_SIZE"] != nil else { return of(STDOUT_FILENO) }
        let parent = open("/proc/\(getppid())/fd/\(STDOUT_FILENO)", O_WRONLY | O_NOCTTY | O_CLOEXEC | O_NONBLOCK)
        guard parent >= 0 else { return .plain }
        defer { close(parent) }
        return of(parent)
    }

    private static func of(_ descriptor: Int32) -> ProgressLine.Style {
        guard isatty(descriptor) == 1 else { return .plain }
        var size = winsize()
        let isKnown = ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0
        return .terminal(columns: isKnown ? Int(size.ws_col) : 80)
    }
}
