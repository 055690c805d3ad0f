import ArgumentParser
import Communication
import Faults
import Files
import Logging
import Metrics
import Reports
import RunRecords
import Settings
import StampData
import Training

/// `swift-run-trainer train`: options become ``TrainingSettings``, which know what they mean and what cannot be.
///
/// Options with numbers are parsed unconditionally, so that `--learning-rate -1` is a wrong number and not a missing
/// one.
struct Train: GroupCommand {
    static let configuration = CommandConfiguration(abstract: "Train a network and write a run folder (the default).")

    private static let usual = TrainingSettings()

    @OptionGroup var data: DataOptions
    @OptionGroup var validation: PartOptions<ValidationPart>
    @OptionGroup var test: PartOptions<TestPart>

    @Option(
        help: ArgumentHelp(
            """
            Values of options that are not given: notebook (as astroML's notebook trains), survey (for real surveys) or \
            kbmod (for KBMOD's filter).
            """,
            valueName: "name"))
    var recipe: Recipe = .notebook

    @Option(
        help: ArgumentHelp(
            """
            simple, simple-bn, vgg6, resnet50, resnet18, resnet34, resnet50-torch, a .safetensors, .keras, .h5, .onnx \
            or .pth model to continue from, or Keras' model.to_json() in a .json file. (default: vgg6, kbmod: resnet18)
            """, valueName: "model"))
    var model: String?

    @OptionGroup var logits: LogitsOption

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

    @OptionGroup var objective: ObjectiveOptions

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "Outputs with softmax, one for each class, or 1 with sigmoid for two. (default: by the data)",
            valueName: "n"))
    var classes: Int?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Shares of training, validation and test stamps.", valueName: "a,b,c"))
    var split = usual.split.description

    @Option(parsing: .unconditional, help: ArgumentHelp("Seed of everything random.", valueName: "n"))
    var seed = usual.seed

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Seed of the split alone, for runs that share it. (default: --seed)", valueName: "n"))
    var splitSeed: UInt64?

    @OptionGroup var sampling: SamplingOptions

    @OptionGroup var identifiers: IdentifiersOption

    @OptionGroup var threads: ThreadsOption

    @Option(
        help: ArgumentHelp(
            """
            Most memory for the stamps of a rank, such as 512M or 8G; the rest is read ahead. (default: no limit)
            """,
            valueName: "size"))
    var memory: String?

    @Option(help: ArgumentHelp("Run folder to make.", valueName: "dir"))
    var output = usual.output

    @Flag(help: "Continue from the newest checkpoint in --output.")
    var resume = false

    @Option(help: ArgumentHelp("Start from these weights (.safetensors or .keras).", valueName: "file"))
    var initialWeights: String?

    @OptionGroup var frozenLayers: FrozenLayersOptions

    @Flag(inversion: .prefixedNo, help: "Whether dropout layers are on. (notebook: yes, survey: no)")
    var dropout: Bool?

    @OptionGroup var preparation: PreparationOptions

    @OptionGroup var features: FeatureOptions

    @OptionGroup var augmentation: AugmentationOptions

    @Flag(help: "Leave out stamps that cannot be normalised.")
    var skipBad = false

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

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Compare the ranks' parameters every N steps. (default: never)", valueName: "n"))
    var verifyEvery: Int?

    @Flag(name: .customLong("no-tensorboard"), help: "Write no event files for TensorBoard.")
    var noTensorBoard = false

    @Option(help: ArgumentHelp("Write what each thread does when, for ui.perfetto.dev.", valueName: "file"))
    var trace: String?

    @Option(parsing: .unconditional, help: ArgumentHelp("Number of steps that --trace records.", valueName: "n"))
    var traceSteps = usual.execution.traceSteps

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "Longest time that a rank may keep others waiting before the job ends; 0: for ever.", valueName: "seconds"))
    var stallTimeout = usual.execution.stallTimeout

    @OptionGroup var exchange: ExchangeOptions

    @OptionGroup var bits: BitsOption

    @OptionGroup var decision: DecisionOptions

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "Train an ensemble of N networks that differ in their seed; predict averages them.", valueName: "n"))
    var members = 1

    @Option(help: "What its members say together of the test set: their mean, median or max. (default: mean)")
    var combine: ProbabilityCombination?

    @OptionGroup var by: ByOption

    @Flag(name: .customLong("no-report"), help: "Make neither figures nor report.html at the end.")
    var noReport = false

    /// A signal that comes while the run is being set up must not end it either.
    func willStart() { Interruption.watch() }

    @OptionGroup var verbosity: VerbosityOptions

    var waitLimits: WaitLimits { WaitLimits(start: stallTimeout, operation: stallTimeout) }

    func run(in group: any ProcessGroup, environment: [String: String], logger: Logger) throws {
        var settings = try group.agree { try trainingSettings() }
        let parts = [validation.stampsNamed, test.stampsNamed]
        try group.requireSame(parts.reduce(into: data.texts) { $0.merge($1.texts) { $1 } })
        // The others learn from rank 0 what is in the files.
        let named = try group.onRoot {
            var files = try data.files()
            for part in parts where part.isGiven { files.parts[part.part] = try part.files() }
            return files
        }
        if let named { settings.data = named }
        let columns = try group.onRoot { try ByColumn.read(by.by, of: settings.data) } ?? []
        let check: StampCheck = { stamps in
            for column in columns { _ = try column.numbers(of: stamps) }
        }
        if let series {
            let ensemble = EnsembleRun(
                settings, series: series, programVersion: SwiftRunTrainer.version, group: group,
                environment: environment, logger: logger, check: check)
            let summary = try ensemble.run(
                wasFinished: { makeMissingReport($0, environment, logger) },
                didTrain: { folder, metrics in
                    tell(folder, metrics, environment, logger) { StandardOutput.show(progress: $0) }
                })
            guard group.rank == 0, !verbosity.quiet else { return }
            let table = summary.map { "\n\($0.table)\n" }
            try StandardOutput.print(note: "\(table ?? "")results in \(output)\n")
            return
        }
        let run = TrainingRun(
            settings, programVersion: SwiftRunTrainer.version, group: group, environment: environment,
            logger: logger, check: check)
        let metrics = try run.run()
        guard group.rank == 0 else { return }
        var failure: Fault?
        tell(RunFolder(output), metrics, environment, logger) { text in
            do throws(Fault) { try StandardOutput.print(note: text) } catch { failure = failure ?? error }
        }
        if let failure { throw failure }
    }

    /// The networks that are trained one after another; nil for one alone.
    private var series: RunSeries? {
        sampling.trainsAllFolds ? .folds(sampling.folds!) : members > 1 ? .members(members) : nil
    }

    /// Makes the report of a run that has ended, and says where everything is.
    private func tell(
        _ folder: RunFolder, _ metrics: TestMetrics?, _ environment: [String: String], _ logger: Logger,
        print: (String) -> Void
    ) {
        let isTold = !verbosity.quiet
        if isTold, let metrics { print("\n\(metrics.table)\n") }
        let page = noReport ? nil : report(folder, environment: environment, logger: logger)
        if isTold, let page { print("report in \(page)\n") }
        if isTold { print("results in \(folder.path)\n") }
    }

    /// Other ranks wait meanwhile: those of an ensemble in its next member.
    private var drawingLimit: Duration {
        series != nil && stallTimeout > 0 ? min(.seconds(20), .seconds(stallTimeout) / 2) : .seconds(20)
    }

    /// Makes the report of a run that had ended before, unless it is there: that run may have been killed meanwhile.
    private func makeMissingReport(_ folder: RunFolder, _ environment: [String: String], _ logger: Logger) {
        guard !noReport, !FileAccess.exists(folder.report) else { return }
        _ = report(folder, environment: environment, logger: logger)
    }

    /// A report that cannot be made is no reason to fail: the run is safe.
    ///
    /// - Returns: its path.
    private func report(_ folder: RunFolder, environment: [String: String], logger: Logger) -> String? {
        do {
            for warning in try RunReport.write(folder, environment: environment, timeLimit: drawingLimit) {
                logger.warning("\(warning)")
            }
            return folder.report
        } catch {
            logger.warning("\(error)")
            return nil
        }
    }

    // MARK: Options to settings

    /// All but the names of the files.
    ///
    /// - Throws: `Fault(.usage)` for values that make no sense, alone or together.
    func trainingSettings() throws -> TrainingSettings {
        var settings = TrainingSettings(recipe: recipe)
        if let model { settings.model = model }
        settings.fromLogits = logits.fromLogits
        if let epochs { settings.epochs = epochs }
        settings.microbatch = microbatch
        if let learningRate { settings.learningRate = learningRate }
        settings.classes = classes
        try sampling.apply(to: &settings)
        settings.ids = identifiers.ids
        settings.seed = seed
        settings.splitSeed = splitSeed
        settings.output = output
        settings.initialWeights = initialWeights
        settings.frozenLayers = try frozenLayers.layers()
        if let dropout { settings.dropout = dropout }
        settings.data.layout = data.layout
        // Rank 0 puts their files there.
        for part in [validation.stampsNamed, test.stampsNamed] where part.isGiven {
            settings.data.parts[part.part] = LabelledFiles()
        }
        (settings.validationFeatures, settings.testFeatures) = (validation.features, test.features)
        (settings.validationIDs, settings.testIDs) = (validation.ids, test.ids)
        try preparation.apply(to: &settings.preparation)
        features.apply(to: &settings)
        settings.skipBad = skipBad
        settings.by = by.by
        settings.keepCheckpoints = keepCheckpoints
        settings.verifyEvery = verifyEvery
        settings.split = try SplitFractions(option: split)
        if let batchSize { settings.batchSize = try BatchSize(option: batchSize) }
        try settings.setOptimizer(optimizer, momentum: momentum, nesterov: nesterov, recipe: recipe)
        try objective.apply(to: &settings)
        try augmentation.apply(to: &settings.augmentation)
        settings.checkpointInterval = try CheckpointInterval(parsing: checkpointEvery)
        decision.apply(to: &settings.decision)
        settings.gradients = exchange.gradients
        settings.bits = bits.bits
        settings.execution = try execution()
        try settings.validate()
        try Requirement.count.check(members, of: "--members")
        if let combine {
            guard members > 1 else {
                throw Fault(
                    .usage, "--combine \(combine)", "is of the members of an ensemble, and one network is trained",
                    remedy: "say how many with --members, or leave it out")
            }
            settings.combination = combine
        }
        if members > 1, sampling.trainsAllFolds {
            throw Fault(
                .usage, "--members \(members)", "does not go with all of the --folds", remedy: "pick one with --fold")
        }
        return settings
    }

    private func execution() throws -> ExecutionSettings {
        var execution = ExecutionSettings()
        execution.threads = threads.threads
        execution.memory = try memory.map { try MemorySize(option: $0) }
        execution.ranksPerNode = exchange.ranksPerNode
        execution.stallTimeout = stallTimeout
        execution.resume = resume
        execution.tensorBoard = !noTensorBoard
        execution.showsProgress = !verbosity.quiet
        execution.trace = trace
        execution.traceSteps = traceSteps
        execution.commandLine = CommandLine.arguments
        return execution
    }
}

extension OptimizerName: ExpressibleByArgument {}
