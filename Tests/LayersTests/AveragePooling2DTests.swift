import Layers
import NumericTestSupport
import Tensors
import Testing

@Suite struct AveragePooling2DTests {
    @Test(arguments: MaxPooling2DTests.cases) func gradientMatchesFiniteDifferences(_ example: MaxPooling2DTests.Case) {
        let layer = AveragePooling2D(
            name: "pool", inputShape: example.inputShape, poolSize: example.poolSize, strides: example.strides,
            padding: example.padding)
        let input = randomValues(2 * example.inputShape.count, seed: 1)
        let outputGradient = randomValues(2 * layer.outputShape.count, seed: 2)
        let run = LayerRun(layer, input: input, outputGradient: outputGradient, count: 2)
        func output(_ input: [Double]) -> [Double] {
            PlainLayers.averagePooling2D(
                input, inputShape: example.inputShape.extents, poolSize: example.poolSize, strides: example.strides,
                padding: example.padding, samples: 2)
        }
        // Means of at most 16 values: as many roundings of 6e-8.
        #expect(deviation(run.output, from: output(doubles(input))) <= 1e-6)
        let isRight = agreesWithFiniteDifferences(
            run.inputGradient!, at: input, of: { inner(outputGradient, output($0)) }, limit: 40)
        #expect(isRight && run.isIntact)
    }
}
