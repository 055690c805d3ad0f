import Faults

/// A group of one: every operation is a copy or nothing at all, and MPI is never called.
public final class SingleProcess: ProcessGroup {
    public let rank = 0
    public let size = 1
    public let hostName: String

    public init() {
        hostName = currentHostName()
    }

    public func barrier() {}

    public func broadcast(_ bytes: UnsafeMutableRawBufferPointer, from root: Int) {
        precondition(root == 0, "no rank \(root) in a group of one")
    }

    public func allGather(_ bytes: UnsafeRawBufferPointer) -> [[UInt8]] { [Array(bytes)] }

    public func gather(_ bytes: UnsafeRawBufferPointer) -> [[UInt8]]? { [Array(bytes)] }

    public var all: any Channel { self }

    public func openChannel(color: Int) -> any Channel { self }

    public func inParts<Value>(of ranks: Int, _ work: (any ProcessGroup) throws -> Value) rethrows -> Value {
        precondition(ranks == 1, "no parts of \(ranks) ranks in a group of one")
        return try work(self)
    }

    public func maximum(of value: Int) -> Int { value }

    public func limitWaits(to seconds: Int) {}

    public func finish() {}

    public func claimReport() -> Bool { true }

    public func abort(exitCode: Int32) -> Never { endProcess(exitCode: exitCode) }
}

extension SingleProcess: Channel {
    public func startAllToAll(
        _ send: UnsafeRawPointer, into receive: UnsafeMutableRawPointer, plan: AllToAllPlan
    ) -> Request {
        precondition(plan.sendCounts.count == 1, "a plan for \(plan.sendCounts.count) ranks in a group of one")
        precondition(plan.sendCounts == plan.receiveCounts, "what is sent is not what is received")
        let size = plan.format.byteCount
        (receive + plan.receiveOffsets[0] * size).copyMemory(
            from: send + plan.sendOffsets[0] * size, byteCount: plan.sendCounts[0] * size)
        return plan.request
    }

    public func startAllGather(inPlace values: UnsafeMutablePointer<Float>, plan: AllGatherPlan) -> Request {
        precondition(plan.counts.count == 1, "a plan for \(plan.counts.count) ranks in a group of one")
        return plan.request
    }

    public func allGather(inPlace values: UnsafeMutablePointer<Double>, plan: AllGatherPlan, blockLength: Int) {
        precondition(plan.counts.count == 1, "a plan for \(plan.counts.count) ranks in a group of one")
    }
}
