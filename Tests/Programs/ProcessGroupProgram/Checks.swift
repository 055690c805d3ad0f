import Communication
import Faults

/// A claim about this rank that turned out false.
struct FailedCheck: Error, CustomStringConvertible {
    let description: String
}

func check(_ condition: Bool, _ claim: String) throws {
    if !condition { throw FailedCheck(description: "not so: \(claim)") }
}

/// Every operation of the group, against what the ranks' numbers say that it must give. Values are small whole numbers.
func checkEveryOperation(_ group: any ProcessGroup) throws {
    let rank = group.rank
    let size = group.size
    try group.barrier()
    try check(!group.hostName.isEmpty, "the host has a name")

    for root in 0..<size {
        let bytes: [UInt8] = (0..<(100 + root)).map { UInt8($0) }
        try check(try group.broadcast(rank == root ? bytes : [], from: root) == bytes, "broadcast from \(root)")
    }
    let contribution = { (other: Int) in [UInt8](repeating: UInt8(other), count: 7 * other) }
    try check(try group.allGather(contribution(rank)) == (0..<size).map(contribution), "allGather of bytes")
    let gathered = try group.gather(contribution(rank))
    try check(gathered == (rank == 0 ? (0..<size).map(contribution) : nil), "gather of bytes")
    try check(try group.maximum(of: -5 - rank) == -5, "maximum")
    try check(try group.minimum(of: rank + 3) == 3, "minimum")
    try check(try group.minimum(of: rank == size - 1 ? Int.min : Int.max) == Int.min, "minimum of extremes")

    try checkSharedValues(group)
    try checkAllToAll(group)

    var floats = [Float](repeating: -1, count: size * (size + 1) / 2)
    let plan = AllGatherPlan(counts: (1...size).map { $0 })
    let start = plan.offsets[rank]
    for index in start..<(start + rank + 1) { floats[index] = Float(index) }
    try floats.withUnsafeMutableBufferPointer {
        try group.all.startAllGather(inPlace: $0.baseAddress!, plan: plan).wait()
    }
    try check(floats == floats.indices.map { Float($0) }, "startAllGather and wait")
    try checkStartedAllGathers(group)

    // The same plan, with blocks of three, then of one.
    for blockLength in [3, 1] {
        var doubles = [Double](repeating: -1, count: blockLength * floats.count)
        for index in (blockLength * start)..<(blockLength * (start + rank + 1)) { doubles[index] = Double(index) }
        try group.all.allGather(inPlace: &doubles, plan: plan, blockLength: blockLength)
        try check(doubles == doubles.indices.map { Double($0) }, "allGather of doubles")
    }
}

/// Values and faults of rank 0 on all ranks, whatever their texts hold.
private func checkSharedValues(_ group: any ProcessGroup) throws {
    let value = ["a\0b": [0.1 + 0.2, -.infinity]]
    try check(try group.shared { value } == value, "a shared value")
    let wrong = Fault(.badData, "stamps\0.npy", "is\0wrong", remedy: "mend it")
    do {
        _ = try group.shared { () throws -> Int in throw wrong }
        throw FailedCheck(description: "a fault of rank 0 is thrown on all ranks")
    } catch let agreed as AgreedFault {
        try check(agreed.fault == wrong, "the fault of rank 0 is the same on all ranks")
    }
    let numbers = (0...group.rank).map { Double($0) / 3 }
    let all = try group.gather(values: numbers)
    try check(
        all == (group.rank == 0 ? (0..<group.size).map { rank in (0...rank).map { Double($0) / 3 } } : nil),
        "gather of values")
    try check(
        try group.allGather(text: "rank \(group.rank)") == (0..<group.size).map { "rank \($0)" }, "allGather of texts")
}

/// Two under way at once. Ranks start them before or after a blocking operation and an all-to-all, as they like.
private func checkStartedAllGathers(_ group: any ProcessGroup) throws {
    let size = group.size
    let lists = [(1...size).map { 1000 * ($0 - 1) }, (1...size).map { size - $0 }]
    let plans = lists.map { AllGatherPlan(counts: $0) }
    let buffers = plans.map { plan in
        let buffer = UnsafeMutablePointer<Float>.allocate(capacity: plan.counts.reduce(1, +))
        for index in 0..<plan.counts[group.rank] {
            buffer[plan.offsets[group.rank] + index] = Float(plan.offsets[group.rank] + index)
        }
        return buffer
    }
    defer { for buffer in buffers { buffer.deallocate() } }
    func start() throws -> [Request] {
        try zip(buffers, plans).map { try group.all.startAllGather(inPlace: $0, plan: $1) }
    }
    var requests = group.rank.isMultiple(of: 2) ? try start() : []
    try checkAllToAll(group)
    if requests.isEmpty { requests = try start() }
    while !(try requests[1].test()) {}
    try requests[0].wait()
    for (buffer, plan) in zip(buffers, plans) {
        try check((0..<plan.counts.reduce(0, +)).allSatisfy { buffer[$0] == Float($0) }, "startAllGather")
    }
}

/// Rank s sends s + d + 1 floats to rank d, each of value 100·s + d.
private func checkAllToAll(_ group: any ProcessGroup) throws {
    let ranks = 0..<group.size
    let sendCounts = ranks.map { group.rank + $0 + 1 }
    let receiveCounts = ranks.map { $0 + group.rank + 1 }
    func offsets(_ counts: [Int]) -> [Int] { counts.indices.map { counts[..<$0].reduce(0, +) } }
    let plan = AllToAllPlan(
        sendCounts: sendCounts, sendOffsets: offsets(sendCounts), receiveCounts: receiveCounts,
        receiveOffsets: offsets(receiveCounts))
    let send = ranks.flatMap { [Float](repeating: Float(100 * group.rank + $0), count: sendCounts[$0]) }
    let expected = ranks.flatMap { [Float](repeating: Float(100 * $0 + group.rank), count: receiveCounts[$0]) }

    for isPolled in [true, false] {
        let buffer = UnsafeMutablePointer<Float>.allocate(capacity: expected.count)
        defer { buffer.deallocate() }
        try send.withUnsafeBufferPointer { sent in
            let request = try group.all.startAllToAll(sent.baseAddress!, into: buffer, plan: plan)
            if isPolled { while !(try request.test()) {} }
            try request.wait()
        }
        let values = Array(UnsafeBufferPointer(start: buffer, count: expected.count))
        try check(values == expected, "startAllToAll, \(isPolled ? "tested" : "waited for")")
    }
}

/// Messages that are longer than one MPI call may carry.
func checkLongMessages(_ group: any ProcessGroup) throws {
    let message = { (other: Int) in (0..<(1000 * (other + 1))).map { UInt8(truncatingIfNeeded: $0 &* 31 + other) } }
    let expected = (0..<group.size).map(message)
    try check(try group.allGather(message(group.rank)) == expected, "allGather in pieces")
    try check(try group.gather(message(group.rank)) == (group.rank == 0 ? expected : nil), "gather in pieces")
    try check(try group.broadcast(group.rank == 0 ? message(5) : [], from: 0) == message(5), "broadcast in pieces")
}
