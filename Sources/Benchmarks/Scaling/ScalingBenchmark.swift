import Communication
import Engine
import Lanes
import Models
import StampData

/// Measures the inputs of the scaling model for one network, and predicts the speed of more ranks.
struct ScalingBenchmark {
    /// The largest number of ranks that is considered.
    private static let mostRanks = 4096

    let model: BenchmarkedNetwork
    let configuration: BenchmarkConfiguration
    let stamps: StampReader
    let team: LaneTeam
    let group: any ProcessGroup

    /// Collective.
    ///
    /// - Parameters:
    ///   - network: the network as it was trained by all ranks.
    ///   - microbatch: samples of a microbatch.
    ///   - measured: samples a second of all ranks at best, and the share of lane 0's time that went into messages; nil
    ///     on other ranks than 0.
    /// - Returns: the report on rank 0, nil elsewhere.
    func run(
        _ network: Network, microbatch: Int, measured: (samplesPerSecond: Double, communication: Double)?
    ) throws -> ScalingReport? {
        let hosts = try group.allGather(text: group.hostName)
        let ranksPerNode = configuration.ranksPerNode ?? RankLevels.ranksPerNode(hosts)
        let levels = try RankLevels(group, ranksPerNode: ranksPerNode)
        let microbatches = (configuration.batchSize + microbatch - 1) / microbatch
        let share = (microbatches + group.size - 1) / group.size
        let compute = try measureCompute(network, perLane: (share + team.count - 1) / team.count, microbatch)
        let plans = network.gradientBuckets(smallest: Network.smallestBucket(levels))
        let links = LinkBenchmark(
            levels: levels, bucketCount: network.trainableCount / plans.count,
            format: configuration.gradients, team: team, group: group,
            seconds: configuration.seconds / 6)
        let measuredLinks = try links.links(ranksPerNode: ranksPerNode)
        let overlap =
            network.segments == 1
            ? 0 : try links.overlap(interval: compute.perMicrobatch / Double(2 * network.segments))
        guard let measured else { return nil }
        let model = ScalingModel(
            lanes: team.count, ranksPerNode: ranksPerNode, compute: compute,
            buckets: { sizes in
                network.gradientBuckets(smallest: Network.smallestBucket(sizes)).map { ($0.range.count, $0.segment) }
            },
            sums: network.synchronizationPoints.map { $0.reduce(0) { $0 + $1.layer.sumCount } },
            format: configuration.gradients,
            node: measuredLinks.node, network: configuration.link.map(\.model) ?? measuredLinks.network,
            overlap: overlap)
        return report(
            model, measured, microbatch: microbatch, hasOverlap: network.segments > 1 && group.size > 1,
            ownNetwork: measuredLinks.network)
    }

    private func report(
        _ model: ScalingModel, _ measured: (samplesPerSecond: Double, communication: Double), microbatch: Int,
        hasOverlap: Bool, ownNetwork: ScalingModel.Link?
    ) -> ScalingReport {
        let batch = configuration.batchSize
        // This job's link, whatever link was given for others.
        var here = model
        here.network = ownNetwork
        let step = here.step(ranks: group.size, microbatches: (batch + microbatch - 1) / microbatch)!
        let part = max(1, batch / group.size)
        let ranks = sequence(first: 1) { $0 < Self.mostRanks ? $0 * 2 : nil }
        return ScalingReport(
            ranksPerNode: model.ranksPerNode, secondsPerStep: model.compute.base,
            secondsPerMicrobatch: model.compute.perMicrobatch, node: model.node.map { .init($0) },
            network: model.network.map { .init($0) }, overlap: hasOverlap ? model.overlap : nil,
            check: ScalingReport.Check(
                predictedSamplesPerSecond: Double(batch) / step.seconds,
                measuredSamplesPerSecond: measured.samplesPerSecond,
                predictedCommunication: (step.sums + step.exposed) / step.seconds,
                measuredCommunication: measured.communication),
            forecasts: ranks.compactMap {
                model.forecast(ranks: $0, batchSize: batch, partSize: part, microbatch: microbatch)
            })
    }

    // MARK: Computing

    /// The computation of a rank, measured while all ranks compute at once, each by itself. Collective.
    ///
    /// - Parameter perLane: microbatches of a lane in a step of all ranks.
    private func measureCompute(
        _ network: Network, perLane: Int, _ microbatch: Int
    ) throws -> ScalingModel.Compute {
        let one = try alone(network, 1, microbatch)
        let count = max(2, perLane)
        let several = try alone(network, count, microbatch)
        let perMicrobatch = max(0, several.seconds - one.seconds) / Double(count - 1)
        let (forward, backward) = (several.totals.forward, several.totals.backward)
        let all = Double(max(1, forward.reduce(0, +) + backward.reduce(0, +)))
        let readiness = (0..<network.segments).map { segment in
            let behind = network.nodes.indices.filter { network.nodes[$0].segment >= segment }
            return Double(forward.reduce(0, +) + behind.reduce(0) { $0 + backward[$1] }) / all
        }
        // Lane time of all recorded steps.
        let update = several.totals.share(several.totals[.update]) * several.seconds
        return ScalingModel.Compute(
            base: max(0, one.seconds - perMicrobatch), update: update, perMicrobatch: perMicrobatch,
            readiness: readiness)
    }

    /// Steps of `count` microbatches for each lane, without other ranks.
    private func alone(
        _ network: Network, _ count: Int, _ microbatch: Int
    ) throws -> (seconds: Double, totals: TimelineTotals) {
        var configuration = configuration
        configuration.batchSize = count * team.count * microbatch
        configuration.microbatch = microbatch
        let benchmark = try NetworkBenchmark(
            model, network, configuration, stamps: stamps, team: team, group: SingleProcess())
        defer { benchmark.finish() }
        try group.barrier()
        let (seconds, totals) = try benchmark.trainingAlone()
        return (Double(try group.maximum(of: Int(seconds * 1e9))) * 1e-9, totals)
    }
}
