import ArgumentParser
import Faults
import Optimizers
import Settings

/// What training minimises, how long its steps are, and when it ends. What is not given is as the recipe has it.
struct ObjectiveOptions: ParsableArguments {
    @Option(
        help:
            """
            How the learning rate changes: constant, step, exponential, cosine or one-cycle. (notebook: constant, \
            survey: cosine)
            """
    )
    var schedule: Schedule.Kind?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Factor of step and exponential. (default: 0.1)", valueName: "x"))
    var scheduleFactor: Double?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "Their interval: 500steps, 10epochs or a share of the run. (default: a third)", valueName: "span"))
    var scheduleEvery: String?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "Raise the learning rate from zero over 500steps, 1epoch or 0.05 of the run. (survey: 1epoch)",
            valueName: "span"))
    var warmup: String?

    @Flag(help: "Multiply the learning rate by batch/256.")
    var scaleLearningRate = false

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Share of the target that is spread evenly over all classes. (notebook: 0)", valueName: "x"))
    var labelSmoothing: Double?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "Weights of the classes in the loss: balanced, or one each, such as 1,2.", valueName: "weights"))
    var classWeights: String?

    @Option(
        help: ArgumentHelp(
            "cross-entropy, or focal=G, which gives easy stamps less weight. (default: cross-entropy)",
            valueName: "name"))
    var loss: String?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Weight decay of kernels. (default: 0.004 for adamw, else 0)", valueName: "x"))
    var weightDecay: Float?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Scale gradients down whose norm is larger.", valueName: "x"))
    var clipNorm: Float?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Evaluate the average of the weights over the steps, with this momentum.", valueName: "m"))
    var ema: Float?

    @Option(
        help: ArgumentHelp(
            """
            Stop when this no longer improves, and keep the best weights: loss, accuracy, val_loss, val_accuracy, \
            val_roc_auc or val_average_precision.
            """,
            valueName: "metric"))
    var earlyStopping: Stopping.Metric?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Epochs without improvement that it tolerates. (default: 5)", valueName: "n"))
    var patience: Int?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Smallest change that counts as an improvement. (default: 0)", valueName: "x"))
    var minDelta: Double?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "Multiply the learning rate by a factor after N epochs without an improvement of the validation loss.",
            valueName: "factor,n"))
    var reduceOnPlateau: String?

    /// Gives settings what the options say.
    ///
    /// - Throws: `Fault(.usage)` for options that need another one. Whether the values are right, the settings know.
    func apply(to settings: inout TrainingSettings) throws {
        try applySchedule(to: &settings.schedule)
        if let labelSmoothing { settings.objective.labelSmoothing = labelSmoothing }
        if let classWeights { settings.objective.classWeights = try ClassWeights(option: classWeights) }
        if let loss { try settings.objective.setLoss(option: loss) }
        if let weightDecay { settings.regularization.weightDecay = weightDecay }
        if let clipNorm { settings.regularization.clipNorm = clipNorm }
        if let ema { settings.regularization.averaging = ema }
        try applyStopping(to: &settings.stopping)
    }

    private func applySchedule(to settings: inout Schedule) throws {
        if let schedule { settings.kind = schedule }
        if let scheduleFactor {
            try settings.checkDecays("--schedule-factor")
            settings.factor = scheduleFactor
        }
        if let scheduleEvery {
            try settings.checkDecays("--schedule-every")
            settings.every = try Span(scheduleEvery, option: "--schedule-every")
        }
        if let warmup { settings.warmup = try Span(warmup, option: "--warmup") }
        if scaleLearningRate { settings.scalesWithBatch = true }
    }

    private func applyStopping(to settings: inout Stopping) throws {
        if let earlyStopping { settings.early = Stopping.Early(metric: earlyStopping) }
        for (option, isGiven) in [("--patience", patience != nil), ("--min-delta", minDelta != nil)]
        where isGiven && settings.early == nil {
            throw Fault(.usage, option, "goes with --early-stopping", remedy: "name the metric to watch")
        }
        if let patience { settings.early?.patience = patience }
        if let minDelta { settings.early?.minimumDelta = minDelta }
        settings.plateau = try reduceOnPlateau.map {
            try Stopping.Plateau(option: $0, metric: .validationLoss)
        }
    }
}

extension Schedule.Kind: ExpressibleByArgument {}
extension Stopping.Metric: ExpressibleByArgument {}
