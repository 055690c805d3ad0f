import Files

/// The speed of one layer that memory limits, by itself on one lane: of `bench --shapes`.
public struct StreamReport: Encodable, Sendable {
    /// What the layer does: `batch normalisation`, `max pooling 2×2/2`.
    public var layer: String
    /// Height, width and channels of its inputs.
    public var input: [Int]
    /// Samples of a pass.
    public var samples: Int
    /// Bytes of all inputs and outputs of a pass: whether they come from a cache.
    public var bytes: Int
    /// What a loop reaches that reads and writes as many bytes, in 10⁹ bytes a second.
    public var bandwidth: Double
    public var forward: Rate
    public var backward: Rate

    /// How fast one pass is.
    public struct Rate: Encodable, Sendable {
        /// Of values that it must read and write, in 10⁹ bytes a second.
        public var gigabytesPerSecond: Double
        /// `gigabytesPerSecond` as a share of `bandwidth`; above 1 where it reads more than it writes.
        public var bandwidthShare: Double

        enum CodingKeys: String, CodingKey {
            case gigabytesPerSecond = "gigabytes_per_second"
            case bandwidthShare = "bandwidth_share"
        }
    }
}

extension [StreamReport] {
    /// The table for people.
    var table: String {
        var table = TextTable(
            ["layer", "input", "samples", "MiB", "GB/s of a loop"]
                + ["forward", "backward"].flatMap { [$0, "of that"] })
        for report in self {
            let input = report.input.map(String.init).joined(separator: "×")
            table.append(
                [
                    report.layer, input, "\(report.samples)",
                    FormattedNumber.fixed(Double(report.bytes) / Double(1 << 20), 2),
                    FormattedNumber.fixed(report.bandwidth, 1),
                ]
                    + [report.forward, report.backward].flatMap {
                        [FormattedNumber.fixed($0.gigabytesPerSecond, 1), percent($0.bandwidthShare)]
                    })
        }
        return table.text
    }
}
