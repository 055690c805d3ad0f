import Communication
import Faults
import Files
import RunRecords
import Settings
import StampData

/// The checkpoint that a run resumes from: found, compared with the run's settings, and not read yet.
struct FoundCheckpoint {
    /// Known to rank 0 alone.
    let whole: WholeCheckpoint?

    /// The newest whole checkpoint, if there is one. Collective.
    ///
    /// - Throws: a fault for a run with other settings, or with more epochs than are asked for.
    static func newest(of run: LoadedRun) throws -> FoundCheckpoint? {
        let context = run.context
        let whole = try context.group.agree {
            try run.prepared.folder.flatMap { folder in
                let found = try folder.checkpoints.newestWhole()
                for skipped in found?.skipped ?? [] { context.logger.warning("\(skipped)") }
                if let found { try check(found, folder, run) }
                return found
            }
        }
        return try context.group.maximum(of: whole == nil ? 0 : 1) > 0 ? FoundCheckpoint(whole: whole) : nil
    }

    /// The newest whole checkpoint of an earlier step than `limit`, if there is one that the run can go on from.
    /// Collective.
    static func newest(before limit: Int, of run: RestoredRun) throws -> FoundCheckpoint? {
        let (loaded, context) = (run.loaded, run.context)
        let whole = try context.group.agree { () -> WholeCheckpoint? in
            guard let folder = loaded.prepared.folder,
                // Those that are damaged or of another run are as good as none.
                let found = try? folder.checkpoints.newestWhole(before: limit),
                (try? check(found, folder, loaded)) != nil
            else { return nil }
            return found
        }
        return try context.group.maximum(of: whole == nil ? 0 : 1) > 0 ? FoundCheckpoint(whole: whole) : nil
    }

    /// More steps than any run takes, and few enough that sums of them do not overflow.
    private static let mostSteps = 1 << 53

    /// Longer than any epoch takes.
    private static let mostSeconds = 1e12

    private static func check(_ found: WholeCheckpoint, _ folder: RunFolder, _ run: LoadedRun) throws {
        let (state, plan) = (found.state, run.data.plan)
        let differences = state.differences(from: run.deciding)
        if !differences.isEmpty {
            let begun = try? JSONFile.read(ConfigurationRecord.self, from: folder.configuration).settings
            let typed = begun.map { begun in
                SettingDifferences(
                    begun, state.settings, now: run.settings, run.deciding,
                    isMicrobatchAsked: run.context.configuration.microbatch != nil
                ).texts
            }
            try folder.refuse(typed ?? differences)
        }
        // With the same plan of steps, the numbers determine the run's position in it.
        let underWay = state.epochUnderWay
        let steps = underWay?.steps ?? 0
        let sums = [underWay?.losses, underWay?.correct].compactMap { $0?.count }
        let stepsOfWholeEpochs = state.step.subtractingReportingOverflow(steps).partialValue
        guard (0...plan.steps).contains(steps), state.step <= Self.mostSteps, stepsOfWholeEpochs >= 0,
            stepsOfWholeEpochs.isMultiple(of: plan.steps),
            stepsOfWholeEpochs / plan.steps == state.completedEpochs,
            sums.allSatisfy({ $0 == plan.microbatches }), (0...mostSeconds).contains(underWay?.seconds ?? 0),
            (0...state.step).contains(state.best?.step ?? 0)
        else {
            throw Fault(
                .badData, found.checkpoint.path, "does not tell where in the run it was written",
                remedy: "remove it to resume from the previous one")
        }
        let begun = state.completedEpochs + (underWay == nil ? 0 : 1)
        try folder.refuse(
            fewerEpochs: run.context.configuration.epochs, than: begun, underWay == nil ? "done" : "begun")
    }
}

/// What a run is not resumed with.
extension RunFolder {
    /// - Parameter differences: between the settings that the run was begun with and those that it is to go on with.
    /// - Throws: `Fault(.usage)` if there are any.
    func refuse(_ differences: [String]) throws(Fault) {
        guard !differences.isEmpty else { return }
        throw Fault(
            .usage, "--resume \(path)",
            "was begun with other settings or other data: \(differences.joined(separator: ", "))",
            remedy: "repeat its settings (see \(configuration)) or choose a new --output")
    }

    /// - Parameter word: what the run has made of its last epoch.
    /// - Throws: `Fault(.usage)` if fewer epochs are asked for than it has.
    func refuse(fewerEpochs epochs: Int, than begun: Int, _ word: String) throws(Fault) {
        guard begun > epochs else { return }
        throw Fault(
            .usage, "--epochs \(epochs)", "\(path) has \(word) \(begun) epochs already",
            remedy: "ask for \(begun) or more")
    }
}
