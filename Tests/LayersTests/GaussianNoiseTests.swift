import Layers
import NumericTestSupport
import Tensors
import Testing

@Suite struct GaussianNoiseTests {
    private static let shape: Shape = [5, 7, 3]

    private func run(
        _ input: [Float], isFactor: Bool, outputGradient: [Float]? = nil, isTraining: Bool = true, layerNumber: Int = 4,
        step: UInt32 = 9, samples: [UInt32]
    ) -> LayerRun {
        let layer = GaussianNoise(
            name: "noise", inputShape: Self.shape, deviation: 0.5, isFactor: isFactor, layerNumber: layerNumber)
        return LayerRun(
            layer, input: input, outputGradient: outputGradient, isTraining: isTraining, seed: 3, step: step,
            samples: samples, count: samples.count)
    }

    @Test func noiseHasTheMeanAndDeviationOfKeras() {
        let samples = Array(UInt32(0)..<200)
        let count = samples.count * Self.shape.count
        for isFactor in [true, false] {
            let output = doubles(run([Float](repeating: 1, count: count), isFactor: isFactor, samples: samples).output)
            let mean = output.reduce(0, +) / Double(count)
            let variance = output.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(count)
            // Five standard deviations of a mean and of a variance of so many normal numbers.
            #expect(abs(mean - 1) <= 5 * 0.5 / Double(count).squareRoot())
            #expect(abs(variance - 0.25) <= 5 * 0.25 * (2 / Double(count)).squareRoot())
        }
    }

    @Test func gradientsAreThoseOfTheSameNoise() {
        let samples: [UInt32] = [17, 3, 4_000_000_000]
        let count = samples.count * Self.shape.count
        let input = randomValues(count, seed: 1), gradient = randomValues(count, seed: 2)
        let noise = run([Float](repeating: 0, count: count), isFactor: false, samples: samples).output
        let sum = run(input, isFactor: false, outputGradient: gradient, samples: samples)
        #expect(sum.output == zip(input, noise).map { $0 + $1 } && sum.inputGradient == gradient && sum.isIntact)
        let product = run(input, isFactor: true, outputGradient: gradient, samples: samples)
        #expect(product.output == zip(input, noise).map { $0 * ($1 + 1) })
        #expect(product.inputGradient == zip(gradient, noise).map { $0 * ($1 + 1) } && product.isIntact)
    }

    @Test func noiseIsAFunctionOfLayerStepAndSample() {
        let zeros = [Float](repeating: 0, count: 2 * Self.shape.count)
        let first = run(zeros, isFactor: false, samples: [1, 2]).output
        let swapped = run(zeros, isFactor: false, samples: [2, 1]).output
        #expect(Array(first[..<105]) == Array(swapped[105...]) && Array(first[105...]) == Array(swapped[..<105]))
        #expect(run(zeros, isFactor: false, step: 10, samples: [1, 2]).output != first)
        #expect(run(zeros, isFactor: false, layerNumber: 5, samples: [1, 2]).output != first)
        #expect(run(zeros, isFactor: false, isTraining: false, samples: [1, 2]).output == zeros)
    }
}
