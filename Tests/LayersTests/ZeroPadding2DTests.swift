import Layers
import NumericTestSupport
import Tensors
import Testing

@Suite struct ZeroPadding2DTests {
    @Test(arguments: [[0, 0, 0, 0], [3, 3, 3, 3], [1, 2, 0, 3], [0, 0, 2, 0], [0, 5, 0, 0]])
    func mapsAreSurroundedByZerosWhichHaveNoGradient(padding: [Int]) {
        for shape in [[1, 1, 1], [4, 3, 5], [2, 5, 17]] as [Shape] {
            let layer = ZeroPadding2D(
                name: "pad", inputShape: shape, top: padding[0], bottom: padding[1], left: padding[2],
                right: padding[3])
            func output(_ input: [Double]) -> [Double] {
                PlainLayers.zeroPadding2D(
                    input, inputShape: shape.extents, top: padding[0], bottom: padding[1], left: padding[2],
                    right: padding[3], samples: 2)
            }
            let input = randomValues(2 * shape.count, seed: 1)
            let outputGradient = randomValues(2 * layer.outputShape.count, seed: 2)
            let run = LayerRun(layer, input: input, outputGradient: outputGradient, count: 2)
            #expect(doubles(run.output) == output(doubles(input)))
            let isRight = agreesWithFiniteDifferences(
                run.inputGradient!, at: input, of: { inner(outputGradient, output($0)) })
            #expect(isRight && run.isIntact)
        }
    }
}
