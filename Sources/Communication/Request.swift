import CMPI
import Faults

/// An exchange that was started and goes on while the program computes (`MPI_Request`).
///
/// Neither buffer may be touched before `wait` has returned or `test` has said yes.
public struct Request {
    let plan: AllToAllPlan

    /// Waits until the exchange is complete (`MPI_Wait`).
    public func wait() throws {
        guard plan.isPending else { return }
        plan.isPending = false
        try checkMPI(cmpi_wait(plan.request), "MPI_Wait")
    }

    /// Whether the exchange is complete (`MPI_Test`). Asking also lets it make progress.
    public func test() throws -> Bool {
        guard plan.isPending else { return true }
        var complete = false
        let status = cmpi_test(plan.request, &complete)
        plan.isPending = status == 0 && !complete
        try checkMPI(status, "MPI_Test")
        return complete
    }
}
