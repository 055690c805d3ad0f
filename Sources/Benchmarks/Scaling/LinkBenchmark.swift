import CKernels
import Communication
import Lanes
import Tensors

/// Measures how long messages of the all-reduce take at each level of ranks, and how much of that computation hides.
///
/// The fastest of several rounds counts, as for all inputs of the scaling model: what others use of a shared machine is
/// not the job's.
struct LinkBenchmark {
    /// Floats in a practically empty message: a cache line.
    private static let leastFloats = GradientReduction.sliceUnit

    let levels: RankLevels
    /// Parameters of a bucket.
    let bucketCount: Int
    let format: GradientFormat
    let team: LaneTeam
    let group: any ProcessGroup
    /// About how long each measurement takes.
    let seconds: Double

    /// The time of a level's all-reduce: of practically empty messages, and of a bucket.
    private struct Times {
        let least: AllReduceReport
        let bucket: AllReduceReport
        let size: Int

        /// α from the empty messages, β from how much longer a bucket takes. An all-reduce is two rounds of messages.
        var link: ScalingModel.Link {
            let latency = least.bestSeconds / Double(2 * (size - 1))
            let bytes = Double(max(1, bucket.bytes - least.bytes))
            return ScalingModel.Link(
                latency: latency, secondsPerByte: max(0, bucket.bestSeconds - least.bestSeconds) / bytes)
        }
    }

    /// The links within a node and between nodes: of the largest levels of each kind; nil for a kind that does not
    /// exist. Collective; the same on all ranks.
    ///
    /// - Parameter ranksPerNode: neighbours that share a node.
    func links(ranksPerNode: Int) throws -> (node: ScalingModel.Link?, network: ScalingModel.Link?) {
        var links: (node: Times?, network: Times?) = (nil, nil)
        var stride = 1
        for level in levels.sizes.indices {
            let times = try times(of: levels.alone(level))
            if stride < ranksPerNode {
                if times.size > links.node?.size ?? 0 { links.node = times }
            } else if times.size > links.network?.size ?? 0 {
                links.network = times
            }
            stride *= levels.sizes[level]
        }
        return (links.node?.link, links.network?.link)
    }

    private func times(of level: RankLevels) throws -> Times {
        func measure(_ count: Int) throws -> AllReduceReport {
            try AllReduceBenchmark(parameterCount: count, team: team, levels: level, format: format, group: group)
                .run(seconds: seconds)!
        }
        return Times(
            least: try measure(Self.leastFloats * level.size), bucket: try measure(max(bucketCount, 1 << 12)),
            size: level.size)
    }

    /// The share of an all-reduce's time that is hidden when lanes compute meanwhile, 0 to 1: of the time that
    /// computation and messages would take one after the other, the part that is saved, over the shorter of the two.
    /// Collective.
    ///
    /// - Parameter interval: seconds of computation between two tests for messages that have arrived.
    func overlap(interval: Double) throws -> Double {
        guard group.size > 1 else { return 0 }
        let all = ReducedBuffer(parameterCount: bucketCount, levels: levels, format: format)
        let pieces = try piece(interval)
        let alone = try time { [team] lane in all.reduce(lane, team: team) }
        let count = max(1, Int(alone / pieces.seconds))
        let computing = try time { lane in
            if lane == 0 { for _ in 0..<count { _ = peak_rounds(pieces.rounds) } }
        }
        let both = try time { [team] lane in
            var left = count
            let compute = {
                if left > 0 { _ = peak_rounds(pieces.rounds) }
                left -= 1
                return left >= 0
            }
            all.reduce(lane, team: team, while: compute)
            while lane == 0, compute() {}
        }
        return min(1, max(0, (alone + computing - both) / min(alone, computing)))
    }

    /// As many rounds of computation as take about `interval` seconds, at least ten microseconds.
    private func piece(_ interval: Double) throws -> (rounds: Int, seconds: Double) {
        let trial = 1000
        let single = try time { lane in if lane == 0 { _ = peak_rounds(trial) } } / Double(trial)
        let rounds = max(1, Int(max(interval, 1e-5) / single))
        return (rounds, Double(rounds) * single)
    }

    /// The fastest of some repetitions on all lanes, in seconds, the same on all ranks.
    private func time(_ work: @escaping @Sendable (Int) -> Void) throws -> Double {
        try TimedRounds.measure(seconds: seconds, group: group) { repetitions in
            try TimedRounds.time(group: group) {
                try team.run { lane in for _ in 0..<repetitions { work(lane) } }
            } / Double(repetitions)
        }.times.min()!
    }
}
