import CKernels

/// Temperature scaling: one number that makes a trained network's probabilities mean what they say.
public enum Temperature {
    /// The least and the greatest temperature that is looked for.
    public static let range = 0.02...50.0

    /// The T at which softmax(z / T), or σ(z / T), has the least cross-entropy with the labels.
    ///
    /// The cross-entropy is convex in 1 / T, whose derivative Σ (E_p[z] − E_t[z]) is taken to zero by bisection.
    /// Targets t are (n₁ + 1)/(n₁ + 2) for sources and 1/(n₀ + 2) for noise instead of 1 and 0, without which a
    /// validation set with no mistake would ask for a temperature of 0. Of K classes a sample of class k, of which
    /// there are nₖ, has the target (nₖ + 1)/(nₖ + 2) for it, as against all others, which share the rest alike: for
    /// K = 2 the same. Sources: C. Guo et al., *On calibration of modern neural networks*, ICML 2017; for the targets
    /// J. Platt, *Probabilistic outputs for support vector machines*, 1999.
    ///
    /// - Parameters:
    ///   - logits: (samples, outputs), with K ≥ 2 outputs for softmax or 1 for sigmoid; finite.
    ///   - labels: from 0 to K − 1 for each sample, 0 or 1 for sigmoid.
    public static func fitted(_ loss: Loss, logits: [Float], outputs: Int, labels: [Int]) -> Double {
        precondition(logits.count == labels.count * outputs, "\(logits.count) logits of \(labels.count) samples")
        if outputs > 2 { return bisected(slope(logits: logits, classes: outputs, labels: labels)) }
        let differences = labels.indices.map { sample in
            switch loss {
            case .sigmoidCrossEntropy: Double(logits[sample])
            case .softmaxCrossEntropy: Double(logits[2 * sample + 1]) - Double(logits[2 * sample])
            }
        }
        let sources = Double(labels.count { $0 == 1 }), noise = Double(labels.count) - sources
        let targets = labels.map { $0 == 1 ? (sources + 1) / (sources + 2) : 1 / (noise + 2) }
        // Of two classes only the difference of the logits matters: p = σ(β (z₁ − z₀)).
        return bisected { inverse in
            zip(differences, targets).reduce(0) { sum, sample in
                sum + sample.0 * (1 / (1 + portable_exp(-inverse * sample.0)) - sample.1)
            }
        }
    }

    /// The derivative of the cross-entropy of more than two classes by 1 / T.
    private static func slope(logits: [Float], classes: Int, labels: [Int]) -> (Double) -> Double {
        var counts = [Double](repeating: 0, count: classes)
        for label in labels { counts[label] += 1 }
        // E_t[z] of each sample, with logits counted from the largest one: the mean differences are the same.
        let rows = labels.enumerated().map { sample, label in
            let row = logits[sample * classes..<(sample + 1) * classes].map(Double.init), largest = row.max()!
            let differences = row.map { $0 - largest }
            let own = differences[label], others = (differences.reduce(0, +) - own) / Double(classes - 1)
            let expected = ((counts[label] + 1) * own + others) / (counts[label] + 2)
            return (differences: differences, expected: expected)
        }
        return { inverse in
            rows.reduce(0) { sum, row in
                var (total, mean) = (0.0, 0.0)
                for difference in row.differences {
                    let share = portable_exp(inverse * difference)
                    total += share
                    mean += share * difference
                }
                return sum + mean / total - row.expected
            }
        }
    }

    /// T where a slope that rises with 1 / T is zero, or the end of the range that is nearest to it.
    private static func bisected(_ slope: (Double) -> Double) -> Double {
        var (low, high) = (portable_log(1 / range.upperBound), portable_log(1 / range.lowerBound))
        for _ in 0..<60 {
            let middle = (low + high) / 2
            if slope(portable_exp(middle)) < 0 { low = middle } else { high = middle }
        }
        return portable_exp(-(low + high) / 2)
    }
}
