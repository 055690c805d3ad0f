/// Ranks that exchange numbers with each other in every step: all of a group, or some (`ProcessGroup.openChannel`).
///
/// Every operation is collective among these ranks. Each of the three kinds has an order of its own: the order relative
/// to operations of other kinds, and of other channels, is free. All calls come from the thread that communicates.
public protocol Channel: AnyObject, Sendable {
    /// This process's place among the ranks of the channel, from 0.
    var rank: Int { get }
    /// How many ranks there are.
    var size: Int { get }

    /// Starts to send a part of `send` to each rank and to receive a part of `receive` from each (`MPI_Ialltoallv`).
    /// The plan must not be in use.
    ///
    /// The two addresses must differ even if a rank sends nothing: to MPI equal ones mean something else.
    func startAllToAll(
        _ send: UnsafeRawPointer, into receive: UnsafeMutableRawPointer, plan: AllToAllPlan
    ) throws -> Request

    /// Starts to complete `values` on every rank, each of which already holds its own part (`MPI_Iallgatherv` in
    /// place). The plan must not be in use.
    func startAllGather(inPlace values: UnsafeMutablePointer<Float>, plan: AllGatherPlan) throws -> Request

    /// Completes `values` likewise, in double precision and in blocks of `blockLength` numbers, and waits for it
    /// (`MPI_Allgatherv` in place).
    func allGather(
        inPlace values: UnsafeMutablePointer<Double>, plan: AllGatherPlan, blockLength: Int) throws
}
