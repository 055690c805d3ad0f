/// Samples of similar probability: in (`lower`, `upper`], the first bin with 0.
public struct ReliabilityBin: Hashable, Sendable {
    public let lower: Double
    public let upper: Double
    public let samples: Int
    public let sources: Int
    /// NaN in an empty bin.
    public let meanProbability: Double
    /// NaN in an empty bin.
    public var shareOfSources: Double { Double(sources) / Double(samples) }

    /// Where `count` bins of equal width begin and end.
    public static func edges(_ count: Int) -> [Double] { (0...count).map { Double($0) / Double(count) } }

    /// The bin of a probability; what lies above the last edge is in the last bin.
    ///
    /// - Parameter edges: as ``edges(_:)`` gives them.
    public static func index(of probability: Double, _ edges: [Double]) -> Int {
        (edges.dropFirst().firstIndex { probability <= $0 } ?? edges.count - 1) - 1
    }

    /// Bins of equal width; those with samples equal `sklearn.calibration.calibration_curve`.
    public static func bins(_ samples: [ScoredSample], count: Int = 10) -> [ReliabilityBin] {
        var totals = [(samples: Int, sources: Int, probability: Double)](repeating: (0, 0, 0), count: count)
        let edges = edges(count)
        for sample in samples {
            let probability = Double(sample.score)
            let bin = index(of: probability, edges)
            totals[bin].samples += 1
            totals[bin].sources += sample.isSource ? 1 : 0
            totals[bin].probability += probability
        }
        return totals.enumerated().map { bin, total in
            ReliabilityBin(
                lower: edges[bin], upper: edges[bin + 1], samples: total.samples, sources: total.sources,
                meanProbability: total.probability / Double(total.samples))
        }
    }

    /// Σ nₖ/n |share of sources − mean probability| over the bins: the expected calibration error.
    ///
    /// Source: M. P. Naeini, G. F. Cooper, M. Hauskrecht, AAAI 2015.
    public static func expectedCalibrationError(_ bins: [ReliabilityBin]) -> Double {
        let all = bins.reduce(0) { $0 + $1.samples }
        return bins.filter { $0.samples > 0 }.reduce(0) {
            $0 + Double($1.samples) / Double(all) * abs($1.shareOfSources - $1.meanProbability)
        }
    }
}
