import Tensors

/// How the training set is cut into steps and microbatches: a function of the configuration alone, never of ranks or
/// threads.
///
/// A batch is cut into microbatches as equal as can be; microbatch position v draws from stratum v of the training set.
/// The last, smaller batch of an epoch is spread over all positions in the same way. Over an epoch every sample of a
/// stratum is drawn once.
public struct BatchPlan: Hashable, Sendable {
    /// Training samples.
    public let samples: Int
    public let batchSize: Int
    /// How many microbatches a batch has.
    public let microbatches: Int

    /// - Parameter microbatch: the most samples a microbatch has.
    public init(samples: Int, batchSize: Int, microbatch: Int) {
        precondition(batchSize >= 1 && batchSize <= samples && microbatch >= 1, "no batches of \(batchSize)")
        self.samples = samples
        self.batchSize = batchSize
        microbatches = (batchSize + microbatch - 1) / microbatch
    }

    /// Steps of an epoch.
    public var steps: Int { (samples + batchSize - 1) / batchSize }

    /// Samples of one step's batch.
    public func batchSamples(step: Int) -> Int { min(batchSize, samples - step * batchSize) }

    /// Samples that microbatch `position` has in one step; may be none in the last.
    public func microbatchSamples(step: Int, position: Int) -> Int {
        share(of: batchSamples(step: step), position: position)
    }

    /// The most samples that any microbatch has.
    public var largestMicrobatch: Int { share(of: batchSize, position: 0) }

    /// Samples of stratum `position`.
    public func stratumSamples(position: Int) -> Int {
        let fullSteps = samples / batchSize
        return fullSteps * share(of: batchSize, position: position)
            + share(of: samples - fullSteps * batchSize, position: position)
    }

    /// Where, in its stratum's order of the epoch, microbatch `position` of a step starts.
    public func firstInStratum(step: Int, position: Int) -> Int { step * share(of: batchSize, position: position) }

    private func share(of count: Int, position: Int) -> Int {
        count / microbatches + (position < count % microbatches ? 1 : 0)
    }

    /// The strata as lists of training samples: the training set in a random order drawn from the seed, cut into
    /// `microbatches` parts.
    public func strata(of training: [Int], seed: UInt64) -> [[Int]] {
        precondition(training.count == samples, "\(training.count) samples instead of \(samples)")
        var shuffled = training
        var stream = CounterBasedRandom(seed: seed).stream(.strata)
        stream.shuffle(&shuffled)
        var next = 0
        return (0..<microbatches).map { position in
            let count = stratumSamples(position: position)
            defer { next += count }
            return Array(shuffled[next..<next + count])
        }
    }

    /// The order in which a stratum's samples are drawn in one epoch.
    public func order(position: Int, epoch: Int, seed: UInt64) -> [Int] {
        var order = Array(0..<stratumSamples(position: position))
        // `detail` has 16 bits; the sample coordinate has 32.
        var stream = CounterBasedRandom(seed: seed).stream(.shuffle, step: epoch, sample: position)
        stream.shuffle(&order)
        return order
    }
}
