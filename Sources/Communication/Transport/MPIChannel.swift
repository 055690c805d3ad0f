import CMPI

/// Some of the ranks of `MPI_COMM_WORLD`, with communicators of their own, which exist until MPI ends.
final class MPIChannel: Channel {
    let rank: Int
    let size: Int
    private let channel: cmpi_channel

    /// `MPI_Comm_split`: the ranks of one color, in the order of their numbers. Collective over all ranks.
    ///
    /// - Parameter worldRank: this process's number among all ranks.
    init(color: Int, worldRank: Int) throws {
        var channel = cmpi_channel()
        try checkMPI(cmpi_open_channel(Int32(color), Int32(worldRank), &channel), "MPI_Comm_split")
        var (rank, size): (Int32, Int32) = (0, 1)
        try checkMPI(cmpi_channel_place(&channel, &rank, &size), "MPI_Comm_rank")
        self.channel = channel
        (self.rank, self.size) = (Int(rank), Int(size))
    }

    func startAllToAll(
        _ send: UnsafeRawPointer, into receive: UnsafeMutableRawPointer, plan: AllToAllPlan
    ) throws -> Request {
        precondition(plan.sendCounts.count == size, "a plan for \(plan.sendCounts.count) ranks in a channel of \(size)")
        precondition(send != UnsafeRawPointer(receive), "an exchange in place")
        precondition(!plan.operation.isPending, "this plan's last exchange is still under way")
        let status = withUnsafePointer(to: channel) {
            cmpi_start_all_to_all(
                $0, plan.format.byteCount, send, plan.sendCounts32, plan.sendOffsets32, receive, plan.receiveCounts32,
                plan.receiveOffsets32, plan.operation.handle)
        }
        try checkMPI(status, "MPI_Ialltoallv")
        plan.operation.isPending = true
        return plan.request
    }

    func startAllGather(inPlace values: UnsafeMutablePointer<Float>, plan: AllGatherPlan) throws -> Request {
        precondition(plan.counts.count == size, "a plan for \(plan.counts.count) ranks in a channel of \(size)")
        precondition(!plan.operation.isPending, "this plan's last all-gather is still under way")
        let (counts, offsets) = plan.scaled(to: 1)
        let status = withUnsafePointer(to: channel) {
            cmpi_start_all_gather_floats_in_place($0, values, counts, offsets, plan.operation.handle)
        }
        try checkMPI(status, "MPI_Iallgatherv")
        plan.operation.isPending = true
        return plan.request
    }

    func allGather(inPlace values: UnsafeMutablePointer<Double>, plan: AllGatherPlan, blockLength: Int) throws {
        precondition(plan.counts.count == size, "a plan for \(plan.counts.count) ranks in a channel of \(size)")
        let (counts, offsets) = plan.scaled(to: blockLength)
        let status = withUnsafePointer(to: channel) {
            cmpi_all_gather_doubles_in_place($0, values, counts, offsets)
        }
        try checkMPI(status, "MPI_Allgatherv")
    }
}
