import ArgumentParser
import Logging

/// How much a command says of itself.
struct VerbosityOptions: ParsableArguments {
    @Flag(help: "Print only requested results, warnings and errors.")
    var quiet = false

    @Flag(help: "Also report files, sizes, the plan and times.")
    var verbose = false

    func validate() throws {
        if quiet && verbose { throw ValidationError("--quiet does not go with --verbose") }
    }

    /// What is logged on rank 0.
    var level: Logger.Level { quiet ? .warning : verbose ? .debug : .info }
}
