/// What `bench` measures. Its JSON keys are named as here, in snake case.
///
/// Rates are of all lanes of all ranks together. Floating-point operations are those of `Network.operations`; the peak
/// is measured (`peak_rounds` in `peak.h`). Lane time is wall time times the number of lanes.
public struct BenchmarkReport: Encodable, Sendable {
    /// Processes that take part.
    public var ranks: Int
    /// Lanes of each rank.
    public var threads: Int
    /// As in `config.json`: which loops run.
    public var cpuKernelType: String
    /// What all lanes together can compute, in 10⁹ floating-point operations a second.
    public var peakGflops: Double
    /// Single layers of many shapes; absent unless asked for.
    public var shapes: [ShapeReport]?
    /// Single layers that memory limits; absent unless asked for.
    public var streams: [StreamReport]?
    /// One report a network, in the order asked for.
    public var networks: [NetworkReport]
    /// How fast given files are loaded; absent unless asked for.
    public var loading: LoadingReport?

    enum CodingKeys: String, CodingKey {
        case ranks, threads, shapes, streams, networks, loading
        case cpuKernelType = "cpu_kernel_type"
        case peakGflops = "peak_gflops"
    }
}

/// How fast training data are opened, split, inspected and normalised, before the first step.
public struct LoadingReport: Encodable, Sendable {
    /// Stamps of both classes.
    public var stamps: Int
    /// Stamps a second: the median of several rounds.
    public var stampsPerSecond: Double
    /// Stamps a second in the fastest round.
    public var bestStampsPerSecond: Double

    enum CodingKeys: String, CodingKey {
        case stamps
        case stampsPerSecond = "stamps_per_second"
        case bestStampsPerSecond = "best_stamps_per_second"
    }
}

/// The speed of one network.
public struct NetworkReport: Encodable, Sendable {
    /// As `--models` names it.
    public var model: String
    /// All values that the network has, trained or not, as `summary` counts them.
    public var parameters: Int
    /// Those that are trained.
    public var trainableParameters: Int
    /// Samples of one step over all ranks together.
    public var batchSize: Int
    /// The most samples of a microbatch.
    public var microbatch: Int
    /// How many steps were timed.
    public var steps: Int
    /// How many further steps were profiled, part by part.
    public var profiledSteps: Int
    /// Whole training steps: both passes, sums, update.
    public var training: Rate
    /// The forward pass alone, with moving statistics.
    public var inference: Rate
    /// The most memory that a rank held while the network was trained, stamps and program included, in bytes.
    public var peakResidentBytes: Int
    /// How the lanes spent a step. The rest to 1 is overhead between these.
    public var shares: Shares
    /// The share of the time with messages under way in which lane 0 computed; absent without messages.
    public var communicationHidden: Double?
    /// The all-reduce of this network's gradient by itself; absent in a single process, which has nothing to exchange.
    public var allReduce: AllReduceReport?
    /// What more ranks would give; absent unless asked for.
    public var scaling: ScalingReport?
    /// Time by layer, in the network's order; absent unless asked for.
    public var layers: [PartReport]?
    /// Time by kind of layer, the one that loses most first; absent unless asked for.
    public var layerKinds: [PartReport]?
    /// Time of everything that is not a layer; absent unless asked for.
    public var otherActivities: [PartReport]?

    enum CodingKeys: String, CodingKey {
        case model, parameters, microbatch, steps, training, inference, shares, layers, scaling
        case trainableParameters = "trainable_parameters"
        case batchSize = "batch_size"
        case profiledSteps = "profiled_steps"
        case peakResidentBytes = "peak_resident_bytes"
        case communicationHidden = "communication_hidden"
        case allReduce = "all_reduce"
        case layerKinds = "layer_kinds"
        case otherActivities = "other_activities"
    }

    /// Throughput.
    public struct Rate: Encodable, Sendable {
        /// The median of several rounds.
        public var samplesPerSecond: Double
        /// The best of them: on a shared machine the one that others disturbed least.
        public var bestSamplesPerSecond: Double
        /// The operations for one sample.
        public var flopPerSample: Int
        /// `samplesPerSecond` · `flopPerSample`, in 10⁹ operations a second.
        public var gflops: Double
        /// `gflops` as a share of the measured peak, 0 to 1.
        public var peakShare: Double

        /// - Parameter rounds: samples a second of each round.
        init(rounds: [Double], flopPerSample: Int, peak: Double) {
            samplesPerSecond = rounds.sorted()[rounds.count / 2]
            bestSamplesPerSecond = rounds.max()!
            self.flopPerSample = flopPerSample
            gflops = samplesPerSecond * Double(flopPerSample) * 1e-9
            peakShare = gflops * 1e9 / peak
        }

        enum CodingKeys: String, CodingKey {
            case gflops
            case samplesPerSecond = "samples_per_second"
            case bestSamplesPerSecond = "best_samples_per_second"
            case flopPerSample = "flop_per_sample"
            case peakShare = "peak_share"
        }
    }

    /// Shares of lane time.
    public struct Shares: Encodable, Sendable {
        /// Lanes that work.
        public var computing: Double
        /// Lanes that wait for others of their rank.
        public var waiting: Double
        /// Lane 0 within calls of MPI; the other lanes wait meanwhile.
        public var messages: Double
    }
}

/// The all-reduce of one vector among the ranks: a reduce-scatter and an all-gather.
public struct AllReduceReport: Encodable, Sendable {
    /// Of one all-reduce, the median of several rounds.
    public var seconds: Double
    /// In the fastest round; not in the JSON.
    var bestSeconds: Double
    /// What one rank sends.
    public var bytes: Int
    /// `bytes` / `seconds`, in 10⁹ bytes a second.
    public var gigabytesPerSecond: Double

    enum CodingKeys: String, CodingKey {
        case seconds, bytes
        case gigabytesPerSecond = "gigabytes_per_second"
    }
}

/// The time of a part of the training step: a layer, a kind of layers or something else.
public struct PartReport: Encodable, Sendable {
    /// The layer's name, its kind's, or what else is done.
    public var name: String
    /// The Keras class of a layer, else empty.
    public var kind: String
    /// Lane time for one sample on the way forward.
    public var forwardNanoseconds: Double
    /// The same on the way backward.
    public var backwardNanoseconds: Double
    /// Share of all lane time.
    public var share: Double
    /// Floating-point operations for one sample, both passes.
    public var flopPerSample: Int
    /// How fast a lane computes them.
    public var gflops: Double
    /// The same in its fastest passes, which others on the machine disturbed least.
    public var bestGflops: Double
    /// Share of a lane's peak.
    public var peakShare: Double
    /// Share of all lane time that would be gained at the peak: the gap to the roofline.
    public var lostShare: Double

    enum CodingKeys: String, CodingKey {
        case name, kind, share, gflops
        case forwardNanoseconds = "forward_nanoseconds"
        case backwardNanoseconds = "backward_nanoseconds"
        case flopPerSample = "flop_per_sample"
        case bestGflops = "best_gflops"
        case peakShare = "peak_share"
        case lostShare = "lost_share"
    }
}
