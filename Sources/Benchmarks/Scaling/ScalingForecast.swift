import Communication

/// The forecast for a number of ranks. JSON keys in snake case.
public struct ScalingForecast: Encodable, Equatable, Sendable {
    /// A number of ranks with a batch of a given size.
    public struct Load: Encodable, Equatable, Sendable {
        /// Samples of one step over all ranks.
        public var batchSize: Int
        public var samplesPerSecond: Double
        /// Samples a second of a rank as a share of what one rank alone does: with the whole batch if that is fixed,
        /// with its part if the batch grows with the ranks.
        public var efficiency: Double
        /// The share of a step spent waiting for messages without computing.
        public var communication: Double

        enum CodingKeys: String, CodingKey {
            case efficiency, communication
            case batchSize = "batch_size"
            case samplesPerSecond = "samples_per_second"
        }
    }

    public var ranks: Int
    /// The same batch on more ranks.
    public var strong: Load
    /// The same part of a batch for each rank.
    public var weak: Load
    /// The smallest batch whose parts ranks do at 90 % of the speed of one alone; absent if there is none.
    public var batchFor90Percent: Int?
    /// What the busiest rank sends in a step of the same batch.
    public var bytesPerStep: Int
    public var messagesPerStep: Int

    enum CodingKeys: String, CodingKey {
        case ranks, strong, weak
        case batchFor90Percent = "batch_for_90_percent"
        case bytesPerStep = "bytes_per_step"
        case messagesPerStep = "messages_per_step"
    }
}

extension ScalingModel {
    /// No batch with more microbatches in a lane is considered.
    private static let mostMicrobatches = 1 << 16

    /// The forecast for `ranks` ranks; nil if a link's speed is unknown.
    ///
    /// - Parameters:
    ///   - batchSize: samples of a step, on any number of ranks.
    ///   - partSize: samples of a step for each rank, if the batch grows with the ranks.
    ///   - microbatch: samples of a microbatch.
    package func forecast(ranks: Int, batchSize: Int, partSize: Int, microbatch: Int) -> ScalingForecast? {
        func load(batch: Int, alone: Int) -> (load: ScalingForecast.Load, step: Step)? {
            let microbatches = (batch + microbatch - 1) / microbatch
            guard let step = step(ranks: ranks, microbatches: microbatches),
                let one = self.step(ranks: 1, microbatches: (alone + microbatch - 1) / microbatch)
            else { return nil }
            let rate = Double(batch) / step.seconds
            let load = ScalingForecast.Load(
                batchSize: batch, samplesPerSecond: rate,
                efficiency: rate / Double(ranks) / (Double(alone) / one.seconds),
                communication: (step.sums + step.exposed) / step.seconds)
            return (load, step)
        }
        guard let strong = load(batch: batchSize, alone: batchSize),
            let weak = load(batch: partSize * ranks, alone: partSize)
        else { return nil }
        return ScalingForecast(
            ranks: ranks, strong: strong.load, weak: weak.load,
            batchFor90Percent: microbatchesPerLane(ranks: ranks, efficiency: 0.9).map {
                $0 * lanes * ranks * microbatch
            }, bytesPerStep: strong.step.bytes, messagesPerStep: strong.step.messages)
    }

    /// The fewest microbatches for each lane with which ranks have this efficiency.
    private func microbatchesPerLane(ranks: Int, efficiency: Double) -> Int? {
        func isEnough(_ count: Int) -> Bool {
            guard let one = step(ranks: 1, microbatches: count * lanes),
                let all = step(ranks: ranks, microbatches: count * lanes * ranks)
            else { return false }
            return one.seconds >= efficiency * all.seconds
        }
        var enough = 1
        while !isEnough(enough) {
            enough *= 2
            if enough * lanes * ranks > Self.mostMicrobatches * 64 || enough > Self.mostMicrobatches { return nil }
        }
        var tooFew = enough / 2
        while enough - tooFew > 1 {
            let middle = (enough + tooFew) / 2
            if isEnough(middle) { enough = middle } else { tooFew = middle }
        }
        return enough
    }
}
