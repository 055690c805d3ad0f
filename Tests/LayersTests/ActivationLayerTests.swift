import Layers
import NumericTestSupport
import Tensors
import Testing

@Suite struct ActivationLayerTests {
    static let functions: [ActivationFunction] = [
        .linear, .relu, .sigmoid, .softmax, .tanh, .leakyReLU(slope: 0.3), .elu(alpha: 1), .elu(alpha: 0.5),
        .gelu(approximate: false), .gelu(approximate: true), .relu6, .rectifier(maximum: 1.25),
        .rectifier(threshold: 0.5), .rectifier(maximum: 2, slope: 0.25, threshold: 1),
        .rectifier(slope: 0.5, threshold: 0.75), .silu, .hardSigmoid, .hardSilu, .softplus, .softsign, .selu,
        .celu(alpha: 1), .celu(alpha: 0.4), .mish, .exponential, .logSigmoid, .logSoftmax, .hardTanh, .tanhShrink,
        .softShrink(threshold: 0.5), .hardShrink(threshold: 0.75), .squareplus(b: 4), .squareplus(b: 0.5), .sparsePlus,
        .sparseSigmoid,
    ]

    @Test(arguments: functions, [[1], [10], [3, 2, 5], [2, 3, 17]] as [Shape])
    func gradientMatchesFiniteDifferences(function: ActivationFunction, shape: Shape) {
        let layer = ActivationLayer(name: "act", inputShape: shape, function: function)
        let input = randomValues(3 * shape.count, seed: 1, limit: 3)
        let outputGradient = randomValues(input.count, seed: 2)
        let run = LayerRun(layer, input: input, outputGradient: outputGradient, count: 3)
        func output(_ input: [Double]) -> [Double] {
            PlainLayers.activation(input, function, channels: shape.channels)
        }
        // A few roundings of 6e-8.
        #expect(deviation(run.output, from: output(doubles(input))) <= 1e-6)
        let axes = someAxes(of: input.count, limit: 60)
        let differences = finiteDifferences(at: doubles(input), along: axes) { inner(outputGradient, output($0)) }
        // Beside single precision 10⁻¹⁰ of the differences, which is all that softmax over one channel leaves.
        let gradient = axes.map { Double(run.inputGradient![$0]) }
        let largest = differences.reduce(1) { max($0, abs($1)) }
        #expect(zip(gradient, differences).allSatisfy { abs($0 - $1) <= 2e-6 * largest } && run.isIntact)
    }

    @Test(arguments: functions) func nothingIsComputedForAnInputThatNeedsNoGradient(_ function: ActivationFunction) {
        let layer = ActivationLayer(name: "act", inputShape: [6], function: function)
        let input = randomValues(12, seed: 3)
        let run = LayerRun(layer, input: input, outputGradient: input, wantsInputGradient: false, count: 2)
        #expect(run.inputGradient == nil && run.isIntact)
    }

    /// Where a rectifier ends, infinities and numbers that are none included.
    @Test func rectifiersKeepTheirLimits() {
        func values(_ function: ActivationFunction) -> [Float] {
            let input: [Float] = [-.infinity, -2, 0, 1, 1.5, 4, 5, .infinity, .nan]
            let layer = ActivationLayer(name: "act", inputShape: [input.count], function: function)
            return LayerRun(layer, input: input, count: 1).output
        }
        let bounded = values(.rectifier(maximum: 4, threshold: 1))
        #expect(Array(bounded.dropLast()) == [0, 0, 0, 0, 1.5, 4, 4, 4] && bounded.last!.isNaN)
        let sloping = values(.rectifier(slope: 0.5, threshold: 1))
        #expect(Array(sloping.dropLast()) == [-.infinity, -1.5, -0.5, 0, 1.5, 4, 5, .infinity] && sloping.last!.isNaN)
        #expect(ActivationFunction.rectifier() == .relu)
        #expect(ActivationFunction.rectifier(slope: 0.1) == .leakyReLU(slope: 0.1))
    }

    /// Whole vectors and what is left over, and a slope for each value, row, pixel or channel.
    @Test(arguments: [[], [0], [1], [0, 1], [2], [0, 1, 2]] as [Set<Int>]) func trainedSlopes(sharedAxes: Set<Int>) {
        let shape: Shape = [3, 4, 17]
        let layer = PReLU(name: "act", inputShape: shape, sharedAxes: sharedAxes)
        let input = randomValues(2 * shape.count, seed: 4), outputGradient = randomValues(2 * shape.count, seed: 5)
        let alpha = randomValues(layer.trainableCount, seed: 6)
        let run = LayerRun(
            layer, input: input, parameters: alpha, outputGradient: outputGradient, count: 2)
        func output(_ input: [Double], _ alpha: [Double]) -> [Double] {
            let extents = shape.extents.enumerated().map { sharedAxes.contains($0) ? 1 : $1 }
            return input.enumerated().map { index, x in
                let places = [index / 68 % 3 % extents[0], index / 17 % 4 % extents[1], index % 17 % extents[2]]
                let slope = alpha[(places[0] * extents[1] + places[1]) * extents[2] + places[2]]
                return x > 0 ? x : slope * x
            }
        }
        #expect(deviation(run.output, from: output(doubles(input), doubles(alpha))) <= 1e-7)
        #expect(
            agreesWithFiniteDifferences(
                run.inputGradient!, at: input, of: { inner(outputGradient, output($0, doubles(alpha))) }))
        #expect(
            agreesWithFiniteDifferences(
                run.parameterGradient, at: alpha, of: { inner(outputGradient, output(doubles(input), $0)) }))
        #expect(run.isIntact)
    }
}
