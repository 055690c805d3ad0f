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
    /// The true class of each.
    let labels: [Int]
    private let share: Range<Int>
    private let pixels: Int
    private let memory: FloatBuffer

    /// Makes room for this rank's share of the stamps; `assign(to:)` has them loaded.
    init(_ stamps: [Int], _ collection: StampCollection, group: any ProcessGroup) {
        self.stamps = stamps
        labels = stamps.map { collection.label($0) }
        pixels = collection.pixels
        share = Inference.share(of: stamps.count, in: group)
        memory = FloatBuffer(count: share.count * pixels)
    }

    /// Loads and normalises this rank's share of the stamps, all of which must be usable.
    package convenience init(
        _ stamps: [Int], _ collection: StampCollection, _ normalization: Normalization, team: LaneTeam,
        group: any ProcessGroup
    ) throws {
        self.init(stamps, collection, group: group)
        var assignments = StampAssignments(collection)
        assign(to: &assignments)
        try assignments.carryOut(normalization, team: team) { _, stamp, _, isUsable in
            precondition(isUsable, "stamp \(stamp) cannot be normalised")
        }
    }

    /// Has this rank's share of the stamps kept in memory.
    func assign(to assignments: inout StampAssignments) { assignments.keep(stamps[share], at: memory.pointer) }

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
    /// - Throws: `Fault` when its file cannot be read.
    func normalizedStamp(
        _ stamp: Int, _ normalization: Normalization, into target: UnsafeMutablePointer<Float>
    ) throws -> Bool {
        try withUnsafeTemporaryAllocation(of: Double.self, capacity: 3 * pixels) { memory in
            let raw = memory.baseAddress!
            try copyStamp(stamp, into: raw)
            return normalization.apply(pixels: raw, count: pixels, scratch: raw + pixels, into: target)
        }
    }
}

extension Inference {
    /// The logits of stamps that are read and normalised on the way; not-a-number where that cannot be done.
    package func logits(of stamps: [Int], in collection: StampCollection, normalization: Normalization) throws
        -> [Float]?
    {
        try logits(of: stamps.count) { index, target in
            try collection.normalizedStamp(stamps[index], normalization, into: target)
        }
    }
}

extension Network {
    /// What the network says of labelled stamps, from their logits in the same order.
    ///
    /// - Parameter threshold: what the probability of a source must lie above.
    func predictions(
        logits: [Float], stamps: [Int], in collection: StampCollection, threshold: Float = 0.5
    ) -> [SamplePrediction] {
        var probabilities = [Float](repeating: 0, count: logits.count)
        return logits.withUnsafeBufferPointer { logits in
            loss.probabilities(
                logits: logits.baseAddress!, samples: stamps.count, outputs: outputs, into: &probabilities)
            return stamps.enumerated().map { index, stamp in
                let z = logits.baseAddress! + index * outputs
                let label = collection.label(stamp)
                let probability = probabilities[index * outputs + outputs - 1]
                // At one half the logits tell what rounded probabilities may not.
                let predictedClass =
                    threshold == 0.5
                    ? loss.predictedClass(logits: z, outputs: outputs) : probability > threshold ? 1 : 0
                return SamplePrediction(
                    index: stamp, trueClass: label, predictedClass: predictedClass, probability: probability,
                    loss: Float(loss.value(logits: z, outputs: outputs, label: label)))
            }
        }
    }
}
