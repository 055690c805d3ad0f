import Communication
import Faults
import Layers
import Models
import RunRecords
import StampData
import Tensors

/// Stamps with known classes that are kept normalised in memory, each rank its share: the validation set.
package final class LabelledStamps: Sendable {
    let stamps: [Int]
    private let labels: [Int]
    private let share: Range<Int>
    private let pixels: Int
    private let memory: FloatBuffer

    package init(
        _ stamps: [Int], _ collection: StampCollection, _ normalization: Normalization, team: LaneTeam,
        group: any ProcessGroup
    ) throws {
        self.stamps = stamps
        labels = stamps.map { collection.label($0) }
        pixels = collection.pixels
        share = Inference.share(of: stamps.count, in: group)
        memory = FloatBuffer(count: share.count * pixels)
        let (memory, share, pixels) = (memory, share, pixels)
        try team.share(share.count, chunk: 64) { _, range in
            for index in range {
                let isUsable = collection.normalizedStamp(
                    stamps[share.lowerBound + index], normalization, into: memory.pointer + index * pixels)
                precondition(isUsable, "a stamp that the scan found good cannot be normalised")
            }
        }
    }

    /// The logits of all stamps in order on rank 0, nil elsewhere. Collective.
    func logits(_ inference: Inference) throws -> [Float]? {
        let (memory, share, pixels) = (memory, share, pixels)
        return try inference.logits(of: stamps.count) { stamp, target in
            target.update(from: memory.pointer + (stamp - share.lowerBound) * pixels, count: pixels)
            return true
        }
    }

    /// Loss and accuracy of the network, means over all stamps, on rank 0; nil elsewhere.
    package func evaluate(_ inference: Inference, _ network: Network) throws -> (loss: Double, accuracy: Double)? {
        let logits = try logits(inference)
        guard let logits else { return nil }
        var (loss, correct) = (0.0, 0)
        logits.withUnsafeBufferPointer { logits in
            for (index, label) in labels.enumerated() {
                let z = logits.baseAddress! + index * network.outputs
                loss += network.loss.value(logits: z, outputs: network.outputs, label: label)
                if network.loss.isCorrect(logits: z, outputs: network.outputs, label: label) { correct += 1 }
            }
        }
        return (loss / Double(stamps.count), Double(correct) / Double(stamps.count))
    }
}

extension StampCollection {
    /// Reads and normalises one stamp.
    /// - Returns: whether it can be used.
    func normalizedStamp(
        _ stamp: Int, _ normalization: Normalization, into target: UnsafeMutablePointer<Float>
    ) -> Bool {
        withUnsafeTemporaryAllocation(of: Double.self, capacity: pixels) { scratch in
            copyStamp(stamp, into: scratch.baseAddress!)
            return normalization.apply(pixels: scratch.baseAddress!, count: pixels, into: target)
        }
    }
}

extension Inference {
    /// The logits of stamps that are read and normalised on the way; not-a-number where that cannot be done.
    package func logits(of stamps: [Int], in collection: StampCollection, normalization: Normalization) throws
        -> [Float]?
    {
        try logits(of: stamps.count) { index, target in
            collection.normalizedStamp(stamps[index], normalization, into: target)
        }
    }
}

extension Network {
    /// What the network says of labelled stamps, from their logits in the same order.
    func predictions(logits: [Float], stamps: [Int], in collection: StampCollection) -> [SamplePrediction] {
        var probabilities = [Float](repeating: 0, count: logits.count)
        return logits.withUnsafeBufferPointer { logits in
            loss.probabilities(
                logits: logits.baseAddress!, samples: stamps.count, outputs: outputs, into: &probabilities)
            return stamps.enumerated().map { index, stamp in
                let z = logits.baseAddress! + index * outputs
                let label = collection.label(stamp)
                return SamplePrediction(
                    index: stamp, trueClass: label, predictedClass: loss.predictedClass(logits: z, outputs: outputs),
                    probability: probabilities[index * outputs + outputs - 1],
                    loss: Float(loss.value(logits: z, outputs: outputs, label: label)))
            }
        }
    }
}
