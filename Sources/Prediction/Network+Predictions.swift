import Layers
import Metrics
import Models
import StampData

extension Network {
    /// How many classes it tells apart.
    package var classCount: Int { max(outputs, 2) }

    /// The network's predictions of labelled stamps, from their logits in the same order.
    ///
    /// - Parameter threshold: of two classes, the probability above which a stamp counts as a source.
    package func labelledPredictions(
        logits: [Float], stamps: [Int], in collection: StampCollection, threshold: Float = 0.5
    ) -> LabelledPredictions {
        guard classCount > 2 else {
            return .two(predictions(logits: logits, stamps: stamps, in: collection, threshold: threshold))
        }
        let labels = stamps.map(collection.label)
        var probabilities = [Float](repeating: 0, count: logits.count)
        let losses = logits.withUnsafeBufferPointer { logits in
            loss.probabilities(
                logits: logits.baseAddress!, samples: stamps.count, outputs: outputs, into: &probabilities)
            return labels.enumerated().map { index, label in
                Float(loss.value(logits: logits.baseAddress! + index * outputs, outputs: outputs, label: label))
            }
        }
        return .several(
            ClassPredictions(
                classes: outputs, indices: stamps, trueClasses: labels, probabilities: probabilities, losses: losses))
    }

    /// The same of a network that tells two classes apart.
    package func predictions(
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
                return SamplePrediction(
                    index: stamp, trueClass: label,
                    predictedClass: ThresholdRule.predictedClass(probability, above: threshold),
                    probability: probability, loss: Float(loss.value(logits: z, outputs: outputs, label: label)))
            }
        }
    }
}
