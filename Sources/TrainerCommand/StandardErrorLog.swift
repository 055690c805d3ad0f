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

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    /// A logger that is silent on other ranks than 0 unless they warn.
    static func logger(rank: Int) -> Logger {
        Logger(label: "swift-run-trainer") { _ in StandardErrorLog(logLevel: rank == 0 ? .info : .warning) }
    }

    func log(event: LogEvent) {
        let line = "\(event.level): \(event.message)\n"
        // One write, so that lines of several ranks do not mix.
        line.withCString { _ = unsafe write(2, $0, strlen($0)) }
    }
}

/// Ends the process.
func exitProcess(_ code: Int32) -> Never { exit(code) }
