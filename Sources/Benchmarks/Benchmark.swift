import CKernels
import Communication
import Engine
import Lanes
import Logging
import Models
import Settings

/// What `bench` is to measure.
public struct BenchmarkConfiguration: Sendable {
    /// The networks to train, in this order.
    public var models: [BenchmarkedNetwork] = []
    /// Stamps of one step over all ranks together.
    public var batchSize = 256
    /// The most samples of a microbatch; nil for a size chosen from the network.
    public var microbatch: Int?
    /// Lanes of a rank; nil for one on each processor that the rank may use.
    public var threads: Int?
    /// About how long each network is trained, in seconds.
    public var seconds = 3.0
    /// Whether to report where the time goes, layer by layer.
    public var layers = false
    /// Whether to measure single layers of many shapes, before the networks.
    public var shapes = false
    /// Whether to predict the speed of more ranks.
    public var scaling = false
    /// The link between nodes to assume; nil for the one that is measured.
    public var link: LinkSpeed?
    /// Whose products networks compute with; nil for a choice by size.
    public var bits: Bits?
    /// How gradients are summed.
    public var gradients = GradientFormat.float32
    /// As in `ExecutionSettings`.
    public var ranksPerNode: Int?
    /// A run whose data are loaded to see how long that takes; nil for none.
    public var loading: TrainingSettings?

    public init() {}
}

/// The speed of this machine and of each network on it: `swift-run-trainer bench`. Stamps are made in memory; no file is
/// read (but those whose loading is to be timed) or written.
public struct Benchmark {
    /// The most samples of a microbatch that is chosen from the network.
    private static let largestMicrobatch = 64

    private let configuration: BenchmarkConfiguration
    private let group: any ProcessGroup
    private let logger: Logger

    public init(_ configuration: BenchmarkConfiguration, group: any ProcessGroup, logger: Logger) {
        self.configuration = configuration
        self.group = group
        self.logger = logger
    }

    /// Measures one network after another. Collective.
    ///
    /// - Returns: the report on rank 0, nil elsewhere.
    public func run() throws -> BenchmarkReport? {
        let team = try LaneTeam.forRank(threads: configuration.threads, group: group, logger: logger)
        defer { team.finish() }
        let kernelType = try ProcessorKernels.agreed(in: group, logger)
        // By itself, each rank trains batches of a few microbatches for each lane.
        let own = configuration.scaling ? 4 * team.count * (configuration.microbatch ?? Self.largestMicrobatch) : 0
        let fewest = max(configuration.batchSize, own)
        // Others on the machine may slow down any of these measurements: the best one is the peak.
        var peak = try PeakRate.measure(team: team, group: group)
        let single = try configuration.shapes ? measureShapes(team: team, peak: &peak) : nil
        var stamps: BenchmarkStamps?
        var measured: [(result: NetworkMeasurement, scaling: ScalingReport?)] = []
        for model in configuration.models {
            let network = try Network(model.description).computing(configuration.bits)
            try ProcessorKernels.check([network], in: group)
            if stamps.map({ !$0.suits(network, atLeast: fewest) }) ?? true {
                stamps = nil
                stamps = try group.agree { try BenchmarkStamps(for: network, atLeast: fewest) }
            }
            ResidentMemory.resetPeak()
            let benchmark = try NetworkBenchmark(
                model, network, configuration, stamps: stamps!.reader, team: team, group: group)
            defer { benchmark.finish() }
            let result = try benchmark.run()
            var forecast: ScalingReport?
            if configuration.scaling {
                benchmark.finish()
                let scaling = ScalingBenchmark(
                    model: model, configuration: configuration, stamps: stamps!.reader, team: team, group: group)
                forecast = try scaling.run(
                    network, microbatch: benchmark.plan.largestMicrobatch,
                    measured: result.map { ($0.bestSamplesPerSecond, $0.messageShare) })
            }
            if let result { measured.append((result, forecast)) }
            peak = max(peak, try PeakRate.measure(team: team, group: group))
        }
        let loading = try configuration.loading.map {
            try LoadingBenchmark.measure($0, seconds: configuration.seconds, group: group, logger: logger)
        }
        guard group.rank == 0 else { return nil }
        return BenchmarkReport(
            ranks: group.size, threads: team.count, cpuKernelType: kernelType, peakGflops: peak * 1e-9,
            shapes: single?.shapes, streams: single?.streams,
            networks: measured.map { $0.result.report(peak: peak, scaling: $0.scaling) }, loading: loading)
    }

    /// Single layers, by the first lane of the first rank alone. Collective.
    ///
    /// - Parameter peak: of all lanes of all ranks; raised where it was measured too low.
    private func measureShapes(
        team: LaneTeam, peak: inout Double
    ) throws -> (shapes: [ShapeReport], streams: [StreamReport]) {
        let lanes = try Double(group.allGather([UInt8](repeating: 0, count: team.count)).reduce(0) { $0 + $1.count })
        var (shapes, streams): ([ShapeReport], [StreamReport]) = ([], [])
        if group.rank == 0 {
            // 20 ms for each pass where a network has 3 s.
            let patience = Int(configuration.seconds / 150 * 1e9)
            shapes = LayerShape.table.map { [peak] in
                ShapeBenchmark.report($0, patience: patience, peak: peak / lanes)
            }
            streams = StreamBenchmark.reports(patience: patience)
        }
        try group.barrier()
        peak = max(peak, try PeakRate.measure(team: team, group: group))
        return (shapes, streams)
    }
}
