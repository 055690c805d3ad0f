import Files

/// The speed of one layer by itself on one lane: of `bench --shapes`.
public struct ShapeReport: Encodable, Sendable {
    /// What the layer does: `conv 3×3/2 same`, `dense`.
    public var layer: String
    /// Height, width and channels of its input; of a dense layer, the number of inputs.
    public var input: [Int]
    /// Channels of its output.
    public var outputs: Int
    /// Samples of a pass.
    public var samples: Int
    public var forward: Rate
    /// ∂loss/∂input: what the backward pass takes beyond the weights' gradient.
    public var inputGradient: Rate
    /// ∂loss/∂weights, with the bias' gradient.
    public var weightGradient: Rate
    /// Whether arithmetic limits it, not memory: each output is a sum over channels, and there are at least 16 on both
    /// sides. Not in the JSON.
    var isBoundByArithmetic: Bool

    init(shape: LayerShape, samples: Int, forward: Rate, inputGradient: Rate, weightGradient: Rate) {
        (layer, input, outputs) = (shape.name, shape.input.extents, shape.layer.outputShape.channels)
        (self.samples, self.forward) = (samples, forward)
        (self.inputGradient, self.weightGradient) = (inputGradient, weightGradient)
        isBoundByArithmetic = shape.isDense && shape.fewestChannels >= 16
    }

    enum CodingKeys: String, CodingKey {
        case layer, input, outputs, samples, forward
        case inputGradient = "input_gradient"
        case weightGradient = "weight_gradient"
    }

    /// How fast one pass is.
    public struct Rate: Encodable, Sendable {
        /// Products with weights that the direct form would need, in 10⁹ operations a second.
        public var gflops: Double
        /// `gflops` as a share of a lane's measured peak; above 1 where less is multiplied.
        public var peakShare: Double

        enum CodingKeys: String, CodingKey {
            case gflops
            case peakShare = "peak_share"
        }
    }

    fileprivate var rates: [Rate] { [forward, inputGradient, weightGradient] }
}

extension [ShapeReport] {
    /// The table for people, with the least and the median share of the peak of each pass below.
    var table: String {
        let passes = ["forward", "input gradient", "weight gradient"]
        var table = TextTable(["layer", "input", "outputs", "samples"] + passes.flatMap { [$0, "of peak"] })
        for report in self {
            let input = report.input.map(String.init).joined(separator: "×")
            table.append(
                [report.layer, input, "\(report.outputs)", "\(report.samples)"]
                    + report.rates.flatMap { [FormattedNumber.fixed($0.gflops, 1), percent($0.peakShare)] })
        }
        let bound = filter(\.isBoundByArithmetic)
        let lines = passes.enumerated().map { number, pass in
            let shares = bound.map { $0.rates[number].peakShare }.sorted()
            guard let least = shares.first else { return "" }
            return "\(pass): least \(percent(least)), median \(percent(shares[shares.count / 2])) of the peak, "
                + "\(shares.count { $0 < 0.7 }) of \(shares.count) below 70 %"
        }
        return ([table.text, "", "Sums over at least 16 channels on both sides:"] + lines).joined(separator: "\n")
    }
}
