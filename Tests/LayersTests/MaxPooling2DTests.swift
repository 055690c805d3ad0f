import Layers
import NumericTestSupport
import Tensors
import Testing

@Suite struct MaxPooling2DTests {
    struct Case: CustomTestStringConvertible, Sendable {
        let inputShape: Shape
        let poolSize: Extent2D
        let strides: Extent2D
        var padding = Padding.valid
        var testDescription: String {
            "\(inputShape), window \(poolSize.height)×\(poolSize.width), strides \(strides.height)×\(strides.width), "
                + padding.rawValue
        }
    }

    static let cases: [Case] = [Padding.valid, .same].flatMap { padding in
        [((2, 2), (2, 2)), ((4, 4), (4, 4)), ((3, 3), (2, 2)), ((2, 3), (1, 2)), ((3, 2), (1, 1)), ((1, 1), (3, 2))]
            .flatMap {
                window, strides in
                [([9, 7, 3], padding), ([4, 6, 17], padding)].map {
                    Case(
                        inputShape: Shape($0.0), poolSize: Extent2D(window.0, window.1),
                        strides: Extent2D(strides.0, strides.1), padding: $0.1)
                }
            }
            // More pixels than a byte has numbers for.
            + [
                Case(
                    inputShape: padding == .valid ? [19, 18, 2] : [6, 5, 2], poolSize: Extent2D(17, 16),
                    strides: Extent2D(2, 3), padding: padding)
            ]
    }

    @Test(arguments: cases) func gradientMatchesFiniteDifferences(_ example: Case) {
        let layer = MaxPooling2D(
            name: "pool", inputShape: example.inputShape, poolSize: example.poolSize, strides: example.strides,
            padding: example.padding)
        let input = randomValues(2 * example.inputShape.count, seed: 1)
        let outputGradient = randomValues(2 * layer.outputShape.count, seed: 2)
        let run = LayerRun(layer, input: input, outputGradient: outputGradient, count: 2)
        func output(_ input: [Double]) -> [Double] {
            PlainLayers.maxPooling2D(
                input, inputShape: example.inputShape.extents, poolSize: example.poolSize, strides: example.strides,
                padding: example.padding, samples: 2)
        }
        #expect(doubles(run.output) == output(doubles(input)))
        let isRight = agreesWithFiniteDifferences(
            run.inputGradient!, at: input, of: { inner(outputGradient, output($0)) }, limit: 40)
        #expect(isRight && run.isIntact)
        #expect(run.inputGradient!.reduce(0) { $0 + Double($1) }.isClose(to: doubles(outputGradient).reduce(0, +)))
    }
}

extension Double {
    /// Equal up to the single-precision rounding of a few hundred summands of order one.
    fileprivate func isClose(to other: Double) -> Bool { abs(self - other) <= 1e-4 }
}
