import Communication
import Tensors

/// Times the all-reduce of a network's gradient by itself.
struct AllReduceBenchmark {
    let parameterCount: Int
    let team: LaneTeam
    let levels: RankLevels
    let group: any ProcessGroup

    /// The report, the same on all ranks; nil in a single process. Collective.
    /// - Parameter seconds: about how long to measure.
    func run(seconds: Double) throws -> AllReduceReport? {
        guard group.size > 1 else { return nil }
        let gradient = FloatBuffer(count: parameterCount)
        let parameters = FloatBuffer(count: parameterCount)
        let tree = CanonicalTree(count: group.size)
        let reduction = GradientReduction(
            levels: levels, tree: tree, rankRuns: (0..<group.size).balancedRuns(over: group.size),
            buckets: [0..<parameterCount],
            parts: [.init(node: CanonicalTree.Node(level: 0, index: group.rank), buffer: gradient.pointer)])
        let bucket = reduction.buckets[0]
        let shares = (0...bucket.levels).map { level in
            bucket.range(after: level).balancedRuns(over: team.count, multipleOf: GradientReduction.sliceUnit)
        }
        let round = { (repetitions: Int) in
            try TimedRounds.time(group: group) {
                try team.run { lane in
                    for _ in 0..<repetitions {
                        for level in 0..<bucket.levels {
                            team.meet(lane) {
                                try bucket.startExchange(level)
                                try bucket.finishExchange(level)
                            }
                            if team.hasFailed { return }
                            bucket.combine(after: level + 1, shares[level + 1][lane])
                        }
                        team.meet(lane) { try bucket.gather(parameters.pointer) }
                        if team.hasFailed { return }
                    }
                }
            } / Double(repetitions)
        }
        let times = try withExtendedLifetime((gradient, parameters)) {
            try TimedRounds.measure(seconds: seconds, group: group, round).times
        }
        let bytes = (0..<bucket.levels).reduce(0) { $0 + bucket.exchangeBytes($1) + bucket.gatherBytes($1) }
        let median = times.sorted()[times.count / 2]
        return AllReduceReport(seconds: median, bytes: bytes, gigabytesPerSecond: Double(bytes) / median * 1e-9)
    }
}
