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
}
