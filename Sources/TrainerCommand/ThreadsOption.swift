import ArgumentParser
import Settings

/// How many threads a rank runs.
struct ThreadsOption: ParsableArguments {
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Threads of a rank. (default: the processors it may use)", valueName: "n"))
    var threads: Int?

    /// The option's value, once it is known to be sensible.
    func checked() throws -> Int? {
        if let threads { try Requirement.threads.check(threads, of: "--threads") }
        return threads
    }
}
