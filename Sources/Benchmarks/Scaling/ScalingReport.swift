/// What `bench --scaling` measures and predicts for one network. JSON keys in snake case; times are in seconds.
public struct ScalingReport: Encodable, Sendable {
    /// How long messages take within a node or between nodes.
    public struct Link: Encodable, Sendable {
        /// α: of each message.
        public var latency: Double
        /// 1/β: bytes that a rank sends a second while all ranks of its node send.
        public var bytesPerSecond: Double

        enum CodingKeys: String, CodingKey {
            case latency
            case bytesPerSecond = "bytes_per_second"
        }
    }

    /// What the model predicts for the job that measured its inputs, next to what was measured.
    public struct Check: Encodable, Sendable {
        public var predictedSamplesPerSecond: Double
        /// In the fastest round.
        public var measuredSamplesPerSecond: Double
        /// The share of the step that is spent on messages that nothing hides.
        public var predictedCommunication: Double
        public var measuredCommunication: Double

        /// How far the forecast is off, as a share of what was measured.
        public var error: Double { predictedSamplesPerSecond / measuredSamplesPerSecond - 1 }

        enum CodingKeys: String, CodingKey {
            case predictedSamplesPerSecond = "foretold_samples_per_second"
            case measuredSamplesPerSecond = "measured_samples_per_second"
            case predictedCommunication = "foretold_communication"
            case measuredCommunication = "measured_communication"
        }
    }

    /// Ranks that share a node.
    public var ranksPerNode: Int
    /// How a rank's lanes spend a step: whatever the number of microbatches, and for each microbatch of a lane.
    public var secondsPerStep: Double
    public var secondsPerMicrobatch: Double
    /// Absent with one rank on each node.
    public var node: Link?
    /// Absent with one node, unless a link was given.
    public var network: Link?
    /// The share of messages that simultaneous computation hides; absent if nothing can be hidden.
    public var overlap: Double?
    public var check: Check
    public var forecasts: [ScalingForecast]

    enum CodingKeys: String, CodingKey {
        case node, network, overlap, check, forecasts
        case ranksPerNode = "ranks_per_node"
        case secondsPerStep = "seconds_per_step"
        case secondsPerMicrobatch = "seconds_per_microbatch"
    }
}

extension ScalingReport.Link {
    init(_ link: ScalingModel.Link) {
        latency = link.latency
        bytesPerSecond = link.secondsPerByte > 0 ? 1 / link.secondsPerByte : .greatestFiniteMagnitude
    }
}
