import Layers
import NumericTestSupport
import Tensors
import Testing

/// What sizes add to the loss, and its gradient, against their definitions in double precision.
@Suite struct PenaltyTests {
    private static func value(_ penalty: Penalty, _ values: [Double]) -> Double {
        values.reduce(0) { $0 + Double(penalty.l1) * abs($1) + Double(penalty.l2) * $1 * $1 }
    }

    @Test(arguments: [0, 1, 7, 8, 9, 1003]) func theValueIsTheSum(count: Int) {
        let penalty = Penalty(l1: 0.25, l2: 0.5)
        let values = randomValues(count, seed: 3)
        let expected = Self.value(penalty, doubles(values))
        #expect(abs(penalty.value(values, count: count) - expected) <= 1e-12 * max(1, expected))
    }

    @Test(arguments: [0, 1, 7, 16, 1003]) func theGradientIsAdded(count: Int) {
        let penalty = Penalty(l1: 0.25, l2: 0.5)
        var values = randomValues(count, seed: 4)
        if count > 5 { values[5] = 0 }
        let gradient = GuardedBuffer(randomValues(count, seed: 5))
        let expected = zip(doubles(gradient.values), doubles(values)).map { old, x in
            old + 2 * (0.25 * (x > 0 ? 1 : x < 0 ? -1 : 0) + x)
        }
        penalty.addGradient(values, count: count, factor: 2, to: gradient.pointer)
        #expect(deviation(gradient.values, from: expected) <= 1e-6 && gradient.isIntact)
    }

    /// The outputs of a layer, as they are and as the loss has them.
    @Test(arguments: [.linear, .softmax, .sigmoid] as [ActivationFunction])
    func theGradientOfOutputsMatchesFiniteDifferences(function: ActivationFunction) {
        let (samples, shape) = (3, function == .sigmoid ? [1] : [5] as Shape)
        let penalty = Penalty(l1: 0.2, l2: 0.7)
        let layer = ActivityPenalty(name: "active", outputShape: shape, penalty: penalty, function: function)
        let input = randomValues(samples * shape.count, seed: 6).map { $0 + ($0 < 0 ? -0.1 : 0.1) }
        let outputGradient = randomValues(input.count, seed: 7)
        let run = LayerRun(layer, input: input, outputGradient: outputGradient, count: samples)
        #expect(sameBits(run.output, input) && run.isIntact)
        let isRight = agreesWithFiniteDifferences(run.inputGradient!, at: input) { moved in
            inner(outputGradient, moved)
                + Self.value(penalty, Self.applied(function, moved, shape.count)) / Double(samples)
        }
        #expect(isRight)
    }

    private static func applied(_ function: ActivationFunction, _ values: [Double], _ width: Int) -> [Double] {
        guard function != .linear else { return values }
        return stride(from: 0, to: values.count, by: width).flatMap { start -> [Double] in
            let powers = values[start..<start + width].map(exponential)
            let sum = function == .softmax ? powers.reduce(0, +) : powers[0] + 1
            return powers.map { $0 / sum }
        }
    }

    /// By its series.
    private static func exponential(_ x: Double) -> Double {
        var (sum, term) = (1.0, 1.0)
        for n in 1..<40 {
            term *= x / Double(n)
            sum += term
        }
        return sum
    }
}
