import Dispatch
import Faults
import Lanes
import Logging
import Synchronization

/// Writes a run's files, on a thread of its own and in order, while training continues.
///
/// A failure to write is logged as a warning at once; the run learns of it at its end.
final class CheckpointWriter: Sendable {
    /// Nil on ranks that write nothing.
    private let worker: SerialWorker?
    private let busy = Atomic<Bool>(false)
    /// The checkpoint under way.
    private let checkpoint = DispatchGroup()
    private let state = Mutex(State())
    private let logger: Logger

    private struct State {
        /// The fault of the checkpoint that was written last.
        var latest: Fault?
        /// The first fault of all.
        var first: Fault?
    }

    /// - Parameter writes: whether this rank writes anything.
    /// - Throws: `Fault(.noResources)` when the system refuses the thread.
    init(writes: Bool, logger: Logger) throws {
        worker = writes ? try SerialWorker(purpose: "writes checkpoints") : nil
        self.logger = logger
    }

    /// Whether a checkpoint is being written, and its memory in use.
    var isBusy: Bool { busy.load(ordering: .acquiring) }

    /// What went wrong with the checkpoint that was written last; nil if it is complete. Waits for it.
    var latestFailure: Fault? {
        waitForCheckpoint()
        return state.withLock { $0.latest }
    }

    /// The first failure of all. Waits for all that is under way.
    var firstFailure: Fault? {
        wait()
        return state.withLock { $0.first }
    }

    /// Starts to write a checkpoint; the last one must be done.
    func startCheckpoint(_ write: @escaping @Sendable () throws -> Void) {
        precondition(!isBusy, "one checkpoint at a time")
        busy.store(true, ordering: .relaxed)
        checkpoint.enter()
        start { [self] in
            let failure = failure(of: write)
            state.withLock { $0.latest = failure }
            failure.map(record)
            busy.store(false, ordering: .releasing)
            checkpoint.leave()
        }
    }

    /// Starts to write a record beside the checkpoints.
    func startRecord(_ write: @escaping @Sendable () throws -> Void) {
        start { [self] in failure(of: write).map(record) }
    }

    /// Returns when no checkpoint is being written: its memory is free.
    func waitForCheckpoint() { checkpoint.wait() }

    /// Returns when nothing is being written.
    func wait() { worker?.wait() }

    private func start(_ work: @escaping @Sendable () -> Void) {
        guard let worker else { preconditionFailure("this rank writes nothing") }
        worker.start(work)
    }

    /// The fault that keeps `write` from writing.
    private func failure(of write: () throws -> Void) -> Fault? {
        do {
            try write()
            return nil
        } catch let fault as Fault {
            return fault
        } catch {
            return Fault(.cannotWrite, "run folder", "cannot be written (\(error))", remedy: "check the disk")
        }
    }

    /// Records and logs what could not be written.
    private func record(_ fault: Fault) {
        logger.warning("\(fault); training goes on")
        state.withLock { $0.first = $0.first ?? fault }
    }
}
