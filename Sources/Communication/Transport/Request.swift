import CMPI
import Faults

/// An operation that was started and continues while the program computes (`MPI_Request`).
///
/// Its buffers may not be touched before `wait` has returned or `test` has returned true.
public struct Request {
    let operation: PendingOperation

    /// Waits until the operation is complete (`MPI_Wait`).
    public func wait() throws {
        guard operation.isPending else { return }
        let status = cmpi_wait(operation.handle)
        operation.isPending = status == CMPI_STALLED
        try checkMPI(status, "MPI_Wait")
    }

    /// Whether the operation is complete (`MPI_Test`). Testing also lets it, and all others, make progress.
    public func test() throws -> Bool {
        guard operation.isPending else { return true }
        var complete = false
        let status = cmpi_test(operation.handle, &complete)
        operation.isPending = status == 0 && !complete
        try checkMPI(status, "MPI_Test")
        return complete
    }
}

/// Storage for the request of a plan, so that none is allocated in a step.
final class PendingOperation: @unchecked Sendable {
    let handle: UnsafeMutablePointer<cmpi_request>
    var isPending = false

    init() {
        handle = .allocate(capacity: 1)
        handle.initialize(to: cmpi_request())
    }

    deinit {
        // When a failure elsewhere cuts an operation short, MPI still reads its plan; the process is about to end.
        if !isPending { handle.deallocate() }
    }
}
