import Communication
import Faults
import Layers
import Models
import RunRecords
import StampData
import Tensors

/// Stamps with known classes, each rank its share: the validation set. They are kept normalised in memory, or as many as
/// there is room for; the others are read as they are needed.
package final class LabelledStamps: Sendable {
    let stamps: [Int]
    /// The true class of each.
    let labels: [Int]
    private let share: Range<Int>
    /// Those of the share that stay in memory.
    private let resident: Range<Int>
    private let collection: StampCollection
    private let normalization: Normalization
    private let memory: FloatBuffer

    /// So many stamps before they are needed the system is told to fetch them: what some chunks hold.
    private static let lead = 256

    /// Makes room for this rank's share of the stamps; `assign(to:)` has them loaded.
    ///
    /// - Parameter room: how many stamps stay in memory.
    init(
        _ stamps: [Int], _ collection: StampCollection, _ normalization: Normalization, group: any ProcessGroup,
        room: StampMemory = .unlimited
    ) {
        self.stamps = stamps
        self.collection = collection
        self.normalization = normalization
        labels = stamps.map { collection.label($0) }
        share = Inference.share(of: stamps.count, in: group)
        resident = share.prefix(room.resident(of: share.count))
        memory = FloatBuffer(count: resident.count * collection.pixels)
    }

    /// Loads and normalises this rank's share of the stamps, all of which must be usable.
    package convenience init(
        _ stamps: [Int], _ collection: StampCollection, _ normalization: Normalization, team: LaneTeam,
        group: any ProcessGroup
    ) throws {
        self.init(stamps, collection, normalization, group: group)
        var assignments = StampAssignments(collection)
        assign(to: &assignments)
        try assignments.carryOut(normalization, team: team) { _, stamp, _, isUsable in
            precondition(isUsable, "stamp \(stamp) cannot be normalised")
        }
    }

    /// Has those of this rank's share that stay kept in memory, and the others looked at.
    func assign(to assignments: inout StampAssignments) {
        assignments.keep(stamps[resident], at: memory.pointer)
        assignments.look(at: stamps[resident.upperBound..<share.upperBound])
    }

    /// Bytes of memory that stamps take.
    package var stampBytes: Int { memory.count * MemoryLayout<Float>.stride }

    /// The logits of all stamps in order on rank 0, nil elsewhere. Collective.
    func logits(_ inference: Inference) throws -> [Float]? {
        try inference.logits(of: stamps.count) { [self] stamp, target in
            guard stamp >= resident.upperBound else {
                let place = stamp - resident.lowerBound
                target.update(from: memory.pointer + place * collection.pixels, count: collection.pixels)
                return true
            }
            if stamp + Self.lead < share.upperBound { try collection.willRead(stamps[stamp + Self.lead]) }
            guard try collection.normalizedStamp(stamps[stamp], normalization, into: target) else {
                throw StampScan.changed(stamps[stamp], of: collection)
            }
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
