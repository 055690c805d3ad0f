import ArgumentParser
import Faults

/// How many threads a rank runs.
struct ThreadsOption: ParsableArguments {
    /// More lanes than any machine has processors.
    private static let most = 1024

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Threads of a rank. (default: the processors it may use)", valueName: "n"))
    var threads: Int?

    /// The option's value, once it is known to be sensible.
    func checked() throws -> Int? {
        guard let threads, !(1...Self.most).contains(threads) else { return threads }
        throw Fault(
            .usage, "--threads \(threads)", "must be from 1 to \(Self.most)",
            remedy: "leave it out for as many as the rank may use processors")
    }
}
