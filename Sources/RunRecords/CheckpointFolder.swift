import Faults
import Files
import Glibc

/// The checkpoints of a run: `checkpoints/step-N`, N the number of steps done.
///
/// While a checkpoint is being written it is called `.step-N.partial`; it gets its name only when all of it is on the
/// disk: whatever happens, a `step-N` is complete or absent.
public struct CheckpointFolder: Sendable {
    /// The file that names the checkpoint with the least validation loss.
    public static let bestName = "best.json"

    /// `RUN/checkpoints`; it need not exist yet.
    public let path: String

    /// Names the folder; touches nothing.
    public init(_ path: String) { self.path = path }

    /// The checkpoint of a step, whether it exists or not.
    public func checkpoint(step: Int) -> Checkpoint { Checkpoint(step: step, path: "\(path)/step-\(step)") }

    /// All checkpoints, the earliest first; none when the folder does not exist.
    public func all() throws -> [Checkpoint] {
        try names().compactMap(Checkpoint.step(named:)).sorted().map(checkpoint(step:))
    }

    /// Writes a checkpoint and removes those no longer kept: all but the last ones and the best one, which `best.json`
    /// names.
    ///
    /// Checkpoints of later steps are removed as well: they belong to a continuation that was abandoned, because they
    /// were damaged when the run was resumed.
    /// - Parameters:
    ///   - state: the run's progress; `state.step` names the checkpoint.
    ///   - keep: how many checkpoints remain, including this one, besides the best one.
    ///   - contents: writes all files but the state and the manifest into the folder that it is given.
    /// - Throws: `Fault(.cannotWrite)`, or what `contents` throws; earlier checkpoints are then untouched.
    @discardableResult
    public func write(
        _ state: CheckpointState, keep: Int = 3, contents: (_ folder: String) throws -> Void
    ) throws -> Checkpoint {
        precondition(keep >= 1, "the checkpoint that is written must be kept")
        let checkpoint = checkpoint(step: state.step)
        let partial = partialPath("step-\(state.step)")
        if try FileAccess.makeOwnFolder(path) { try FileAccess.synchronize(FileAccess.split(path).folder) }
        try FileAccess.remove(partial)
        guard mkdir(partial, 0o777) == 0 else { throw Fault.cannotWrite(checkpoint.path, errno) }
        do {
            try contents(partial)
            try JSONFile.write(state, to: "\(partial)/\(Checkpoint.stateName)")
            try JSONFile.write(
                CheckpointManifest(describing: partial), to: "\(partial)/\(CheckpointManifest.name)")
            try synchronizeContents(partial)
            // A folder cannot be renamed over one that holds files.
            try hide(checkpoint)
            try FileAccess.move(partial, to: checkpoint.path)
            try FileAccess.synchronize(path)
        } catch {
            try? FileAccess.remove(partial)
            throw error
        }
        // A full disk may have prevented the best one from being written.
        if let best = state.best, FileAccess.exists(self.checkpoint(step: best.step).path) {
            try JSONFile.write(best, to: "\(path)/\(Self.bestName)")
        }
        try prune(newest: state, keep: keep)
        return checkpoint
    }

    /// The newest checkpoint that agrees with its manifest, its state, and the damaged ones that were skipped.
    ///
    /// - Parameter limit: only checkpoints of earlier steps count; nil for all.
    /// - Returns: nil when there is no checkpoint.
    /// - Throws: `Fault(.badData)` when there are checkpoints and every one is damaged.
    public func newestWhole(before limit: Int? = nil) throws -> WholeCheckpoint? {
        var skipped: [SkippedCheckpoint] = []
        for checkpoint in try all().reversed() where checkpoint.step < limit ?? .max {
            do {
                let state = try checkpoint.verifiedState()
                return WholeCheckpoint(checkpoint: checkpoint, state: state, skipped: skipped)
            } catch let fault as Fault {
                skipped.append(SkippedCheckpoint(checkpoint: checkpoint, reason: fault))
            }
        }
        guard let newest = skipped.first else { return nil }
        throw Fault(
            .badData, path, "no checkpoint is whole (the newest: \(newest.reason.subject) \(newest.reason.problem))",
            remedy: "restore one from a copy, or start again with a new --output")
    }

    /// Removes what an interrupted run left half-written.
    func removePartial() throws {
        // Half-written checkpoints, and what a crash left of writing `best.json`.
        if FileAccess.isFolder(path) { try AtomicFile.removePartial(in: path) }
    }

    private func prune(newest: CheckpointState, keep: Int) throws {
        let checkpoints = try all()
        let kept = checkpoints.filter { $0.step <= newest.step }.suffix(keep)
        for checkpoint in checkpoints where !kept.contains(checkpoint) && checkpoint.step != newest.best?.step {
            try hide(checkpoint)
        }
        try removePartial()
    }

    /// Renames a checkpoint before its files are removed, so that it too is complete or absent.
    private func hide(_ checkpoint: Checkpoint) throws {
        guard FileAccess.exists(checkpoint.path) else { return }
        let hidden = partialPath("step-\(checkpoint.step).removed")
        try FileAccess.remove(hidden)
        try FileAccess.move(checkpoint.path, to: hidden)
    }

    private func partialPath(_ name: String) -> String { "\(path)/.\(name).partial" }

    private func synchronizeContents(_ folder: String) throws {
        for name in try FileAccess.names(in: folder) {
            try FileAccess.synchronize("\(folder)/\(name)")
        }
        try FileAccess.synchronize(folder)
    }

    private func names() throws -> [String] {
        FileAccess.isFolder(path) ? try FileAccess.names(in: path) : []
    }
}

/// What a run resumes from: ``CheckpointFolder/newestWhole()``.
public struct WholeCheckpoint: Sendable {
    /// Its files are as they were written.
    public let checkpoint: Checkpoint
    /// The run's progress.
    public let state: CheckpointState
    /// Newer checkpoints that are damaged: worth a warning each.
    public let skipped: [SkippedCheckpoint]
}
