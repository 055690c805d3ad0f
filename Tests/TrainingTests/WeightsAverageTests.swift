import Foundation
import Models
import Testing
import Training

/// `Tests/ReferenceValues/make_callback_reference.py` takes steps with Keras' `use_ema`.
@Suite struct WeightsAverageTests {
    private struct Reference: Decodable {
        struct Average: Decodable {
            struct Step: Decodable {
                let parameters: [Float]
                let average: [Float]
            }
            let momentum: Float
            let steps: [Step]
        }
        let moving_average: [Average]
    }

    @Test(arguments: [1, 3]) func averagesEqualThoseOfKeras(lanes: Int) throws {
        let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        let file = folder.appendingPathComponent("ReferenceValues/callbacks/callbacks.json")
        let network = try Network.standard(.simple, classes: 2)
        for reference in try JSONDecoder().decode(Reference.self, from: Data(contentsOf: file)).moving_average {
            let weights = Weights(network: network)
            let average = WeightsAverage(of: weights, momentum: reference.momentum)
            // At several places of the parameters, so that each lane has some.
            let places = [0, weights.trainable.count / 2, weights.trainable.count - 10]
            for (number, step) in reference.steps.enumerated() {
                for place in places {
                    for (index, value) in step.parameters.enumerated() {
                        weights.trainable.pointer[place + index] = value
                    }
                }
                for lane in 0..<lanes { average.update(isFirstStep: number == 0, lane: lane, of: lanes) }
                for place in places {
                    for (index, value) in step.average.enumerated() {
                        // Numbers up to 4, half an ulp of which is 1.2e-7: two products and a sum in each of six steps,
                        // one rounding of which a fused multiplication leaves out.
                        #expect(abs(average.weights.trainable.pointer[place + index] - value) <= 1e-6)
                    }
                }
            }
        }
    }
}
