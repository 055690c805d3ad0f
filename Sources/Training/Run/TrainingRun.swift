import Communication
import Lanes
import Logging
import MLflow
import Metrics
import Settings
import StampData

/// A training run from files to a run folder: what `swift-run-trainer train` does on every rank.
///
/// A run is a pipeline of values, each made from the one before:
///
///     prepared (stamps opened, folder locked) → loaded (network, stamps in memory, settings as resolved)
///         → restored (weights and state, from a checkpoint or new) → trained (final weights) → tested (metrics, model)
///
/// Rank 0 alone validates, writes and prints; every rank trains. All faults of the input are found and agreed on before
/// the first step.
public final class TrainingRun {
    private let context: RunContext

    /// - Parameters:
    ///   - check: refuses stamps that something else does not go with; called on rank 0 alone.
    ///   - trial: how the run is a part of a search; nil for a run by itself.
    public init(
        _ configuration: TrainingSettings, programVersion: String, group: any ProcessGroup,
        environment: [String: String], logger: Logger, check: @escaping StampCheck = { _ in }, trial: TrialPart? = nil
    ) {
        context = RunContext(
            configuration: configuration, programVersion: programVersion, group: group, environment: environment,
            logger: logger, check: check, trial: trial)
    }

    /// Trains. Collective.
    ///
    /// - Returns: on rank 0 the metrics of the test set, if there is one; nil of a run that pauses.
    /// - Throws: `Fault` or `AgreedFault` for settings and data that do not work, output that cannot be written, a loss
    ///   that is no longer finite, or a run that was asked to stop (`stoppedEarly`).
    public func run() throws -> TestMetrics? {
        try context.group.agree { try context.configuration.validate() }
        try context.group.requireSame(context.configuration)
        try context.group.limitWaits(to: context.configuration.execution.stallTimeout)
        let team = try LaneTeam.forRank(
            threads: context.configuration.execution.threads, group: context.group, logger: context.logger)
        defer { team.finish() }
        let prepared = try PreparedRun(context, team: team)
        // The same process may go on with it.
        defer { prepared.folder?.unlock() }
        do {
            try context.group.agree {
                if context.isRoot, let store = context.configuration.execution.logMLflow {
                    try MLflowRun.prepare(store: store)
                }
            }
            let loaded = try LoadedRun(prepared)
            let trainingTeam = try loaded.trainingTeam()
            defer { if trainingTeam !== team { trainingTeam.finish() } }
            let trained = try loaded.trained(by: trainingTeam)
            defer { trained.restored.checkpoints.wait() }
            do {
                guard !trained.outcome.isPaused else {
                    try trained.restored.checkpoints.finish()
                    try trained.restored.notePause(after: trained.outcome.epochs)
                    return nil
                }
                let metrics = try trained.test()
                try trained.restored.checkpoints.finish()
                try trained.restored.noteEnd()
                return metrics
            } catch {
                trained.restored.noteFailure(error)
                throw error
            }
        } catch {
            // A start that was refused leaves nothing behind.
            prepared.folder?.withdraw()
            throw error
        }
    }
}
