import ArgumentParser
import Communication
import Faults
import Files
import Logging
import Metrics
import ModelFiles
import Models
import Optimizers
import Reports
import RunRecords
import Settings
import StampData
import Training

/// `swift-run-trainer train`: options become a plain configuration value.
///
/// Options with numbers are parsed unconditionally, so that `--learning-rate -1` is a wrong number and not a missing one.
struct Train: GroupCommand {
    static let configuration = CommandConfiguration(abstract: "Train a network and write a run folder (the default).")

    @OptionGroup var data: DataOptions

    @Option(
        help: ArgumentHelp(
            "What options have that are not given: notebook (as astroML's notebook trains) or survey (what finds objects).",
            valueName: "name"))
    var recipe: Recipe = .notebook

    @Option(
        help:
            "simple, simple-bn, vgg6, resnet50, a .safetensors or .keras model to go on from, or Keras' model.to_json() in a .json file."
    )
    var model = "vgg6"

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Passes over the training set. (notebook: 10, survey: 30)", valueName: "n"))
    var epochs: Int?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Stamps of one step over all ranks together, or `full`. (both recipes: 256)", valueName: "n")
    )
    var batchSize: String?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("The most stamps that one thread works on at a time. (default: by network)", valueName: "n"))
    var microbatch: Int?

    @Option(
        parsing: .unconditional, help: ArgumentHelp("Learning rate. (notebook: 0.01, survey: 0.003)", valueName: "x"))
    var learningRate: Float?

    @Option(help: "sgd, momentum, adam, adamw, lamb or lars. (notebook: sgd, survey: adam)")
    var optimizer: OptimizerName?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Momentum of SGD and LARS. (default: 0 for sgd, else 0.9)", valueName: "x"))
    var momentum: Float?

    @Flag(help: "Nesterov's momentum.")
    var nesterov = false

    @OptionGroup var objective: ObjectiveOptions

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("2 outputs with softmax, or 1 with sigmoid. (default: 2)", valueName: "n"))
    var classes: Int?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Shares of training, validation and test stamps.", valueName: "a,b,c"))
    var split = "0.7,0.1,0.2"

    @Option(parsing: .unconditional, help: ArgumentHelp("Seed of everything random.", valueName: "n"))
    var seed: UInt64 = 0

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Seed of the split alone, for runs that share it. (default: --seed)", valueName: "n"))
    var splitSeed: UInt64?

    @OptionGroup var threads: ThreadsOption

    @Option(
        help: ArgumentHelp(
            "The most memory for stamps on a rank, such as 512M or 8G: what does not fit is read ahead. (default: no limit)",
            valueName: "size"))
    var memory: String?

    @Option(help: ArgumentHelp("Run folder to make.", valueName: "dir"))
    var output = "run"

    @Flag(help: "Go on from the newest checkpoint in --output.")
    var resume = false

    @Option(help: ArgumentHelp("Start from these weights (.safetensors or .keras).", valueName: "file"))
    var initialWeights: String?

    @Flag(inversion: .prefixedNo, help: "Whether dropout layers are on. (notebook: yes, survey: no)")
    var dropout: Bool?

    @Option(
        help:
            "How stamps are normalised: notebook (sum 1), mean (mean 1), robust (sky 0 ± 1, clipped), asinh (of robust), minmax (0 to 1) or none. (notebook: notebook, survey: asinh)"
    )
    var normalize: Normalization?

    @OptionGroup var augmentation: AugmentationOptions

    @Flag(help: "Leave out stamps that cannot be normalised.")
    var skipBad = false

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "Write a checkpoint so often: 200steps, 500s, 10m, 1epoch; and after each epoch.", valueName: "interval"))
    var checkpointEvery = "1epoch"

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Checkpoints to keep, beside the one with the least validation loss.", valueName: "n"))
    var keepCheckpoints = 3

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Compare the ranks' parameters every so many steps. (default: never)", valueName: "n"))
    var verifyEvery: Int?

    @Flag(name: .customLong("no-tensorboard"), help: "Write no event files for TensorBoard.")
    var noTensorBoard = false

    @Option(help: ArgumentHelp("Write what each lane does when, for ui.perfetto.dev.", valueName: "file"))
    var trace: String?

    @Option(parsing: .unconditional, help: ArgumentHelp("The most steps that --trace shows.", valueName: "n"))
    var traceSteps = 20

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "A rank that lets the others wait so many seconds ends the run; 0: wait for ever.", valueName: "seconds"))
    var stallTimeout = 300

    @OptionGroup var exchange: ExchangeOptions

    @OptionGroup var decision: DecisionOptions

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "Train so many networks, which differ by their seed: predict averages them.", valueName: "n"))
    var members = 1

    @Flag(name: .customLong("no-report"), help: "Make neither figures nor report.html at the end.")
    var noReport = false

    enum OptimizerName: String, ExpressibleByArgument, CaseIterable {
        case sgd, momentum, adam, adamw, lamb, lars
    }

    /// A signal that comes while the run is being set up must not end it either.
    func willStart() { Interruption.watch() }

    @OptionGroup var verbosity: VerbosityOptions

    func run(in group: any ProcessGroup, environment: [String: String], logger: Logger) throws {
        var configuration = try group.agree { try trainingConfiguration() }
        // The others learn from rank 0 what is in the files.
        if let files = try group.onRoot({ try data.files() }) {
            (configuration.noise, configuration.sources) = files
        }
        if members > 1 {
            let ensemble = EnsembleRun(
                configuration, members: members, programVersion: SwiftRunTrainer.version, group: group,
                environment: environment, logger: logger)
            let metrics = try ensemble.run { tell($0, $1, environment, logger) }
            guard group.rank == 0, !verbosity.quiet else { return }
            if let metrics { print("\nthe mean of \(members) members:\n\(metrics.table)") }
            print("results in \(output)")
            return
        }
        let run = TrainingRun(
            configuration, programVersion: SwiftRunTrainer.version, group: group, environment: environment,
            logger: logger)
        let metrics = try run.run()
        if group.rank == 0 { tell(RunFolder(output), metrics, environment, logger) }
    }

    /// What a run that has ended prints, once its report is made.
    private func tell(
        _ folder: RunFolder, _ metrics: ClassificationMetrics?, _ environment: [String: String], _ logger: Logger
    ) {
        let isTold = !verbosity.quiet
        if isTold, let metrics { print("\n\(metrics.table)") }
        let page = noReport ? nil : report(folder, environment: environment, logger: logger)
        if isTold, let page { print("report in \(page)") }
        if isTold { print("results in \(folder.path)") }
    }

    /// A report that cannot be made is no reason to fail: the run is safe.
    ///
    /// - Returns: its path.
    private func report(_ folder: RunFolder, environment: [String: String], logger: Logger) -> String? {
        do {
            for warning in try RunReport.write(folder, environment: environment) { logger.warning("\(warning)") }
            return folder.report
        } catch {
            logger.warning("\(error)")
            return nil
        }
    }

    // MARK: Options to configuration

    /// All but the names of the files.
    func trainingConfiguration() throws -> TrainingConfiguration {
        try checkNumbers()
        var configuration = TrainingConfiguration(split: try splitFractions(), recipe: recipe)
        configuration.model = model
        if let epochs { configuration.epochs = epochs }
        if let batchSize { configuration.batchSize = try parsedBatchSize(batchSize) }
        configuration.microbatch = microbatch
        if let learningRate { configuration.learningRate = learningRate }
        if let chosen = try chosenOptimizer() { configuration.optimizer = chosen }
        // Keras' default of AdamW.
        if optimizer == .adamw { configuration.regularization.weightDecay = 0.004 }
        try objective.apply(to: &configuration)
        configuration.classes = classes
        configuration.seed = seed
        configuration.threads = try threads.checked()
        configuration.memory = try memory.map(parsedMemory)
        configuration.output = output
        configuration.resume = resume
        configuration.initialWeights = initialWeights
        if let dropout { configuration.dropout = dropout }
        if let normalize { configuration.normalization = normalize }
        try augmentation.apply(to: &configuration)
        configuration.skipBad = skipBad
        configuration.checkpointInterval = try CheckpointInterval(parsing: checkpointEvery)
        configuration.keepCheckpoints = keepCheckpoints
        configuration.verifyEvery = verifyEvery
        configuration.splitSeed = splitSeed
        try decision.apply(to: &configuration)
        try exchange.apply(to: &configuration)
        configuration.tensorBoard = !noTensorBoard
        configuration.showsProgress = !verbosity.quiet
        configuration.trace = trace
        configuration.traceSteps = traceSteps
        configuration.stallTimeout = stallTimeout
        configuration.commandLine = CommandLine.arguments
        return configuration
    }

    private func checkNumbers() throws {
        for (name, value) in [
            ("--epochs", epochs ?? 1), ("--microbatch", microbatch ?? 1), ("--trace-steps", traceSteps),
            ("--keep-checkpoints", keepCheckpoints), ("--verify-every", verifyEvery ?? 1), ("--members", members),
        ] where value < 1 || value > 1 << 30 {
            throw Fault(
                .usage, "\(name) \(value)", "must be from 1 to \(1 << 30)", remedy: "give a positive whole number")
        }
        guard stallTimeout >= 0, stallTimeout <= 1 << 30 else {
            throw Fault(
                .usage, "--stall-timeout \(stallTimeout)", "must be from 0 to \(1 << 30)",
                remedy: "give seconds, or 0 to wait for ever")
        }
        if let classes, classes != 1 && classes != 2 {
            throw Fault(.usage, "--classes \(classes)", "must be 1 or 2", remedy: "use 2 for softmax or 1 for sigmoid")
        }
        if let learningRate, learningRate <= 0 || !learningRate.isFinite {
            throw Fault(
                .usage, "--learning-rate \(learningRate)", "must be a positive number",
                remedy: "give, for instance, 0.01")
        }
        guard StandardNetwork(rawValue: model) != nil || ModelFiles.isFile(model) else { throw unknownModel(model) }
        guard !output.isEmpty else {
            throw Fault(.usage, "--output", "is empty", remedy: "name the run folder to make")
        }
        guard trace != "" else { throw Fault(.usage, "--trace", "is empty", remedy: "name the file to write") }
    }

    private func parsedMemory(_ memory: String) throws -> MemorySize {
        guard let size = MemorySize(parsing: memory), size.bytes > 0 else {
            throw Fault(
                .usage, "--memory \(memory)", "must be a whole number of bytes, K, M, G or T",
                remedy: "give, for instance, 512M")
        }
        return size
    }

    private func parsedBatchSize(_ batchSize: String) throws -> BatchSize {
        if batchSize == "full" { return .full }
        guard let count = Int(batchSize), count >= 1 else {
            throw Fault(
                .usage, "--batch-size \(batchSize)", "must be a whole number from 1, or `full`",
                remedy: "give, for instance, 256")
        }
        return .samples(count)
    }

    private func splitFractions() throws -> SplitFractions {
        let shares = split.split(separator: ",", omittingEmptySubsequences: false).map {
            Double($0.filter { $0 != " " })
        }
        guard shares.count == 3, let first = shares[0], let second = shares[1], let third = shares[2] else {
            throw Fault(
                .usage, "--split \(split)", "must be three numbers", remedy: "give shares such as 0.7,0.1,0.2")
        }
        return try SplitFractions(first, second, third)
    }

    /// Nil when no option tells: what the recipe says.
    private func chosenOptimizer() throws -> Optimizer? {
        if optimizer == nil, momentum == nil, !nesterov { return nil }
        guard optimizer != nil || recipe == .notebook else {
            throw Fault(
                .usage, momentum == nil ? "--nesterov" : "--momentum", "does not go with --recipe \(recipe.rawValue)",
                remedy: "add --optimizer momentum")
        }
        if let optimizer, [.adam, .adamw, .lamb].contains(optimizer) {
            guard momentum == nil, !nesterov else {
                throw Fault(
                    .usage, momentum == nil ? "--nesterov" : "--momentum",
                    "does not go with --optimizer \(optimizer.rawValue)",
                    remedy: "leave it out or use --optimizer momentum")
            }
            return optimizer == .lamb ? .lamb() : .adam()
        }
        let momentum = momentum ?? (optimizer == .momentum || optimizer == .lars ? 0.9 : 0)
        guard momentum >= 0, momentum <= 1 else {
            throw Fault(.usage, "--momentum \(momentum)", "must be from 0 to 1", remedy: "give, for instance, 0.9")
        }
        if optimizer == .lars {
            guard !nesterov else {
                throw Fault(
                    .usage, "--nesterov", "does not go with --optimizer lars",
                    remedy: "leave it out or use --optimizer momentum")
            }
            return .lars(momentum: momentum)
        }
        guard momentum > 0 || !nesterov else {
            throw Fault(.usage, "--nesterov", "needs momentum", remedy: "add --momentum 0.9")
        }
        return .sgd(momentum: momentum, nesterov: nesterov)
    }
}
