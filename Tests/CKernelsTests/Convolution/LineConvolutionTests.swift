import CKernels
import NumericTestSupport
import Testing

/// The loops for kernels of three columns against their definitions in double precision. Shapes that they do not take
/// are left out: there the layer does without them.
@Suite struct LineConvolutionTests {
    /// One line more than fits the registers at once (24, or 10 beside a pair of vectors), and all below.
    static let widths = Array(1...26)

    private func shape(_ width: Int, _ inChannels: Int, _ outChannels: Int, samples: Int = 2) -> LineConvolution {
        LineConvolution(
            samples: samples, kernel_height: width % 2 == 0 ? 3 : 1, in_channels: inChannels, out_channels: outChannels,
            out_height: 2, out_width: width)
    }

    /// Calls `body` with the places of each product: an input, a weight (height, column, in, out) and an output.
    private func eachProduct(_ s: LineConvolution, _ body: (_ input: Int, _ weight: Int, _ output: Int) -> Void) {
        let (height, width) = (s.out_height + s.kernel_height - 1, s.out_width + 2)
        for sample in 0..<s.samples {
            for oh in 0..<s.out_height {
                for ow in 0..<s.out_width {
                    let output = ((sample * s.out_height + oh) * s.out_width + ow) * s.out_channels
                    for kh in 0..<s.kernel_height {
                        for kw in 0..<3 {
                            let input = ((sample * height + oh + kh) * width + ow + kw) * s.in_channels
                            for ci in 0..<s.in_channels {
                                let weight = ((kh * 3 + kw) * s.in_channels + ci) * s.out_channels
                                for co in 0..<s.out_channels { body(input + ci, weight + co, output + co) }
                            }
                        }
                    }
                }
            }
        }
    }

    private func inputCount(_ s: LineConvolution) -> Int {
        s.samples * (s.out_height + s.kernel_height - 1) * (s.out_width + 2) * s.in_channels
    }
    private func outputCount(_ s: LineConvolution) -> Int { s.samples * s.out_height * s.out_width * s.out_channels }
    private func weightCount(_ s: LineConvolution) -> Int { s.kernel_height * 3 * s.in_channels * s.out_channels }

    @Test(arguments: widths) func outputsAreTheSumsOfTheirDefinition(width: Int) {
        for inChannels in [1, 4, 16, 17] {
            for (number, outChannels) in [16, 17, 32, 40, 48].enumerated() {
                var shape = shape(width, inChannels, outChannels, samples: 1)
                guard line_convolution_fits_forward(&shape) != 0 else { continue }
                let x = randomValues(inputCount(shape), seed: 1)
                let weights = randomValues(weightCount(shape), seed: 2)
                let bias = number % 2 == 0 ? randomValues(outChannels, seed: 3) : nil
                let isRectified = (number + inChannels) % 3 == 0
                let y = GuardedBuffer(count: outputCount(shape))
                line_convolution(&shape, x, weights, bias, isRectified ? 1 : 0, y.pointer)

                var expected = [ExactSum](repeating: ExactSum(), count: y.count)
                if let bias { for index in expected.indices { expected[index].add(Double(bias[index % outChannels])) } }
                eachProduct(shape) { expected[$2].add(Double(x[$0]) * Double(weights[$1])) }
                #expect(
                    agree(y.values, expected.map { $0.rectified(isRectified) }) && y.isIntact,
                    "\(inChannels) to \(outChannels)")
            }
        }
    }

    @Test(arguments: widths) func inputGradientsAreTheSumsOfTheirDefinition(width: Int) {
        for inChannels in [16, 20, 32, 48] {
            for outChannels in [1, 5, 16] {
                var shape = shape(width, inChannels, outChannels)
                guard line_convolution_fits_input_gradient(&shape) != 0 else { continue }
                let weights = randomValues(weightCount(shape), seed: 4)
                let dy = randomValues(outputCount(shape), seed: 5)
                var transposed = weights
                for (index, weight) in weights.enumerated() {
                    let (tap, place) = index.quotientAndRemainder(dividingBy: inChannels * outChannels)
                    let (ci, co) = place.quotientAndRemainder(dividingBy: outChannels)
                    transposed[(tap * outChannels + co) * inChannels + ci] = weight
                }
                let dx = GuardedBuffer(count: inputCount(shape))
                line_convolution_input_gradient(&shape, dy, transposed, nil, dx.pointer)
                var expected = [ExactSum](repeating: ExactSum(), count: dx.count)
                eachProduct(shape) { expected[$0].add(Double(dy[$2]) * Double(weights[$1])) }
                #expect(agree(dx.values, expected) && dx.isIntact, "\(inChannels) to \(outChannels)")

                // Through the rectifier that made the input: the same numbers where it let something pass.
                let x = randomValues(dx.count, seed: 9).map { max($0, 0) }
                let rectified = GuardedBuffer(count: dx.count)
                line_convolution_input_gradient(&shape, dy, transposed, x, rectified.pointer)
                let passed = zip(x, dx.values).map { $0 > 0 ? $1 : 0 }
                #expect(rectified.values == passed && rectified.isIntact, "\(inChannels) to \(outChannels)")
            }
        }
    }

    private func checkWeightGradient(_ given: LineConvolution) {
        var shape = given
        guard line_convolution_fits_weight_gradient(&shape) != 0 else { return }
        let x = randomValues(inputCount(shape), seed: 6)
        let dy = randomValues(outputCount(shape), seed: 7)
        let gradient = GuardedBuffer(count: weightCount(shape))
        line_convolution_weight_gradient(&shape, x, dy, gradient.pointer)
        var expected = [ExactSum](repeating: ExactSum(), count: gradient.count)
        eachProduct(shape) { expected[$1].add(Double(x[$0]) * Double(dy[$2])) }
        #expect(
            agree(gradient.values, expected) && gradient.isIntact,
            "\(shape.in_channels) to \(shape.out_channels), \(shape.samples) samples")
    }

    @Test(arguments: widths) func weightGradientsAreTheSumsOfTheirDefinition(width: Int) {
        for (number, inChannels) in [4, 16, 20, 48].enumerated() {
            checkWeightGradient(shape(width, inChannels, [16, 32, 48][(width + number) % 3]))
        }
    }

    /// Partial sums end after some 64 pixels: here after 16 samples, and with a remainder.
    @Test(arguments: [0, 1, 15, 16, 17, 40]) func weightGradientsAreSumsOverAllSamples(samples: Int) {
        checkWeightGradient(
            LineConvolution(
                samples: samples, kernel_height: 3, in_channels: 4, out_channels: 16, out_height: 2, out_width: 2))
    }

    @Test func notANumberPassesTheRectifier() {
        var shape = shape(5, 4, 32)
        guard line_convolution_fits_forward(&shape) != 0 else { return }
        let x = [Float](repeating: .nan, count: inputCount(shape))
        let y = GuardedBuffer([Float](repeating: 0, count: outputCount(shape)))
        line_convolution(&shape, x, randomValues(weightCount(shape), seed: 8), nil, 1, y.pointer)
        #expect(y.values.allSatisfy { $0.isNaN })
    }
}
