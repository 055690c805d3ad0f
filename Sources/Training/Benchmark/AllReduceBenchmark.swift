import Communication
import Tensors

/// Times the all-reduce of a network's gradient by itself.
struct AllReduceBenchmark {
    let parameterCount: Int
    let team: LaneTeam
    let group: any ProcessGroup

    /// The report, the same on all ranks; nil in a single process. Collective.
    /// - Parameter seconds: about how long to measure.
    func run(seconds: Double) throws -> AllReduceReport? {
        guard group.size > 1 else { return nil }
        let gradient = FloatBuffer(count: parameterCount)
        let parameters = FloatBuffer(count: parameterCount)
        let tree = CanonicalTree(count: group.size)
        let reduction = GradientReduction(
            group: group, tree: tree, rankRuns: (0..<group.size).balancedRuns(over: group.size),
            buckets: [0..<parameterCount],
            parts: [.init(node: CanonicalTree.Node(level: 0, index: group.rank), buffer: gradient.pointer)])
        let bucket = reduction.buckets[0]
        let shares = bucket.slice.balancedRuns(over: team.count, multipleOf: GradientReduction.sliceUnit)
        let round = { (repetitions: Int) in
            try TimedRounds.time(group: group) {
                try team.run { lane in
                    for _ in 0..<repetitions {
                        team.meet(lane) {
                            try bucket.startExchange()
                            try bucket.finishExchange()
                        }
                        if team.hasFailed { return }
                        bucket.combineRanks(shares[lane])
                        team.meet(lane) {
                            try bucket.startGather(parameters.pointer)
                            try bucket.finishGather()
                        }
                        if team.hasFailed { return }
                    }
                }
            } / Double(repetitions)
        }
        let times = try withExtendedLifetime((gradient, parameters)) {
            try TimedRounds.measure(seconds: seconds, group: group, round).times
        }
        // The reduce-scatter sends all but the own slice, the all-gather the own slice to all others.
        let sent = parameterCount - bucket.slice.count + bucket.slice.count * (group.size - 1)
        let bytes = sent * MemoryLayout<Float>.stride
        let median = times.sorted()[times.count / 2]
        return AllReduceReport(seconds: median, bytes: bytes, gigabytesPerSecond: Double(bytes) / median * 1e-9)
    }
}
