import Layers
import NumericTestSupport
import Tensors
import Testing

@Suite struct ActivationLayerTests {
    static let functions: [ActivationFunction] = [
        .linear, .relu, .sigmoid, .softmax, .tanh, .leakyReLU(slope: 0.3), .elu(alpha: 1), .elu(alpha: 0.5),
        .gelu(approximate: false), .gelu(approximate: true),
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
        #expect(zip(gradient, differences).allSatisfy { abs($0 - $1) <= 2e-6 } && run.isIntact)
    }

    @Test(arguments: functions) func nothingIsComputedForAnInputThatNeedsNoGradient(_ function: ActivationFunction) {
        let layer = ActivationLayer(name: "act", inputShape: [6], function: function)
        let input = randomValues(12, seed: 3)
        let run = LayerRun(layer, input: input, outputGradient: input, wantsInputGradient: false, count: 2)
        #expect(run.inputGradient == nil && run.isIntact)
    }
}
