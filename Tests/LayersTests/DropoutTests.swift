import Layers
import NumericTestSupport
import Tensors
import Testing

@Suite struct DropoutTests {
    private static let shape: Shape = [5, 4, 3]
    private static let samples: [UInt32] = [17, 3, 4_000_000_000, 0]

    private func run(
        rate: Float = 0.25, layerNumber: Int = 4, seed: UInt64 = 1 << 40 + 7, step: UInt32 = 9,
        samples: [UInt32] = samples, input: [Float]? = nil, outputGradient: [Float]? = nil, isTraining: Bool = true
    ) -> LayerRun {
        let layer = Dropout(name: "dropout", inputShape: Self.shape, rate: rate, layerNumber: layerNumber)
        let count = samples.count * Self.shape.count
        return LayerRun(
            layer, input: input ?? [Float](repeating: 1, count: count), outputGradient: outputGradient,
            isTraining: isTraining, seed: seed, step: step, samples: samples, count: samples.count)
    }

    @Test func maskIsThatOfTheCounterBasedGenerator() {
        let random = CounterBasedRandom(seed: 1 << 40 + 7)
        let expected = Self.samples.flatMap { sample in
            (0..<Self.shape.count).map { element -> Float in
                let block = random.block(
                    .dropout, detail: 4, step: 9, sample: Int(sample), block: element / 64 * 16 + element % 16)
                return Float(block[element % 64 / 16] >> 8) * 0x1p-24 >= 0.25 ? 1 / 0.75 : 0
            }
        }
        #expect(run().output == expected)
    }

    @Test(arguments: [0.25, 0.5, 0.9] as [Float]) func gradientMatchesFiniteDifferencesUnderTheSameMask(rate: Float) {
        let count = Self.samples.count * Self.shape.count
        let input = randomValues(count, seed: 1)
        let outputGradient = randomValues(count, seed: 2)
        let run = run(rate: rate, input: input, outputGradient: outputGradient)
        // The mask from another input: it does not depend on it.
        let mask = self.run(rate: rate).output.map { $0 == 0 ? 0 : 1 / (1 - Double(rate)) }
        func output(_ input: [Double]) -> [Double] { zip(input, mask).map { $0 * $1 } }
        // The factor 1/(1 − rate) and the product are rounded once each.
        #expect(deviation(run.output, from: output(doubles(input))) <= 2.5e-7)
        let isRight = agreesWithFiniteDifferences(
            run.inputGradient!, at: input, of: { inner(outputGradient, output($0)) })
        #expect(isRight && run.isIntact)
    }

    @Test(arguments: [0.1, 0.25, 0.5, 0.75] as [Float]) func theKeptShareIsOneMinusTheRate(rate: Float) {
        let output = run(rate: rate, samples: Array(0..<500)).output
        let share = Double(output.count { $0 > 0 }) / Double(output.count)
        // Five standard deviations of a binomial share.
        #expect(abs(share - (1 - Double(rate))) <= 5 * (Double(rate * (1 - rate)) / Double(output.count)).squareRoot())
        // Inverted: the mean stays. Its deviation is that of the share, divided by 1 − rate.
        let mean = output.reduce(0) { $0 + Double($1) } / Double(output.count)
        #expect(abs(mean - 1) <= 5 * (Double(rate / (1 - rate)) / Double(output.count)).squareRoot())
    }

    @Test func masksDifferBySeedStepLayerAndSample() {
        let first = run()
        let others = [run(seed: 2), run(step: 10), run(layerNumber: 5), run(samples: [18, 4, 5, 1])]
        let sampleMasks = stride(from: 0, to: first.output.count, by: Self.shape.count).map {
            Array(first.output[$0..<$0 + Self.shape.count])
        }
        #expect(Set(sampleMasks + [first.output] + others.map(\.output)).count == 4 + 1 + 4)
    }

    @Test func masksDoNotDependOnHowSamplesAreGrouped() {
        let parts = [Array(Self.samples[..<1]), Array(Self.samples[1...])].flatMap { run(samples: $0).output }
        #expect(sameBits(parts, run().output))
        let reordered = run(samples: Self.samples.reversed()).output
        #expect(sameBits(Array(reordered[..<Self.shape.count]), Array(run().output.suffix(Self.shape.count))))
    }

    @Test func inferenceIsTheIdentity() {
        let input = randomValues(Self.samples.count * Self.shape.count, seed: 3)
        #expect(sameBits(run(input: input, isTraining: false).output, input))
        #expect(sameBits(run(rate: 0, input: input).output, input))
    }

    /// Values that share a decision are kept or dropped together, by the mask of the smaller shape, in both directions.
    @Test(arguments: [[1, 1, 3], [5, 4, 1], [1, 1, 1], [5, 1, 3]] as [Shape]) func sharedDecisions(noise: Shape) {
        let layer = Dropout(name: "dropout", inputShape: Self.shape, rate: 0.5, layerNumber: 4, noiseShape: noise)
        let small = Dropout(name: "dropout", inputShape: noise, rate: 0.5, layerNumber: 4)
        let samples = Array(Self.samples) + [5, 6, 7, 8]
        let mask = LayerRun(
            small, input: [Float](repeating: 1, count: samples.count * noise.count), step: 3, samples: samples,
            count: samples.count
        ).output
        let input = randomValues(samples.count * Self.shape.count, seed: 1)
        let outputGradient = randomValues(input.count, seed: 2)
        let run = LayerRun(
            layer, input: input, outputGradient: outputGradient, step: 3, samples: samples, count: samples.count)
        let factors = input.indices.map { index in
            let places = [
                index / 12 % 5 % noise.extents[0], index / 3 % 4 % noise.extents[1], index % 3 % noise.extents[2],
            ]
            let place = (places[0] * noise.extents[1] + places[1]) * noise.extents[2] + places[2]
            return mask[index / 60 * noise.count + place]
        }
        #expect(run.output == zip(input, factors).map { $0 * $1 })
        #expect(run.inputGradient == zip(outputGradient, factors).map { $0 * $1 } && run.isIntact)
        #expect(Set(mask) == [0, 2])
        let inference = LayerRun(layer, input: input, isTraining: false, count: samples.count)
        #expect(inference.output == input)
    }
}
