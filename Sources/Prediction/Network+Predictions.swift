import Layers
import Metrics
import Models
import StampData

extension Network {
    /// The network's predictions of labelled stamps, from their logits in the same order.
    ///
    /// - Parameter threshold: of two classes, the probability above which a stamp counts as a source.
    package func labelledPredictions(
        logits: [Float], stamps: [Int], in collection: StampCollection, threshold: Float = 0.5
    ) -> LabelledPredictions {
        let labels = stamps.map(collection.label)
        let probabilities = probabilities(logits)
        let losses = logits.withUnsafeBufferPointer { logits in
            labels.enumerated().map { index, label in
                Float(loss.value(logits: logits.baseAddress! + index * outputs, outputs: outputs, label: label))
            }
        }
        guard classCount == 2 else {
            return .several(
                ClassPredictions(
                    classes: outputs, indices: stamps, trueClasses: labels, probabilities: probabilities,
                    losses: losses))
        }
        return .two(
            stamps.enumerated().map { index, stamp in
                let probability = probabilities[(index + 1) * outputs - 1]
                return SamplePrediction(
                    index: stamp, trueClass: labels[index],
                    predictedClass: ThresholdRule.predictedClass(probability, above: threshold),
                    probability: probability, loss: losses[index])
            })
    }

    /// Labelled samples with their probabilities, (samples, outputs).
    ///
    /// - Parameter stamps: the samples' numbers; nil where they are numbered in their order.
    package func testSet(stamps: [Int]? = nil, labels: [Int], probabilities: [Float]) -> TestSet {
        guard classCount == 2 else {
            return .several(
                ClassPredictions(
                    classes: outputs, indices: stamps ?? Array(labels.indices), trueClasses: labels,
                    probabilities: probabilities))
        }
        return .two(
            labels.enumerated().map { place, label in
                ScoredSample(
                    index: stamps?[place] ?? place, trueClass: label, score: probabilities[(place + 1) * outputs - 1])
            })
    }
}
