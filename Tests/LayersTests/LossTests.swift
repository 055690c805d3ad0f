import Layers
import NumericTestSupport
import TestSupport
import Testing

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

@Suite struct LossTests {
    static let logits: [[Float]] = [
        [0, 0], [1, -1], [0.3, 2.5], [-4, -4.001], [30, 29], [-90, 88], [1000, -1000], [-1000, 1000], [1000, 1000],
    ]

    private func gradient(_ loss: Loss, _ z: [Float], label: Int, weight: Double) -> [Float] {
        var gradient = [Float](repeating: .nan, count: z.count)
        loss.gradient(logits: z, outputs: z.count, label: label, weight: weight, into: &gradient)
        return gradient
    }

    private func probabilities(_ loss: Loss, _ z: [Float]) -> [Float] {
        var p = z
        p.withUnsafeMutableBufferPointer {
            loss.probabilities(logits: $0.baseAddress!, samples: 1, outputs: z.count, into: $0.baseAddress!)
        }
        return p
    }

    /// −ln p[label] where exp does not overflow.
    private func crossEntropy(_ z: [Double], label: Int) -> Double {
        log(z.reduce(0) { $0 + exp($1) }) - z[label]
    }

    @Test(arguments: logits, [0, 1]) func softmaxGradientMatchesFiniteDifferences(z: [Float], label: Int) {
        guard z.allSatisfy({ abs($0) < 100 }) else { return }
        let weight = 0.125
        let differences = finiteDifferences(at: doubles(z), along: [0, 1]) { weight * crossEntropy($0, label: label) }
        let computed = gradient(.softmaxCrossEntropy, z, label: label, weight: weight)
        // Differences of a double loss of up to 200 over 2e-5: 200·1e-16/2e-5 = 1e-9; then single precision.
        #expect(zip(computed, differences).allSatisfy { abs(Double($0) - $1) <= 2e-9 + 1e-7 * abs($1) })
        let value = Loss.softmaxCrossEntropy.value(logits: z, outputs: 2, label: label)
        #expect(abs(value - crossEntropy(doubles(z), label: label)) <= 1e-13 * max(1, value))
    }

    @Test(arguments: [0, 0.1, -0.1, 3, -3, 30, -30] as [Float], [0, 1])
    func sigmoidGradientMatchesFiniteDifferences(z: Float, label: Int) {
        func plain(_ z: Double) -> Double { label == 1 ? log(1 + exp(-z)) : log(1 + exp(z)) }
        let differences = finiteDifferences(at: [Double(z)], along: [0]) { plain($0[0]) / 3 }
        let computed = gradient(.sigmoidCrossEntropy, [z], label: label, weight: 1 / 3.0)
        #expect(abs(Double(computed[0]) - differences[0]) <= 2e-9 + 1e-7 * abs(differences[0]))
        let value = Loss.sigmoidCrossEntropy.value(logits: [z], outputs: 1, label: label)
        #expect(abs(value - plain(Double(z))) <= 1e-13 * max(1, value))
    }

    /// Σ −t·ln p with t the smoothed target, written out.
    private func smoothed(_ loss: Loss, _ z: [Double], label: Int, _ smoothing: Double) -> Double {
        let p = loss == .sigmoidCrossEntropy ? [1 / (1 + exp(z[0])), 1 / (1 + exp(-z[0]))] : z.map { exp($0) }
        let total = p.reduce(0, +)
        return p.indices.reduce(0) { sum, output in
            let target = (output == label ? 1 - smoothing : 0) + smoothing / Double(p.count)
            return sum - target * log(p[output] / total)
        }
    }

    @Test(arguments: [Loss.softmaxCrossEntropy, .sigmoidCrossEntropy], [0, 1])
    func smoothedGradientMatchesFiniteDifferences(_ loss: Loss, label: Int) {
        for z in [[0, 0], [1, -1], [0.3, 2.5], [-4, 3]] as [[Float]] {
            let z = loss == .sigmoidCrossEntropy ? [z[1]] : z
            let differences = finiteDifferences(at: doubles(z), along: Array(z.indices)) {
                0.125 * smoothed(loss, $0, label: label, 0.2)
            }
            var computed = z
            loss.gradient(
                logits: z, outputs: z.count, label: label, smoothing: 0.2, weight: 0.125, into: &computed)
            // As above: differences of a loss of order one, then single precision.
            #expect(zip(computed, differences).allSatisfy { abs(Double($0) - $1) <= 2e-9 + 1e-7 * abs($1) })
            let value = loss.value(logits: z, outputs: z.count, label: label, smoothing: 0.2)
            #expect(abs(value - smoothed(loss, doubles(z), label: label, 0.2)) <= 1e-13 * max(1, value))
        }
    }

    private struct Focal: Decodable {
        let logits: [Float]
        let label: Int
        let gamma: Double
        let smoothing: Double
        let loss: Double
        let gradient: [Double]
    }

    /// Keras adds up in single precision and clips probabilities at 1e-7.
    @Test func focalLossesAreThoseOfKeras() throws {
        for focal in try ReferenceValues.json([Focal].self, "objective/focal") {
            let loss = focal.logits.count == 1 ? Loss.sigmoidCrossEntropy : .softmaxCrossEntropy
            let value = loss.value(
                logits: focal.logits, outputs: focal.logits.count, label: focal.label, smoothing: focal.smoothing,
                focusing: focal.gamma)
            #expect(abs(value - focal.loss) <= 2e-6 * max(1, focal.loss), "\(focal)")
            var gradient = focal.logits
            loss.gradient(
                logits: focal.logits, outputs: focal.logits.count, label: focal.label, smoothing: focal.smoothing,
                focusing: focal.gamma, weight: 0.5, into: &gradient)
            for (own, other) in zip(gradient, focal.gradient) {
                #expect(abs(Double(own) - 0.5 * other) <= 2e-6 * max(1, abs(other)), "\(focal)")
            }
        }
    }

    @Test(arguments: [Loss.softmaxCrossEntropy, .sigmoidCrossEntropy], [0.5, 1, 2.5])
    func focalLossesEndWhereTheNetworkIsCertain(_ loss: Loss, focusing: Double) {
        for size in [50, 800] as [Float] {
            let z = loss == .sigmoidCrossEntropy ? [size] : [-size, size, -size]
            for (label, expected) in [(1, 0), (0, Double(size) * (z.count == 1 ? 1 : 2))] {
                let value = loss.value(
                    logits: z, outputs: z.count, label: label, smoothing: 0, focusing: focusing)
                #expect(abs(value - expected) <= 1e-6 * max(1, expected))
                var gradient = z
                loss.gradient(
                    logits: z, outputs: z.count, label: label, smoothing: 0, focusing: focusing, weight: 1,
                    into: &gradient)
                #expect(gradient.allSatisfy { $0.isFinite })
            }
        }
    }

    @Test(arguments: [-1000, 1000] as [Float]) func extremeLogitsGiveFiniteLossesAndGradients(z: Float) {
        for label in [0, 1] {
            let isRight = (z > 0) == (label == 1)
            let softmax = [-z / 2, z / 2]
            let expected = isRight ? 0.0 : 1000
            let sign: Float = isRight ? 0 : label == 1 ? -1 : 1
            #expect(Loss.softmaxCrossEntropy.value(logits: softmax, outputs: 2, label: label) == expected)
            #expect(gradient(.softmaxCrossEntropy, softmax, label: label, weight: 1) == [-sign, sign])
            #expect(Loss.sigmoidCrossEntropy.value(logits: [z], outputs: 1, label: label) == expected)
            #expect(gradient(.sigmoidCrossEntropy, [z], label: label, weight: 1) == [sign])
        }
        #expect(probabilities(.sigmoidCrossEntropy, [z]) == [z > 0 ? 1 : 0])
        #expect(probabilities(.softmaxCrossEntropy, [z, 0]) == (z > 0 ? [1, 0] : [0, 1]))
        #expect(probabilities(.softmaxCrossEntropy, [z, z]) == [0.5, 0.5])
    }

    @Test(arguments: logits) func probabilitiesSumToOneAndFollowTheLogits(z: [Float]) {
        let p = probabilities(.softmaxCrossEntropy, z)
        #expect(abs(p[0] + p[1] - 1) <= 1.2e-7)
        #expect((p[1] > p[0]) == (z[1] > z[0]))
        // Two classes are one sigmoid of the difference, whose rounding by |z₁ − z₀|·6e-8 counts only where p is not 0
        // or 1.
        let sigmoid = probabilities(.sigmoidCrossEntropy, [z[1] - z[0]])[0]
        #expect(abs(p[1] - sigmoid) <= 5e-7)
    }

    @Test func predictionsAreTheLargestOutputOrTheSignOfTheLogit() {
        #expect(Loss.softmaxCrossEntropy.predictedClass(logits: [0.5, 0.4], outputs: 2) == 0)
        #expect(Loss.softmaxCrossEntropy.predictedClass(logits: [0.5, 0.6], outputs: 2) == 1)
        #expect(Loss.softmaxCrossEntropy.predictedClass(logits: [0.5, 0.5], outputs: 2) == 0)
        #expect(Loss.softmaxCrossEntropy.predictedClass(logits: [1, 3, 2], outputs: 3) == 1)
        #expect(Loss.sigmoidCrossEntropy.predictedClass(logits: [0.1], outputs: 1) == 1)
        #expect(Loss.sigmoidCrossEntropy.predictedClass(logits: [0], outputs: 1) == 0)
        #expect(Loss.sigmoidCrossEntropy.isCorrect(logits: [-2], outputs: 1, label: 0))
        #expect(!Loss.softmaxCrossEntropy.isCorrect(logits: [2, 1], outputs: 2, label: 1))
    }

    @Test(arguments: [0, 1]) func aDivergedNetworkShowsAsNotANumber(label: Int) {
        for z in [[Float.nan, 1], [1, .nan]] {
            #expect(Loss.softmaxCrossEntropy.value(logits: z, outputs: 2, label: label).isNaN)
            #expect(gradient(.softmaxCrossEntropy, z, label: label, weight: 1).allSatisfy { $0.isNaN })
        }
        #expect(Loss.sigmoidCrossEntropy.value(logits: [.nan], outputs: 1, label: label).isNaN)
        #expect(gradient(.sigmoidCrossEntropy, [.nan], label: label, weight: 1)[0].isNaN)
    }
}
