import ArgumentParser
import Communication
import Faults
import Files
import Logging
import Metrics
import Optimizers
import Reports
import RunRecords
import Settings
import StampData
import Training
import Tuning

/// `swift-run-trainer tune`
struct Tune: GroupCommand {
    static let configuration = CommandConfiguration(
        abstract: "Search settings: train many networks for a little, and the best of them to the end.",
        usage: "swift-run-trainer tune --space <file> [--trials <n>] [--output <dir>] [<options of train>]",
        discussion: """
            The options of train are those of all trials, but for what the file of --space says, in TOML: an option \
            without its dashes, and a list of values or a range.

              learning-rate = { from = 1e-4, to = 1e-1, scale = "log" }
              label-smoothing = { from = 0.0, to = 0.2 }
              optimizer = ["sgd", "adam"]

            Trials are drawn from --seed. They train for a few epochs; the best of them, one in --reduction, go on for \
            --reduction times as many, and so on up to --epochs. Under mpirun several trials train at a time, on \
            --ranks-per-trial ranks each; the result is the same for any number of ranks, and each trial is the run \
            that train makes of the same settings.
            """)

    static let examples = [
        "swift-run-trainer tune --space settings.toml --trials 16 --data stamps --epochs 27 --output searches/first",
        "mpirun -n 32 swift-run-trainer tune --space settings.toml --trials 64 --ranks-per-trial 2 --epochs 30 --resume",
    ]

    @OptionGroup(title: "Search") var search: SearchOptions

    @OptionGroup var training: TrainingOptions

    @OptionGroup var verbosity: VerbosityOptions

    /// A signal that comes while the search is being set up must not end it either.
    func willStart() { Interruption.watch() }

    var waitLimits: WaitLimits { training.ranks.waitLimits }

    func run(in group: any ProcessGroup, environment: [String: String], logger: Logger) throws {
        let common = try group.agree { try commonSettings() }
        try group.requireSame(training.stampTexts)
        try group.requireSame(search.texts)
        let ranksPerTrial = try group.agree { try search.ranks(of: group.size) }
        // All learn from rank 0 what is in the files: the first rank of each part reads them.
        let files = try group.shared { () throws -> TrainingSettings in
            var named = TrainingSettings()
            named.data = try training.files()
            return named
        }.data
        let columns = try group.onRoot { try ByColumn.read(common.by, of: files) } ?? []
        let record = try group.shared { try searchRecord(common, files) }
        let settings = try group.agree { try record.trials.indices.map { try trialSettings($0, record, files) } }
        let folder = SearchFolder(search.output)
        let run = SearchRun(
            record, settings: settings, folder: folder, ranksPerTrial: ranksPerTrial, isResumed: search.resume,
            isTold: !verbosity.quiet, programVersion: SwiftRunTrainer.version, group: group, environment: environment,
            logger: logger
        ) { stamps in for column in columns { _ = try column.numbers(of: stamps) } }
        let rungs = try run.run { rung, results in if !verbosity.quiet { try tell(rung, results, record) } }
        try group.agree {
            guard group.rank == 0 else { return }
            try finish(SearchTable(record, rungs), folder, settings, environment, logger)
        }
    }

    // MARK: What is searched

    /// The settings that all trials have alike.
    private func commonSettings() throws -> TrainingSettings {
        try search.check()
        let sampling = training.split.sampling
        if sampling.trainsAllFolds {
            throw Fault(
                .usage, "--folds \(sampling.folds!)", "trains a network for each fold, and a trial is one network",
                remedy: "pick one with --fold")
        }
        var settings = try training.settings()
        settings.output = search.output
        settings.execution.commandLine = CommandLine.arguments
        try settings.validate()
        return settings
    }

    /// What may be searched: options of `train` that decide the result.
    private static let searchableOptions: [String] = {
        let kept: Set = [
            "--epochs", "--folds", "--fold", "--ids", "--by", "--no-report", "--no-tensorboard", "--log-mlflow",
            "--checkpoint-every", "--keep-checkpoints", "--verify-every", "--stall-timeout", "--threads",
            "--ranks-per-node", "--memory", "--data", "--sources", "--noise", "--class", "--stamps", "--channel",
            "--labels", "--class-names", "--output", "--resume", "--quiet", "--verbose", "--version", "--help",
        ]
        let ofTrials = Set(MistypedWords.options(of: Tune.self))
        func isOfAPart(_ option: String) -> Bool { option.hasPrefix("--validation-") || option.hasPrefix("--test-") }
        return MistypedWords.options(of: Train.self)
            .filter { ofTrials.contains($0) && !kept.contains($0) && !isOfAPart($0) }
            .map { String($0.dropFirst(2)) }
    }()

    private func searchRecord(_ common: TrainingSettings, _ files: LabelledFiles) throws -> SearchRecord {
        let space = try SearchSpace(contentsOf: search.space, options: Self.searchableOptions)
        var settings = common
        settings.data = files
        // A search may be moved.
        settings.output = TrainingSettings().output
        return SearchRecord(
            space: space,
            plan: HalvingPlan(
                trials: search.trials, epochs: common.epochs, reduction: search.reduction,
                leastEpochs: search.leastEpochs),
            metric: search.metric, seed: common.seed, settings: settings.options)
    }

    /// The settings of a trial: those of the command line, with the words of its values behind them.
    private func trialSettings(_ trial: Int, _ record: SearchRecord, _ files: LabelledFiles) throws -> TrainingSettings
    {
        let values = record.trials[trial]
        let words = zip(record.space.dimensions, values.choices).flatMap { Self.words($0.option, $1) }
        do {
            var settings = try Self.parse(SwiftRunTrainer.argumentsOfCommand + words).training.settings()
            settings.execution.commandLine = CommandLine.arguments
            settings.data = files
            try settings.validate()
            return settings
        } catch let fault as Fault {
            throw Fault(fault.kind, "trial \(trial + 1): \(fault.subject)", fault.problem, remedy: fault.remedy)
        } catch {
            throw Fault(
                .badData, search.space,
                "trial \(trial + 1) with \(words.joined(separator: " ")): "
                    + SwiftRunTrainer.firstLine(of: Self.message(for: error)),
                remedy: "give values that train takes")
        }
    }

    /// An option and its value as words of a command line.
    private static func words(_ option: String, _ choice: SearchSpace.Choice) -> [String] {
        switch choice {
        case .text(let text): ["--\(option)=\(text)"]
        case .flag(true): ["--\(option)"]
        case .flag(false): searchableOptions.contains("no-\(option)") ? ["--no-\(option)"] : []
        }
    }

    // MARK: What is told

    private func tell(_ rung: Int, _ results: [TrialResult], _ record: SearchRecord) throws {
        let rungs = record.plan.rungs
        let best = TrialResult.ranked(results, growsBetter: record.metric.growsBetter)[0]
        let value = best.value.map {
            ", the best: trial \(best.trial), \(record.metric.rawValue) \(FormattedNumber.metric($0))"
        }
        StandardOutput.show(
            progress: "rung \(rung + 1) of \(rungs.count): \(FormattedNumber.counted(results.count, "trial")) "
                + "at epoch \(rungs[rung].epochs)\(value ?? "")\n")
    }

    /// Writes the table and the report, and says where everything is.
    private func finish(
        _ table: SearchTable, _ folder: SearchFolder, _ settings: [TrainingSettings], _ environment: [String: String],
        _ logger: Logger
    ) throws {
        try AtomicFile.write(table.csv, to: folder.table)
        guard let best = BestTrial(table) else { return }
        try JSONFile.write(best, to: folder.best)
        let run = folder.trial(best.trial)
        if !training.records.noReport {
            do {
                for warning in try SearchReport.write(table, folder, environment: environment)
                    + RunReport.write(run, environment: environment)
                { logger.warning("\(warning)") }
            } catch { logger.warning("\(error)") }
        }
        guard !verbosity.quiet else { return }
        let report = training.records.noReport ? "" : "report in \(folder.report)\n"
        try StandardOutput.print(
            note: "\n\(table.text())\n\nthe best model is \(run.model)\n\(report)results in \(folder.path)\n")
    }
}
