import Communication
import Faults
import Files
import Logging
import Optimizers
import RunRecords
import Settings
import Tuning

/// One trial of a search: a run that pauses at each rung.
struct TrialRun {
    let number: Int
    private let settings: TrainingSettings
    private let folder: RunFolder
    private let metric: Stopping.Metric
    private let isTold: Bool
    private let programVersion: String
    private let environment: [String: String]
    private let logger: Logger
    private let check: StampCheck

    init(
        number: Int, settings: TrainingSettings, folder: RunFolder, metric: Stopping.Metric, isTold: Bool,
        programVersion: String, environment: [String: String], logger: Logger, check: @escaping StampCheck
    ) {
        var settings = settings
        settings.output = folder.path
        settings.execution.showsProgress = false
        // What is worth a warning is so of all trials.
        var logger = logger
        if number > 1 { logger.logLevel = .error }
        (self.number, self.settings, self.folder, self.metric) = (number, settings, folder, metric)
        (self.isTold, self.programVersion, self.environment) = (isTold, programVersion, environment)
        (self.logger, self.check) = (logger, check)
    }

    /// Trains from where the trial is to the end of an epoch, or finds that it has been there. Collective.
    ///
    /// - Parameter isLast: whether that is the end of the run, which then has a model.
    /// - Throws: `AgreedFault` for what does not come of the trial's own settings.
    func train(to epochs: Int, isLast: Bool, in group: any ProcessGroup) throws -> TrialResult.Outcome {
        let progress = try group.shared { TrialProgress(folder) }
        if !progress.isThere(epochs, isLast: isLast) {
            var settings = settings
            settings.execution.resume = progress.isBegun
            do {
                _ = try TrainingRun(
                    settings, programVersion: programVersion, group: group, environment: environment, logger: logger,
                    check: check, trial: TrialPart(pausingAfter: epochs, metric: metric)
                ).run()
            } catch let agreed as AgreedFault where isOfTrial(agreed.fault, progress) {
                let outcome = TrialResult.Outcome.failed(agreed.fault.description)
                tell(outcome, group)
                return outcome
            }
        }
        let outcome = try group.shared { try measured(upTo: epochs) }
        tell(outcome, group)
        return outcome
    }

    /// Whether a fault comes of the trial's settings: others may then do better. One of a trial that has trained before
    /// does not, unless its loss is no longer finite.
    private func isOfTrial(_ fault: Fault, _ progress: TrialProgress) -> Bool {
        switch fault.kind {
        case .badData: fault.subject == TrainingCheckpoints.notFiniteSubject
        case .usage, .noResources: !progress.isBegun
        default: false
        }
    }

    /// The metric at a rung: after its last epoch; of a run that stops when this metric gets no better, and keeps its
    /// best weights, the best so far.
    private func measured(upTo epochs: Int) throws -> TrialResult.Outcome {
        let rows = try History.read(folder.history).rows.prefix(epochs)
        let course = rows.map { $0[metric] }
        guard let last = course.last else {
            throw Fault(
                .badData, folder.history, "has no epoch", remedy: "remove \(folder.path) to train the trial again")
        }
        guard let early = settings.stopping.early, early.metric == metric, let best = early.evaluate(course).best
        else { return .measured(epochs: rows.count, value: last) }
        return .measured(epochs: rows.count, value: course[best])
    }

    private func tell(_ outcome: TrialResult.Outcome, _ group: any ProcessGroup) {
        guard isTold, group.rank == 0 else { return }
        switch outcome {
        case .measured(let epochs, let value):
            StandardOutput.show(
                progress: "trial \(number) - epoch \(epochs) - \(metric.rawValue): \(FormattedNumber.metric(value))\n")
        case .failed(let reason): StandardOutput.show(progress: "trial \(number) - failed: \(reason.printable)\n")
        }
    }
}

/// How far a trial has come.
private struct TrialProgress: Codable {
    /// Whether its folder is there.
    let isBegun: Bool
    /// Completed epochs.
    let epochs: Int
    /// Whether it has ended, and all that it has made is there.
    let isFinished: Bool

    init(_ folder: RunFolder) {
        isBegun = FileAccess.exists(folder.path)
        epochs = (try? History.read(folder.history).rows.count) ?? 0
        let record = try? JSONFile.read(ConfigurationRecord.self, from: folder.configuration)
        isFinished = record?.finishedFiles.map(folder.hasFinished) ?? false
    }

    func isThere(_ asked: Int, isLast: Bool) -> Bool { isFinished || !isLast && epochs >= asked }
}
