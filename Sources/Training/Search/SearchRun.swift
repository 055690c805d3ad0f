import Communication
import Faults
import Files
import FoundationEssentials
import Logging
import RunRecords
import Settings
import StampData
import Tuning

/// Searches settings by successive halving: trials train on parts of the ranks, each in a run folder of its own, up to a
/// rung; when all have reached it, the best go on from their checkpoints.
///
/// A trial is the run that `train` would make of its settings, bit for bit, and the decisions depend on the trials'
/// numbers alone: neither on how many train at a time, nor on how often the search was interrupted.
public struct SearchRun {
    private let record: SearchRecord
    private let trials: [TrialRun]
    private let folder: SearchFolder
    private let ranksPerTrial: Int
    private let isResumed: Bool
    private let group: any ProcessGroup

    /// - Parameters:
    ///   - record: what is searched.
    ///   - settings: those of each trial; their output is ignored.
    ///   - folder: the folder of the search.
    ///   - ranksPerTrial: how many ranks train a trial, a divisor of those of `group`.
    ///   - isResumed: whether the search goes on in that folder.
    ///   - isTold: whether a line is printed for each trial that has come to a rung.
    ///   - check: refuses stamps that something else does not go with.
    public init(
        _ record: SearchRecord, settings: [TrainingSettings], folder: SearchFolder, ranksPerTrial: Int, isResumed: Bool,
        isTold: Bool, programVersion: String, group: any ProcessGroup, environment: [String: String], logger: Logger,
        check: @escaping StampCheck = { _ in }
    ) {
        (self.record, self.folder, self.ranksPerTrial) = (record, folder, ranksPerTrial)
        (self.isResumed, self.group) = (isResumed, group)
        trials = settings.enumerated().map { index, settings in
            TrialRun(
                number: index + 1, settings: settings, folder: folder.trial(index + 1), metric: record.metric,
                isTold: isTold, programVersion: programVersion, environment: environment, logger: logger, check: check)
        }
    }

    /// Trains all trials as far as they come. With `isResumed`, what is done is not done again. Collective.
    ///
    /// - Parameter didDecide: called on rank 0 with the results of a rung, from 0, when all of them are there.
    /// - Returns: on all ranks the results of each rung.
    /// - Throws: `AgreedFault` for a folder that cannot be used, where all trials have failed, and of a search that was
    ///   asked to stop (`stoppedEarly`); any other fault of a rank ends all.
    public func run(didDecide: (Int, [TrialResult]) throws -> Void = { _, _ in }) throws -> [[TrialResult]] {
        let lock = try group.agree { group.rank == 0 ? try open() : nil }
        defer { lock?.release() }
        try group.barrier()
        var rungs: [[TrialResult]] = []
        var running = Array(1...trials.count)
        for (index, rung) in record.plan.rungs.enumerated() {
            let results = try train(running, rung: index)
            try group.agree { if group.rank == 0 { try didDecide(index, results) } }
            rungs.append(results)
            let next = index + 1 < record.plan.rungs.count ? record.plan.rungs[index + 1].trials : 1
            running = TrialResult.promoted(results, growsBetter: record.metric.growsBetter, count: next)
            if running.isEmpty { throw AgreedFault(fault: Self.allFailed(results, rung)) }
        }
        try group.agree { if group.rank == 0 { try FileAccess.remove(folder.claims) } }
        return rungs
    }

    private static func allFailed(_ results: [TrialResult], _ rung: HalvingPlan.Rung) -> Fault {
        let reason = results.lazy.compactMap { result -> String? in
            if case .failed(let reason) = result.outcome { "trial \(result.trial): \(reason)" } else { nil }
        }.first
        return Fault(
            .badData, "tune", "no trial came to epoch \(rung.epochs) with a number (\(reason ?? "none was measured"))",
            remedy: "search other values")
    }

    /// Prepares the folder, on rank 0.
    private func open() throws -> RunLock {
        if FileAccess.exists(folder.record) {
            guard isResumed else {
                throw Fault(
                    .usage, "--output \(folder.path)", "already holds a search",
                    remedy: "name another folder with --output, or continue with --resume")
            }
            try record.refuse(JSONFile.read(SearchRecord.self, from: folder.record), at: folder.record)
        } else if let trace = RunFolder(folder.path).traceOfARun ?? (FileAccess.exists(folder.trials) ? "trials" : nil)
        {
            throw Fault(
                .usage, "--output \(folder.path)", "already holds something else (\(trace))",
                remedy: "name another folder with --output")
        }
        try FileAccess.makeFolders(folder.path)
        let lock = try RunLock(folder: folder.path)
        try FileAccess.makeOwnFolder(folder.trials)
        // Those of an earlier start.
        try FileAccess.remove(folder.claims)
        try FileAccess.makeOwnFolder(folder.claims)
        if !FileAccess.exists(folder.record) { try JSONFile.write(record, to: folder.record) }
        return lock
    }

    // MARK: A rung

    /// What a part of the ranks has done of a rung.
    private struct Part: Codable {
        var results: [TrialResult] = []
        var stop: Fault?
    }

    /// Trains trials up to a rung, each on the next part of the ranks that is free. Collective.
    ///
    /// - Returns: the results in the order of the trials.
    private func train(_ running: [Int], rung: Int) throws -> [TrialResult] {
        let epochs = record.plan.rungs[rung].epochs
        let isLast = rung == record.plan.rungs.count - 1
        let claims = TrialClaims(folder: folder.claims, rung: rung)
        let own = try group.inParts(of: ranksPerTrial) { part in
            var done = Part()
            while let number = try part.shared({ try claims.next(of: running) }) {
                do {
                    let outcome = try trials[number - 1].train(to: epochs, isLast: isLast, in: part)
                    done.results.append(TrialResult(trial: number, outcome: outcome))
                } catch let agreed as AgreedFault where agreed.fault.kind == .stoppedEarly {
                    done.stop = agreed.fault
                    try part.agree { if part.rank == 0 { try claims.close() } }
                    break
                }
            }
            return part.rank == 0 ? done : Part()
        }
        let parts = try group.allGather(Array(JSONFile.line(of: own).utf8)).map {
            try JSONFile.decoder.decode(Part.self, from: Data($0))
        }
        let results = parts.flatMap(\.results).sorted { $0.trial < $1.trial }
        if let stop = parts.lazy.compactMap(\.stop).first {
            throw AgreedFault(
                fault: Fault(
                    .stoppedEarly, stop.subject,
                    "stopped in rung \(rung + 1) of \(record.plan.rungs.count), with \(results.count) of "
                        + "\(running.count) trials at epoch \(epochs)",
                    remedy: "run the same command with --resume to go on"))
        }
        precondition(results.map(\.trial) == running, "each trial is trained once")
        return results
    }
}
