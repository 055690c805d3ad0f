import EngineTestSupport
import Metrics
import Models
import Prediction
import StampData
import TestSupport
import Testing

/// What counts as a source does not depend on who asks.
@Suite struct ThresholdAgreementTests {
    /// Logits that differ by less than a probability in single precision can show are no source at one half.
    @Test(arguments: [0.5, 0.25, Float(0.5).nextUp, Float(0.5).nextDown])
    func probabilitiesDecideAndNotLogits(threshold: Float) throws {
        let folder = try TemporaryFolder()
        let stamps = LabelledPixels(count: 8, side: 5, seed: 1)
        let (collection, numbers) = try stamps.collection(in: folder)
        for classes in 1...2 {
            let network = try Network.standard(.simple, side: 5, classes: classes)
            let logits =
                [0, 1e-9, -1e-9, 1e-7, 1e-3, -1e-3, 5, -5].flatMap { classes == 1 ? [$0] : [0, $0] } as [Float]
            let labelled = network.labelledPredictions(
                logits: logits, stamps: numbers, in: collection, threshold: threshold)
            guard case .two(let predictions) = labelled else {
                Issue.record("two classes became more")
                continue
            }
            for prediction in predictions {
                #expect(prediction.predictedClass == (prediction.probability > threshold ? 1 : 0))
                let mean = SamplePrediction(
                    index: prediction.index, label: prediction.trueClass, probability: prediction.probability,
                    threshold: threshold)
                #expect(mean.predictedClass == prediction.predictedClass)
            }
            let found = Evaluation(predictions, threshold: threshold, replicates: 0)
            let matrix = found.metrics.confusionMatrix
            #expect(found.completeness?.value == Double(matrix.truePositives) / 4)
        }
    }
}
