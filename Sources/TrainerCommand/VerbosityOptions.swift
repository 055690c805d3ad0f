import ArgumentParser
import Logging

/// How much a command says of itself.
struct VerbosityOptions: ParsableArguments {
    @Flag(help: "Say nothing but results that were asked for, warnings and errors.")
    var quiet = false

    @Flag(help: "Say more: files, sizes, plan, times.")
    var verbose = false

    func validate() throws {
        if quiet && verbose { throw ValidationError("--quiet does not go with --verbose") }
    }

    /// What is logged on rank 0.
    var level: Logger.Level { quiet ? .warning : verbose ? .debug : .info }
}
