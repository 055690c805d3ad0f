import ArgumentParser
import Settings
import StampData

/// How long is trained, and by which steps. What is not given is as the recipe has it.
struct OptimizerOptions: ParsableArguments {
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Passes over the training set. (notebook, kbmod: 10, survey: 30)", valueName: "n"))
    var epochs: Int?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Stamps of one step over all ranks together, or `full`. (every recipe: 256)", valueName: "n")
    )
    var batchSize: String?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Most stamps a thread works on at a time. (default: by network and batch)", valueName: "n"))
    var microbatch: Int?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Learning rate. (notebook: 0.01, survey: 0.003, kbmod: 0.001)", valueName: "x"))
    var learningRate: Float?

    @Option(help: "sgd, momentum, adam, adamw, lamb or lars. (notebook: sgd, survey, kbmod: adam)")
    var optimizer: OptimizerName?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Momentum of SGD and LARS. (default: 0 for sgd, else 0.9)", valueName: "x"))
    var momentum: Float?

    @Flag(help: "Nesterov's momentum.")
    var nesterov = false

    /// Gives settings what the options say.
    ///
    /// - Throws: `Fault(.usage)` for a batch that is none, and for options that the optimizer does not have.
    func apply(to settings: inout TrainingSettings, recipe: Recipe) throws {
        if let epochs { settings.epochs = epochs }
        if let batchSize { settings.batchSize = try BatchSize(option: batchSize) }
        settings.microbatch = microbatch
        if let learningRate { settings.learningRate = learningRate }
        try settings.setOptimizer(optimizer, momentum: momentum, nesterov: nesterov, recipe: recipe)
    }
}

extension OptimizerName: ExpressibleByArgument {}
