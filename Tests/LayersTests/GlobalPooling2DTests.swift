import Layers
import NumericTestSupport
import Tensors
import Testing

@Suite struct GlobalPooling2DTests {
    @Test(arguments: [[1, 1, 3], [4, 5, 1], [3, 2, 17], [7, 7, 32]] as [Shape], [true, false])
    func gradientMatchesFiniteDifferences(shape: Shape, keepsDimensions: Bool) {
        for statistic in [GlobalPooling2D.Statistic.mean, .maximum] {
            let layer = GlobalPooling2D(
                name: "pool", inputShape: shape, statistic: statistic, keepsDimensions: keepsDimensions)
            #expect(layer.outputShape == (keepsDimensions ? [1, 1, shape.channels] : [shape.channels]))
            let input = randomValues(3 * shape.count, seed: 1)
            let outputGradient = randomValues(3 * shape.channels, seed: 2)
            let run = LayerRun(layer, input: input, outputGradient: outputGradient, count: 3)
            let window = Extent2D(shape.extents[0], shape.extents[1])
            // One window that is the whole map.
            func output(_ input: [Double]) -> [Double] {
                statistic == .maximum
                    ? PlainLayers.maxPooling2D(
                        input, inputShape: shape.extents, poolSize: window, strides: window, padding: .valid, samples: 3
                    )
                    : PlainLayers.averagePooling2D(
                        input, inputShape: shape.extents, poolSize: window, strides: window, padding: .valid, samples: 3
                    )
            }
            // Means of at most 49 values: as many roundings of 6e-8.
            #expect(deviation(run.output, from: output(doubles(input))) <= 3e-6)
            let isRight = agreesWithFiniteDifferences(
                run.inputGradient!, at: input, of: { inner(outputGradient, output($0)) }, limit: 40)
            #expect(isRight && run.isIntact)
        }
    }
}
