/// The receiver operating characteristic: how well a probability ranks sources above noise, whatever the threshold.
public enum ROCCurve {
    /// The area under the curve: the probability that a random source is ranked above a random noise stamp, ties
    /// counting one half.
    ///
    /// Computed as (R₁ − n₁(n₁ + 1)/2) / (n₀ n₁), R₁ the sum of the sources' ranks, where samples of equal probability
    /// share their mean rank (Mann–Whitney U). Equals `sklearn.metrics.roc_auc_score`.
    /// - Returns: nil when one class is missing or a score is not a number: the area is then not defined.
    public static func area(_ samples: [ScoredSample]) -> Double? {
        let sources = samples.count { $0.trueClass == 1 }
        let noise = samples.count - sources
        guard sources > 0, noise > 0, !samples.contains(where: { $0.score.isNaN }) else { return nil }
        let ranked = samples.sorted { $0.score < $1.score }
        var rankSum = 0.0
        var start = 0
        while start < ranked.count {
            let tied = ranked[start...].prefix { $0.score == ranked[start].score }
            // Ranks count from 1: start + 1 … tied.endIndex, all of them the mean.
            let meanRank = Double(start + 1 + tied.endIndex) / 2
            rankSum += meanRank * Double(tied.count { $0.trueClass == 1 })
            start = tied.endIndex
        }
        // Sums of whole and half numbers below 2⁵³: exact.
        let pairsWon = rankSum - Double(sources) * Double(sources + 1) / 2
        return pairsWon / (Double(noise) * Double(sources))
    }
}
