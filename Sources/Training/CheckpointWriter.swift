import Dispatch
import Faults
import Logging
import Synchronization

/// Writes checkpoints on a thread of its own, one at a time, while training goes on.
///
/// What cannot be written is a warning at the time; the run learns of it at its end.
final class CheckpointWriter: Sendable {
    private let queue = DispatchQueue(label: "checkpoints")
    private let busy = Atomic<Bool>(false)
    /// Of the checkpoint that was written last.
    private let latest = Mutex<Fault?>(nil)
    private let first = Mutex<Fault?>(nil)
    private let logger: Logger

    init(logger: Logger) { self.logger = logger }

    /// Whether a checkpoint is being written, and its memory in use.
    var isBusy: Bool { busy.load(ordering: .acquiring) }

    /// What went wrong with the checkpoint that was written last; nil if it is whole. Waits for it.
    var latestFailure: Fault? {
        wait()
        return latest.withLock { $0 }
    }

    /// The first failure of all. Waits for the checkpoint under way.
    var firstFailure: Fault? {
        wait()
        return first.withLock { $0 }
    }

    /// Starts to write; the last one must be done.
    func start(_ write: @escaping @Sendable () throws -> Void) {
        precondition(!isBusy, "one checkpoint at a time")
        busy.store(true, ordering: .relaxed)
        queue.async { [self] in
            let failure = failure(of: write)
            latest.withLock { $0 = failure }
            failure.map(note)
            busy.store(false, ordering: .releasing)
        }
    }

    /// Returns when nothing is being written.
    func wait() { queue.sync {} }

    /// What keeps `write` from writing.
    func failure(of write: () throws -> Void) -> Fault? {
        do {
            try write()
            return nil
        } catch let fault as Fault {
            return fault
        } catch {
            return Fault(.cannotWrite, "run folder", "cannot be written (\(error))", remedy: "check the disk")
        }
    }

    /// Remembers and tells that something beside the checkpoints could not be written.
    func note(_ fault: Fault) {
        logger.warning("\(fault); training goes on")
        first.withLock { $0 = $0 ?? fault }
    }
}
