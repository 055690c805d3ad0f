import Faults
import Files
import Logging

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Log lines on standard error as other command-line programs write them: `warning: …`.
struct StandardErrorLog: LogHandler {
    var metadata: Logger.Metadata = [:]
    var logLevel: Logger.Level
    /// What each line begins with; nil for nothing.
    var timestamp: (@Sendable () -> String)?
    let environment: [String: String]

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    /// A logger that is silent on other ranks than 0 unless they warn. Where it tells everything, lines begin with the
    /// time.
    static func logger(rank: Int, level: Logger.Level, environment: [String: String]) -> Logger {
        let timestamp: @Sendable () -> String = { Timestamp.now }
        return Logger(label: "swift-run-trainer") { _ in
            StandardErrorLog(
                logLevel: rank == 0 ? level : .warning, timestamp: level <= .debug ? timestamp : nil,
                environment: environment)
        }
    }

    /// The line of the fault that ends the program: `error: …`, or `stopped: …` of a run that can be resumed.
    static func line(_ fault: Fault, environment: [String: String]) -> String {
        let (word, colour): (String, TerminalColour) =
            fault.kind == .stoppedEarly ? ("stopped:", .yellow) : ("error:", .red)
        return "\(colour.painted(word, environment: environment)) \(fault)"
    }

    func log(event: LogEvent) {
        let colour: TerminalColour = event.level >= .error ? .red : event.level == .warning ? .yellow : .cyan
        let line = "\(colour.painted("\(event.level):", environment: environment)) \("\(event.message)".printable)"
        Self.writeLine("\(timestamp.map { "\($0()) " } ?? "")\(line)")
    }

    /// One write, so that lines of several ranks do not mix.
    static func writeLine(_ line: String) {
        StandardOutput.leaveProgress()
        "\(line)\n".withCString { _ = unsafe write(2, $0, strlen($0)) }
    }
}

/// Ends the process.
func exitProcess(_ code: Int32) -> Never { exit(code) }
