import Layers
import Metrics
import Models
import StampData

extension Network {
    /// The network's predictions of labelled stamps, from their logits in the same order.
    ///
    /// - Parameter threshold: the probability above which a stamp counts as a source.
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
