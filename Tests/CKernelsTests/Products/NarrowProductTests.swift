import CKernels
import NumericTestSupport
import Testing

/// The kernels of dense layers with one or two outputs against their definitions in double precision.
@Suite struct NarrowProductTests {
    /// None, some and many whole vectors, with and without a remainder.
    static let lengths = [1, 2, 7, 15, 16, 17, 31, 32, 33, 63, 64, 65, 100, 257, 13_230]

    @Test(arguments: lengths, [1, 2]) func outputsAreTheProductsOfTheirDefinition(length: Int, outputs: Int) {
        for samples in [1, 2, 5] where samples * length < 20_000 {
            let input = randomValues(samples * length, seed: 1)
            let weights = randomValues(length * outputs, seed: 2)
            for bias in [nil, randomValues(outputs, seed: 3)] {
                let output = GuardedBuffer(count: samples * outputs)
                narrow_product(input, weights, bias, samples, length, outputs, output.pointer)
                var expected: [ExactSum] = []
                for sample in 0..<samples {
                    for n in 0..<outputs {
                        var sum = ExactSum()
                        for k in 0..<length {
                            sum.add(Double(input[sample * length + k]) * Double(weights[k * outputs + n]))
                        }
                        if let bias { sum.add(Double(bias[n])) }
                        expected.append(sum)
                    }
                }
                #expect(agree(output.values, expected) && output.isIntact, "\(samples) samples")
            }
        }
    }

    @Test(arguments: lengths, [1, 2]) func inputGradientIsTheGradientTimesTheWeights(length: Int, outputs: Int) {
        let samples = 3
        let gradient = randomValues(samples * outputs, seed: 4)
        let weights = randomValues(length * outputs, seed: 5)
        let result = GuardedBuffer(count: samples * length)
        narrow_product_input_gradient(gradient, weights, samples, length, outputs, result.pointer)
        var expected: [ExactSum] = []
        for sample in 0..<samples {
            for k in 0..<length {
                var sum = ExactSum()
                for n in 0..<outputs {
                    sum.add(Double(gradient[sample * outputs + n]) * Double(weights[k * outputs + n]))
                }
                expected.append(sum)
            }
        }
        #expect(agree(result.values, expected) && result.isIntact)
    }

    @Test(arguments: lengths, [1, 2]) func weightGradientIsTheSumOverSamples(length: Int, outputs: Int) {
        for samples in [0, 1, 2, 7] where samples * length < 20_000 {
            let input = randomValues(samples * length, seed: 6)
            let gradient = randomValues(samples * outputs, seed: 7)
            let result = GuardedBuffer(count: length * outputs)
            narrow_product_weight_gradient(input, gradient, samples, length, outputs, result.pointer)
            var expected: [ExactSum] = []
            for k in 0..<length {
                for n in 0..<outputs {
                    var sum = ExactSum()
                    for sample in 0..<samples {
                        sum.add(Double(input[sample * length + k]) * Double(gradient[sample * outputs + n]))
                    }
                    expected.append(sum)
                }
            }
            #expect(agree(result.values, expected) && result.isIntact, "\(samples) samples")
        }
    }

    @Test(arguments: [1, 2]) func resultsDoNotDependOnHowManySamplesACallHas(outputs: Int) {
        let length = 101
        let input = randomValues(6 * length, seed: 8)
        let weights = randomValues(length * outputs, seed: 9)
        let bias = randomValues(outputs, seed: 10)
        var whole = [Float](repeating: 0, count: 6 * outputs)
        narrow_product(input, weights, bias, 6, length, outputs, &whole)
        var single: [Float] = []
        for sample in 0..<6 {
            var output = [Float](repeating: 0, count: outputs)
            narrow_product(Array(input[(sample * length)...]), weights, bias, 1, length, outputs, &output)
            single += output
        }
        #expect(sameBits(single, whole))
    }
}
