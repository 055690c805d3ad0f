import Communication
import Layers
import Models
import StampData
import StampLoading

extension Inference {
    /// The logits of stamps that are read and prepared on the way; NaN where that fails. Collective.
    package func logits(of stamps: [Int], by reader: StampReader) throws -> [Float]? {
        try logits(of: stamps.count) { index, target in try reader.readSample(stamps[index], into: target) }
    }

    /// The logits of labelled stamps in order on rank 0, nil elsewhere. Collective.
    package func logits(of labelled: LabelledStamps) throws -> [Float]? {
        try logits(of: labelled.stamps.count) { index, target in
            try labelled.copy(index, into: target)
            return true
        }
    }

    /// The logits, and the mean over the stamps of what the outputs of layers add to the loss, on rank 0; nil
    /// elsewhere. Collective.
    package func logitsAndPenalty(of labelled: LabelledStamps) throws -> (logits: [Float], penalty: Double)? {
        guard !network.activityPenalties.isEmpty else { return try logits(of: labelled).map { ($0, 0) } }
        let results = try results(of: labelled.stamps.count, withPenalties: true) { index, target in
            try labelled.copy(index, into: target)
            return true
        }
        return results.map { results in
            let width = network.outputs + 1
            var (logits, penalty): ([Float], Double) = ([], 0)
            for start in stride(from: 0, to: results.count, by: width) {
                logits += results[start..<start + width - 1]
                penalty += Double(results[start + width - 1])
            }
            return (logits, penalty / Double(max(1, labelled.stamps.count)))
        }
    }

    /// Loss and accuracy of the network, means over all stamps, on rank 0; nil elsewhere. Collective.
    package func evaluate(_ labelled: LabelledStamps) throws -> (loss: Double, accuracy: Double)? {
        try logits(of: labelled).map { means(of: labelled.labels, logits: $0) }
    }

    /// The same from the stamps' true classes and their logits.
    package func means(of labels: [Int], logits: [Float]) -> (loss: Double, accuracy: Double) {
        var (loss, correct) = (0.0, 0)
        logits.withUnsafeBufferPointer { logits in
            for (index, label) in labels.enumerated() {
                let z = logits.baseAddress! + index * network.outputs
                loss += network.loss.value(logits: z, outputs: network.outputs, label: label)
                if network.loss.isCorrect(logits: z, outputs: network.outputs, label: label) { correct += 1 }
            }
        }
        return (loss / Double(labels.count), Double(correct) / Double(labels.count))
    }
}
