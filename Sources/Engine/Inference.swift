import Communication
import Faults
import Lanes
import Layers
import Models
import StampLoading
import Tensors

/// One of several times that layers such as dropout draw random numbers for the same stamps.
package struct RandomDraw: Hashable, Sendable {
    let seed: UInt64
    let number: UInt32

    package init(seed: UInt64 = 0, number: UInt32 = 0) { (self.seed, self.number) = (seed, number) }
}

/// Runs stamps through a trained network: for validation, the test set, `predict` and `evaluate`.
///
/// Stamps are cut into chunks of a fixed size, whole chunks are shared among ranks and lanes, and results are gathered
/// in order on rank 0: the same bits for any number of ranks and threads.
package final class Inference: @unchecked Sendable {
    /// Stamps of a chunk: few, so that all lanes have work and activations stay in the cache, but more if a network's
    /// weights, which are read again for each chunk, are large. A divisor of `InferenceShare.unit`, and a function of
    /// the network alone.
    private let chunk: Int
    package let network: Network
    private let prepared: PreparedWeights
    private let team: LaneTeam
    private let group: any ProcessGroup
    private let executors: [LaneExecutor]

    /// - Parameters:
    ///   - prepared: the prepared weights of a training step to share, or nil to prepare some.
    ///   - drawsAtRandom: whether layers such as dropout draw random numbers, as in training.
    package init(
        network: Network, weights: Weights, prepared: PreparedWeights? = nil, drawsAtRandom: Bool = false,
        team: LaneTeam, group: any ProcessGroup
    ) {
        self.network = network
        self.team = team
        self.group = group
        let chunk = min(max(16, network.defaultMicrobatch), InferenceShare.unit)
        self.chunk = chunk
        let prepared = prepared ?? PreparedWeights(network: network, weights: weights, lanes: team.count)
        self.prepared = prepared
        executors = (0..<team.count).map { _ in
            LaneExecutor(
                network: network, samples: chunk, slots: 1, isTraining: false, drawsAtRandom: drawsAtRandom,
                weights: weights,
                prepared: prepared.buffer)
        }
    }

    /// The logits of `count` stamps in order on rank 0, nil elsewhere; NaN for stamps that cannot be used.
    ///
    /// - Parameters:
    ///   - draw: what random numbers are a function of, beside layer, stamp and element.
    ///   - load: puts a sample's values into memory, those of the normalised stamp and then its features, or returns
    ///     false if the stamp cannot be used. Called on any lane.
    /// - Throws: `AgreedFault` when a rank's `load` throws.
    package func logits(
        of count: Int, draw: RandomDraw = RandomDraw(),
        _ load: @escaping @Sendable (_ stamp: Int, _ values: MutableFloatView) throws -> Bool
    ) throws -> [Float]? {
        try results(of: count, withPenalties: false, draw: draw, load)
    }

    /// The logits, and behind those of each stamp what the outputs of layers add to the loss for it.
    func results(
        of count: Int, withPenalties: Bool, draw: RandomDraw = RandomDraw(),
        _ load: @escaping @Sendable (_ stamp: Int, _ values: MutableFloatView) throws -> Bool
    ) throws -> [Float]? {
        let share = InferenceShare.of(count, in: group)
        let outputs = network.outputs + (withPenalties ? 1 : 0)
        let results = FloatBuffer(count: share.count * outputs)
        try team.run { [prepared, team] lane in
            prepared.prepare(lane: lane)
            if lane == 0 { prepared.useMovingStatistics() }
            team.synchronize()
        }
        try group.agree {
            try team.share(share.count, chunk: chunk) { [executors] lane, range in
                let stamps = share.lowerBound + range.lowerBound..<share.lowerBound + range.upperBound
                let place = results.pointer + range.lowerBound * outputs
                try executors[lane].infer(stamps, draw, load, withPenalties: withPenalties, into: place)
            }
        }
        return try withExtendedLifetime(results) {
            try group.gather(
                values: UnsafeBufferPointer<Float>(start: results.pointer, count: share.count * outputs)
            )?.flatMap { $0 }
        }
    }
}

extension LaneExecutor {
    /// One chunk of stamps from pixels to logits, and what the outputs of layers add to the loss if that is asked for.
    fileprivate func infer(
        _ stamps: Range<Int>, _ draw: RandomDraw, _ load: (Int, MutableFloatView) throws -> Bool, withPenalties: Bool,
        into results: UnsafeMutablePointer<Float>
    ) rethrows {
        let values = network.sampleValues
        var unusable: [Int] = []
        for (sample, stamp) in stamps.enumerated() {
            let target = MutableFloatView(input(0) + sample * values, count: values)
            if try !load(stamp, target) {
                target.update(repeating: 0)
                unusable.append(sample)
            }
        }
        withUnsafeTemporaryAllocation(of: UInt32.self, capacity: stamps.count) { numbers in
            _ = numbers.initialize(from: stamps.map { UInt32(truncatingIfNeeded: $0) })
            var random = RandomCoordinates()
            (random.seed, random.step, random.samples) = (draw.seed, draw.number, UnsafePointer(numbers.baseAddress))
            begin(0, samples: stamps.count, random: random)
            forwardAll(0)
        }
        let width = network.outputs + (withPenalties ? 1 : 0)
        for sample in 0..<stamps.count {
            let place = results + sample * width
            place.update(from: logits(0) + sample * network.outputs, count: network.outputs)
            if withPenalties { place[network.outputs] = Float(activityPenalty(0, sample: sample)) }
        }
        for sample in unusable { (results + sample * width).update(repeating: .nan, count: width) }
    }
}
