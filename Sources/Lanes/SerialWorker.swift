import Dispatch
import Faults
import Synchronization

/// A thread that does one piece of work after another, in order, beside the one that asks for it.
package final class SerialWorker: Sendable {
    private let pending = Pending()

    /// Starts the thread.
    ///
    /// - Parameter purpose: what it is for, in a message.
    /// - Throws: `Fault(.noResources)` when the system refuses it.
    package init(purpose: String) throws {
        let isStarted = SystemThread.start { [pending] in
            while let work = pending.next() { work() }
        }
        guard isStarted else {
            throw Fault(
                .noResources, "threads", "the system refuses the one that \(purpose)",
                remedy: "use fewer with --threads, or raise the limit on processes (ulimit -u) or memory")
        }
    }

    /// The thread ends when it has done all that it was asked for.
    deinit { pending.append(nil) }

    /// Asks for a piece of work.
    package func start(_ work: @escaping @Sendable () -> Void) { pending.append(work) }

    /// Returns when all is done that was asked for.
    package func wait() {
        let isDone = DispatchSemaphore(value: 0)
        start { isDone.signal() }
        isDone.wait()
    }
}

/// What the thread still has to do.
private final class Pending: Sendable {
    typealias Work = @Sendable () -> Void

    /// Nil ends the thread.
    private let queue = Mutex<[Work?]>([])
    private let count = DispatchSemaphore(value: 0)

    func append(_ work: Work?) {
        queue.withLock { $0.append(work) }
        count.signal()
    }

    /// Waits for the next piece of work; nil when there will be none.
    func next() -> Work? {
        count.wait()
        return queue.withLock { $0.removeFirst() }
    }
}
