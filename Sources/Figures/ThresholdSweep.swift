import RunRecords

/// What every threshold on a score makes of labelled samples.
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

    /// - Parameter samples: none with a score that is not a number.
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

    /// The score that at most `count` noise samples lie above: the lowest that is one of theirs, or −∞ for all of them.
    public static func threshold(_ samples: [ScoredSample], falsePositives count: Int) -> Float {
        let noise = samples.filter { !$0.isSource }.map(\.score).sorted(by: >)
        return count < noise.count ? noise[count] : -.infinity
    }
}

/// Fewer points for a long curve.
enum CurveThinning {
    /// The most points that a curve is drawn with: more than a picture has pixels across.
    static let mostPoints = 2000

    /// Which points of a curve to draw: all, or `most`, its ends among them: a quarter of them at its beginning, where a
    /// logarithmic axis shows every one, and the others evenly along the rest.
    static func indices(_ x: [Double], _ y: [Double], most: Int = mostPoints) -> [Int] {
        guard x.count > most else { return Array(x.indices) }
        let first = most / 4
        var lengths = [Double](repeating: 0, count: first)
        for index in first..<x.count {
            lengths.append(lengths[index - 1] + abs(x[index] - x[index - 1]) + abs(y[index] - y[index - 1]))
        }
        let step = lengths[x.count - 1] / Double(most - first)
        var chosen = Array(0..<first)
        var next = step
        for index in first..<x.count - 1 where lengths[index] >= next {
            chosen.append(index)
            next = max(next + step, lengths[index])
        }
        return chosen + [x.count - 1]
    }
}
