import Faults

/// Successive halving: all trials train for a few epochs, the best of them for more, and so on; only a few train to the
/// end.
///
/// A rung is decided when all of its trials have reached it, so that the decisions depend neither on how many trials
/// train at a time nor on which of them is the fastest.
///
/// Source: L. Li, K. Jamieson, A. Rostamizadeh et al., *A system for massively parallel hyperparameter tuning*, MLSys 2020
/// (algorithm 1; the asynchronous variant promotes by arrival).
public struct HalvingPlan: Codable, Hashable, Sendable {
    /// A point at which trials are compared.
    public struct Rung: Codable, Hashable, Sendable {
        /// How many trials train up to it.
        public let trials: Int
        /// After how many epochs.
        public let epochs: Int
    }

    /// The first one has all trials, the last one all epochs.
    public let rungs: [Rung]

    /// With η the reduction, k + 1 rungs: of N trials the i-th rung (from 0) has ⌊N/η^i⌋, after ⌈R/η^(k−i)⌉ of R epochs.
    /// k is the largest number for which the first rung has `leastEpochs` or more, and the last one a trial.
    public init(trials: Int, epochs: Int, reduction: Int, leastEpochs: Int) {
        precondition(trials >= 1 && epochs >= 1 && reduction >= 2, "no search")
        var powers = [1]
        while let last = powers.last, last <= trials / reduction, last <= epochs / max(1, leastEpochs) / reduction {
            powers.append(last * reduction)
        }
        rungs = powers.indices.map { index in
            let rest = powers[powers.count - 1 - index]
            return Rung(trials: trials / powers[index], epochs: (epochs + rest - 1) / rest)
        }
    }
}
