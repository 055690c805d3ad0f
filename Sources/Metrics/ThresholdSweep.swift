/// How labelled samples are classified at every threshold on their score.
///
/// Entry k counts the samples with a score of at least `thresholds[k]`; the thresholds are the distinct scores, the
/// highest first.
public struct ThresholdSweep: Hashable, Sendable {
    public let thresholds: [Float]
    /// Noise that counts as a source.
    public let falsePositives: [Int]
    /// Sources that count as such.
    public let truePositives: [Int]
    /// How many samples of each class there are.
    public let noise: Int
    public let sources: Int

    /// - Parameter samples: none with a score that is NaN.
    public init(_ samples: [ScoredSample]) {
        precondition(!samples.contains { $0.score.isNaN }, "scores that are no numbers have no order")
        let ranked = samples.sorted { $0.score > $1.score }
        var thresholds: [Float] = [], falsePositives: [Int] = [], truePositives: [Int] = []
        var counts = (noise: 0, sources: 0)
        for (index, sample) in ranked.enumerated() {
            if sample.isSource { counts.sources += 1 } else { counts.noise += 1 }
            guard index + 1 == ranked.count || ranked[index + 1].score != sample.score else { continue }
            thresholds.append(sample.score)
            falsePositives.append(counts.noise)
            truePositives.append(counts.sources)
        }
        self.thresholds = thresholds
        self.falsePositives = falsePositives
        self.truePositives = truePositives
        (noise, sources) = counts
    }

    /// The lowest score of a noise sample above which at most `count` noise samples lie, or −∞ if all of them may.
    public static func threshold(_ samples: [ScoredSample], falsePositives count: Int) -> Float {
        let noise = samples.filter { !$0.isSource }.map(\.score).sorted(by: >)
        return count < noise.count ? noise[count] : -.infinity
    }
}

extension ThresholdSweep {
    /// Σ (Rₙ − Rₙ₋₁) Pₙ over the thresholds, the highest first, with recall R and precision P: the area under the curve
    /// of these as steps. Nil without sources. Equals `sklearn.metrics.average_precision_score`.
    public var averagePrecision: Double? {
        guard sources > 0 else { return nil }
        var (area, before) = (0.0, 0.0)
        for (found, precision) in zip(truePositives, purities) {
            let recall = Double(found) / Double(sources)
            area += (recall - before) * precision
            before = recall
        }
        return area
    }

    /// The highest threshold above which at least the share `completeness` of the sources lies: the purest choice of
    /// those that are as complete. Nil without sources.
    public func threshold(completeness: Double) -> Float? {
        truePositives.firstIndex { sources > 0 && Double($0) / Double(sources) >= completeness }.map(below)
    }

    /// The lowest threshold above which the sources' share is at least `purity`: the most complete choice of those that
    /// are as pure; nil when there is none, as without sources.
    public func threshold(purity: Double) -> Float? {
        sources > 0 ? purities.lastIndex { $0 >= purity }.map(below) : nil
    }

    /// The greatest purity above any threshold, and that threshold; nil without sources.
    public var purest: (purity: Double, threshold: Float)? {
        let purities = purities
        guard sources > 0, let greatest = purities.max(), let index = purities.lastIndex(of: greatest) else {
            return nil
        }
        return (greatest, below(index))
    }

    /// The share of sources among the samples from each of the thresholds on.
    private var purities: [Double] {
        zip(truePositives, falsePositives).map { Double($0) / Double($0 + $1) }
    }

    /// A threshold between entry `index` and the next one: halfway, so that a sample similar to one of these is
    /// classified like it. Below the lowest score it is 0, as scores here are probabilities.
    private func below(_ index: Int) -> Float {
        let next = index + 1 < thresholds.count ? thresholds[index + 1] : 0
        let middle = next + (thresholds[index] - next) / 2
        return middle < thresholds[index] ? middle : next
    }
}
