import CKernels
import Communication
import Engine
import Lanes
import Logging
import Models
import Settings
import StampData
import StampSimulation

/// What `bench` is to measure.
public struct BenchmarkConfiguration: Sendable {
    /// The networks to train, in this order.
    public var models = StandardNetwork.notebook
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
    /// Whether to predict the speed of more ranks.
    public var scaling = false
    /// The link between nodes to assume; nil for the one that is measured.
    public var link: LinkSpeed?
    /// How gradients are summed.
    public var gradients = GradientFormat.float32
    /// As in `ExecutionSettings`.
    public var ranksPerNode: Int?
    /// A run whose data are loaded to see how long that takes; nil for none.
    public var loading: TrainingSettings?

    public init() {}
}

/// The speed of this machine and of each network on it: `swift-run-trainer bench`. Stamps are simulated in memory; no
/// file is read (but those whose loading is to be timed) or written.
public struct Benchmark {
    /// Fewer stamps would all fit into a cache.
    private static let fewestStamps = 4096
    /// The most samples of a microbatch that is chosen from the network.
    private static let largestMicrobatch = 64
    /// Height and width of the stamps, in pixels.
    private static let side = 21

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
        let kernelType = try ProcessorKernels.agreed(in: group)
        // By itself, each rank trains batches of a few microbatches for each lane.
        let own = configuration.scaling ? 4 * team.count * (configuration.microbatch ?? Self.largestMicrobatch) : 0
        let perClass = (max(Self.fewestStamps, configuration.batchSize, own) + 1) / 2
        let stamps = try group.agree {
            try StampCollection(
                simulated: perClass, by: StampSimulator(seed: 0, height: Self.side, width: Self.side),
                threads: team.count)
        }
        let peak = try PeakRate.measure(team: team, group: group)
        var networks: [NetworkReport] = []
        for model in configuration.models {
            ResidentMemory.resetPeak()
            let benchmark = try NetworkBenchmark(model, configuration, stamps: stamps, team: team, group: group)
            defer { benchmark.finish() }
            var report = try benchmark.run(peak: peak)
            if configuration.scaling {
                benchmark.finish()
                let scaling = ScalingBenchmark(
                    model: model, configuration: configuration, stamps: stamps, team: team, group: group)
                let measured = report.map { ($0.training.bestSamplesPerSecond, $0.shares.messages) }
                let forecast = try scaling.run(
                    benchmark.network, microbatch: benchmark.plan.largestMicrobatch, measured: measured)
                report?.scaling = forecast
            }
            if let report { networks.append(report) }
        }
        let loading = try configuration.loading.map {
            try LoadingBenchmark.measure($0, seconds: configuration.seconds, group: group, logger: logger)
        }
        guard group.rank == 0 else { return nil }
        return BenchmarkReport(
            ranks: group.size, threads: team.count, cpuKernelType: kernelType, peakGflops: peak * 1e-9,
            networks: networks, loading: loading)
    }
}
