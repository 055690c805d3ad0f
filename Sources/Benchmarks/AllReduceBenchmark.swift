import Communication
import Lanes
import Tensors

/// Times the all-reduce of a network's gradient by itself.
struct AllReduceBenchmark {
    let parameterCount: Int
    let team: LaneTeam
    let levels: RankLevels
    let format: GradientFormat
    let group: any ProcessGroup

    /// The report, the same on all ranks; nil in a single process. Collective.
    /// - Parameter seconds: about how long to measure.
    func run(seconds: Double) throws -> AllReduceReport? {
        guard levels.size > 1 else { return nil }
        let reduced = ReducedBuffer(parameterCount: parameterCount, levels: levels, format: format)
        let times = try TimedRounds.measure(seconds: seconds, group: group) { repetitions in
            try TimedRounds.time(group: group) {
                try team.run { lane in
                    for _ in 0..<repetitions where !team.hasFailed { reduced.reduce(lane, team: team) }
                }
            } / Double(repetitions)
        }.times
        let median = times.sorted()[times.count / 2]
        return AllReduceReport(
            seconds: median, bestSeconds: times.min()!, bytes: reduced.sentBytes,
            gigabytesPerSecond: Double(reduced.sentBytes) / median * 1e-9)
    }
}

/// A gradient of zeros, one microbatch for each rank, to be summed over ranks any number of times.
final class ReducedBuffer: Sendable {
    private let gradient, parameters: FloatBuffer
    private let reduction: GradientReduction
    private var bucket: GradientBucket { reduction.buckets[0] }

    init(parameterCount: Int, levels: RankLevels, format: GradientFormat) {
        gradient = FloatBuffer(count: parameterCount)
        parameters = FloatBuffer(count: parameterCount)
        reduction = GradientReduction(
            levels: levels, tree: CanonicalTree(count: levels.size),
            rankRuns: (0..<levels.size).balancedRuns(over: levels.size), buckets: [0..<parameterCount],
            parts: [.init(node: CanonicalTree.Node(level: 0, index: levels.rank), buffer: gradient.pointer)],
            format: format)
    }

    /// Bytes that this rank sends.
    var sentBytes: Int {
        (0..<bucket.levels).reduce(0) { $0 + bucket.exchangeBytes($1) + bucket.gatherBytes($1) }
    }

    /// One all-reduce. Called on every lane.
    ///
    /// - Parameter compute: what lane 0 does, again and again, while messages are under way, until it returns false;
    ///   nil to wait.
    func reduce(_ lane: Int, team: LaneTeam, while compute: (() -> Bool)? = nil) {
        let (bucket, parameters) = (bucket, parameters)
        func receive(_ isThere: () throws -> Bool, _ finish: () throws -> Void) throws {
            if let compute { while try !isThere(), compute() {} }
            try finish()
        }
        func combine(after level: Int) {
            let range = bucket.range(after: level)
            bucket.combine(
                after: level, range.balancedRuns(over: team.count, multipleOf: GradientReduction.sliceUnit)[lane])
        }
        combine(after: 0)
        for level in 0..<bucket.levels {
            team.synchronize(lane) {
                try bucket.startExchange(level)
                try receive({ try bucket.isExchanged(level) }, { try bucket.finishExchange(level) })
            }
            if team.hasFailed { return }
            combine(after: level + 1)
        }
        team.synchronize(lane) {
            for level in (0..<bucket.levels).reversed() {
                try bucket.startGather(level, parameters.pointer)
                try receive({ try bucket.isGathered(level) }, { try bucket.finishGather(level) })
            }
        }
    }
}
