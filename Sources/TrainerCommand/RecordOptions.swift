import ArgumentParser
import Settings

/// What a run records while it is under way and at its end.
struct RecordOptions: ParsableArguments {
    private static let usual = TrainingSettings()

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "Interval of checkpoints: 200steps, 500s, 10m, 1epoch; one is also written after each epoch.",
            valueName: "interval"))
    var checkpointEvery = usual.checkpointInterval.description

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Checkpoints to keep, besides the one with the lowest validation loss.", valueName: "n"))
    var keepCheckpoints = usual.keepCheckpoints

    @OptionGroup var by: ByOption

    @Flag(name: .customLong("no-report"), help: "Make neither figures nor report.html at the end.")
    var noReport = false

    @Flag(name: .customLong("no-tensorboard"), help: "Write no event files for TensorBoard.")
    var noTensorBoard = false

    @Option(
        name: .customLong("log-mlflow"),
        help: ArgumentHelp("Also record the run in this folder, for `mlflow ui --backend-store-uri`.", valueName: "dir")
    )
    var logMLflow: String?

    /// Gives settings what the options say.
    ///
    /// - Throws: `Fault(.usage)` for an interval that is none.
    func apply(to settings: inout TrainingSettings) throws {
        settings.checkpointInterval = try CheckpointInterval(parsing: checkpointEvery)
        settings.keepCheckpoints = keepCheckpoints
        settings.by = by.by
        settings.execution.tensorBoard = !noTensorBoard
        settings.execution.logMLflow = logMLflow
    }
}
