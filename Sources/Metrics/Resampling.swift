import CKernels
import Lanes
import Tensors

/// The bootstrap's draws: each replicate has as many samples of each class as the sample, drawn with replacement; how
/// many of each class there are is the astronomer's choice, not chance.
///
/// Source: B. Efron and R. Tibshirani, *An introduction to the bootstrap* (1993).
struct Resampling {
    /// The places of the samples of each class; together all of them.
    let places: [[Int]]

    private var count: Int { places.reduce(0) { $0 + $1.count } }

    /// How often each sample is drawn in a replicate: a pure function of (seed, replicate).
    func counts(replicate: Int, seed: UInt64) -> [UInt32] {
        var counts = [UInt32](repeating: 0, count: count)
        for (label, places) in places.enumerated() {
            var random = CounterBasedRandom(seed: seed).stream(.bootstrap, detail: label, step: replicate)
            for _ in places {
                // Differs from uniform by less than one in 2³² / samples, which no interval shows.
                counts[places[Int((UInt64(random.nextWord()) * UInt64(places.count)) >> 32)]] += 1
            }
        }
        return counts
    }

    /// The statistics of `count` replicates, on all processors.
    ///
    /// - Parameter statistics: of the samples, each counted as often as its argument says.
    func replicates<Statistics>(
        _ count: Int, seed: UInt64, _ statistics: @escaping @Sendable ([UInt32]) -> Statistics
    ) -> [Statistics] {
        [Statistics](unsafeUninitializedCapacity: count) { memory, initialized in
            // Each replicate has an element of its own.
            nonisolated(unsafe) let memory = memory
            shareIterations(count, threads: Int(available_processors())) { replicate in
                memory.initializeElement(at: replicate, to: statistics(counts(replicate: replicate, seed: seed)))
            }
            initialized = count
        }
    }
}

extension Estimate {
    /// A statistic with the interval from the 2.5th to the 97.5th percentile of the replicates; nil where it is
    /// undefined.
    init?<Statistics>(_ value: Double?, _ replicates: [Statistics], _ statistic: (Statistics) -> Double?) {
        guard let value else { return nil }
        let values = replicates.compactMap(statistic).sorted()
        guard !values.isEmpty else {
            self.init(value: value, lower: value, upper: value)
            return
        }
        self.init(value: value, lower: values.quantile(0.025), upper: values.quantile(0.975))
    }
}
