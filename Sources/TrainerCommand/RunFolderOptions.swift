import ArgumentParser
import Settings

/// Where a run goes, and how it is watched.
struct RunFolderOptions: ParsableArguments {
    private static let usual = TrainingSettings()

    @Option(help: ArgumentHelp("Run folder to make.", valueName: "dir"))
    var output = usual.output

    @Flag(help: "Continue from the newest checkpoint in --output.")
    var resume = false

    @Option(help: ArgumentHelp("Write what each thread does when, for ui.perfetto.dev.", valueName: "file"))
    var trace: String?

    @Option(parsing: .unconditional, help: ArgumentHelp("Number of steps that --trace records.", valueName: "n"))
    var traceSteps = usual.execution.traceSteps

    /// Gives settings what the options say.
    func apply(to settings: inout TrainingSettings) {
        settings.output = output
        settings.execution.resume = resume
        settings.execution.trace = trace
        settings.execution.traceSteps = traceSteps
    }
}
