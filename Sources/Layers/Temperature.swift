#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Temperature scaling: one number that makes a trained network's probabilities mean what they say.
public enum Temperature {
    /// The least and the greatest temperature that is looked for.
    public static let range = 0.02...50.0

    /// The T at which softmax(z / T), or σ(z / T), has the least cross-entropy with the labels.
    ///
    /// The cross-entropy is convex in 1 / T, whose derivative Σ (E_p[z] − E_t[z]) is taken to zero by bisection.
    /// Targets t are (n₁ + 1)/(n₁ + 2) for sources and 1/(n₀ + 2) for noise instead of 1 and 0, without which a
    /// validation set with no mistake would ask for a temperature of 0. Sources: C. Guo et al., *On calibration of
    /// modern neural networks*, ICML 2017; for the targets J. Platt, *Probabilistic outputs for support vector
    /// machines*, 1999.
    ///
    /// - Parameters:
    ///   - logits: (samples, outputs), with 2 outputs for softmax or 1 for sigmoid; finite.
    ///   - labels: 0 or 1 for each sample.
    public static func fitted(_ loss: Loss, logits: [Float], outputs: Int, labels: [Int]) -> Double {
        precondition(logits.count == labels.count * outputs, "\(logits.count) logits of \(labels.count) samples")
        let differences = labels.indices.map { sample in
            switch loss {
            case .sigmoidCrossEntropy: Double(logits[sample])
            case .softmaxCrossEntropy: Double(logits[2 * sample + 1]) - Double(logits[2 * sample])
            }
        }
        let sources = Double(labels.count { $0 == 1 }), noise = Double(labels.count) - sources
        let targets = labels.map { $0 == 1 ? (sources + 1) / (sources + 2) : 1 / (noise + 2) }
        // Of two classes only the difference of the logits matters: p = σ(β (z₁ − z₀)).
        func slope(_ inverse: Double) -> Double {
            zip(differences, targets).reduce(0) { sum, sample in
                sum + sample.0 * (1 / (1 + exp(-inverse * sample.0)) - sample.1)
            }
        }
        var (low, high) = (log(1 / range.upperBound), log(1 / range.lowerBound))
        for _ in 0..<60 {
            let middle = (low + high) / 2
            if slope(exp(middle)) < 0 { low = middle } else { high = middle }
        }
        return exp(-(low + high) / 2)
    }
}
