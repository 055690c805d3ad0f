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
import Synchronization
import Training

/// `swift-run-trainer train`
struct Train: GroupCommand {
    static let configuration = CommandConfiguration(
        abstract: "Train a network and write a run folder (the default).",
        usage:
            "swift-run-trainer [train] [--data <dir>] [--recipe <name>] [--model <model>] [--output <dir>] [<options>]")

    static let examples = [
        "swift-run-trainer train --data stamps --output runs/survey",
        "mpirun -n 4 swift-run-trainer train --data stamps --model resnet18 --epochs 50 --resume --output runs/resnet18",
    ]

    @OptionGroup var training: TrainingOptions

    @OptionGroup(title: TrainingOptions.Heading.decisions) var ensemble: EnsembleOptions

    @OptionGroup(title: TrainingOptions.Heading.records) var folder: RunFolderOptions

    @OptionGroup var verbosity: VerbosityOptions

    /// A signal that comes while the run is being set up must not end it either.
    func willStart() { Interruption.watch() }

    var waitLimits: WaitLimits { training.ranks.waitLimits }

    private var noReport: Bool { training.records.noReport }
    private var stallTimeout: Int { training.ranks.stallTimeout }

    func run(in group: any ProcessGroup, environment: [String: String], logger: Logger) throws {
        var settings = try group.agree { try trainingSettings() }
        try group.requireSame(training.stampTexts)
        // The others learn from rank 0 what is in the files.
        if let files = try group.onRoot({ try training.files() }) { settings.data = files }
        let columns = try group.onRoot { try ByColumn.read(settings.by, of: settings.data) } ?? []
        let hasLooked = Atomic(false)
        let check: StampCheck = { [data = settings.data] stamps in
            for column in columns { _ = try column.numbers(of: stamps) }
            // All members of an ensemble have the same stamps.
            if !hasLooked.exchange(true, ordering: .relaxed),
                let warning = RunStamps.signalToNoiseThatFits(of: stamps, in: data).warning
            {
                logger.warning("\(warning)")
            }
        }
        if let series {
            let ensemble = EnsembleRun(
                settings, series: series, programVersion: SwiftRunTrainer.version, group: group,
                environment: environment, logger: logger, check: check)
            let summary = try ensemble.run(
                wasFinished: { makeMissingReport($0, environment, logger) },
                didTrain: { folder, metrics in
                    tell(folder, metrics, settings, environment, logger) {
                        StandardOutput.show(progress: $0.printableLines)
                    }
                })
            guard group.rank == 0 else { return }
            let page = noReport ? nil : report(RunFolder(folder.output), environment: environment, logger: logger)
            guard !verbosity.quiet else { return }
            let table = summary.map { "\n\($0.table)\n" } ?? ""
            let place = page.map { "report in \($0)\n" } ?? ""
            try StandardOutput.print(note: "\(table)\(place)results in \(folder.output)\n")
            return
        }
        let run = TrainingRun(
            settings, programVersion: SwiftRunTrainer.version, group: group, environment: environment,
            logger: logger, check: check)
        let metrics = try run.run()
        guard group.rank == 0 else { return }
        var failure: Fault?
        tell(RunFolder(folder.output), metrics, settings, environment, logger) { text in
            do throws(Fault) { try StandardOutput.print(note: text) } catch { failure = failure ?? error }
        }
        if let failure { throw failure }
    }

    /// The networks that are trained one after another; nil for one alone.
    private var series: RunSeries? {
        let (sampling, members) = (training.split.sampling, ensemble.members)
        return sampling.trainsAllFolds ? .folds(sampling.folds!) : members > 1 ? .members(members) : nil
    }

    /// Makes the report of a run that has ended, and says where everything is.
    private func tell(
        _ folder: RunFolder, _ metrics: TestMetrics?, _ settings: TrainingSettings, _ environment: [String: String],
        _ logger: Logger, print: (String) -> Void
    ) {
        let isTold = !verbosity.quiet
        if isTold, let metrics { print("\n\(metrics.table)\n") }
        let page = noReport ? nil : report(folder, environment: environment, logger: logger)
        // A report warns itself.
        if page == nil, let metrics, let shortfall = Shortfall(metrics, settings: settings) {
            logger.warning("\(shortfall.warning(folder.path))")
        }
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
        var settings = try training.settings()
        folder.apply(to: &settings)
        settings.execution.showsProgress = !verbosity.quiet
        settings.execution.commandLine = CommandLine.arguments
        try settings.validate()
        try ensemble.apply(to: &settings, sampling: training.split.sampling)
        return settings
    }
}
