import CKernels
import NumericTestSupport
import Testing

/// Convolutions by tiles against their definition in double precision, and against the direct loops in how they round.
@Suite struct WinogradTests {
    /// Maps of odd and even sides, fewer and more tiles than a block holds, every way to lie beside the map; channels
    /// that fill vectors and pairs of them, and channels that do not.
    static let shapes: [Winograd] = [
        shape(samples: 3, height: 5, width: 6, padding: 1, from: 16, to: 32),
        shape(samples: 2, height: 7, width: 4, padding: 0, from: 33, to: 48),
        shape(samples: 1, height: 12, width: 13, padding: 1, from: 5, to: 7),
        shape(samples: 2, height: 3, width: 3, padding: 2, from: 17, to: 16),
        shape(samples: 5, height: 4, width: 5, padding: 1, from: 40, to: 65),
        shape(samples: 1, height: 1, width: 2, padding: 1, from: 130, to: 150),
        shape(5, 5, samples: 3, height: 9, width: 8, padding: 2, from: 16, to: 32),
        shape(5, 5, samples: 7, height: 6, width: 7, padding: 0, from: 20, to: 50),
        shape(7, 7, samples: 2, height: 17, width: 33, padding: 3, from: 18, to: 33),
        shape(3, 5, samples: 2, height: 21, width: 23, padding: 1, from: 70, to: 17),
        shape(7, 3, samples: 12, height: 5, width: 4, padding: 3, from: 66, to: 80),
        shape(5, 7, samples: 1, height: 3, width: 3, padding: 4, from: 5, to: 7),
        shape(tile: 4, samples: 3, height: 9, width: 10, padding: 1, from: 16, to: 32),
        shape(tile: 4, samples: 2, height: 7, width: 6, padding: 0, from: 33, to: 48),
        shape(tile: 4, samples: 1, height: 12, width: 33, padding: 1, from: 5, to: 7),
        shape(tile: 4, samples: 5, height: 3, width: 3, padding: 2, from: 17, to: 130),
        shape(tile: 4, samples: 1, height: 40, width: 37, padding: 1, from: 150, to: 65),
    ]

    private static func shape(
        _ kernelHeight: Int = 3, _ kernelWidth: Int = 3, tile: Int = 2, samples: Int, height: Int, width: Int,
        padding: Int,
        from inChannels: Int, to outChannels: Int
    ) -> Winograd {
        Winograd(
            tile: tile, kernel_height: kernelHeight, kernel_width: kernelWidth, samples: samples, in_height: height,
            in_width: width, in_channels: inChannels, out_height: height + 2 * padding - kernelHeight + 1,
            out_width: width + 2 * padding - kernelWidth + 1, out_channels: outChannels, top: padding, left: padding)
    }

    /// The convolution of the output's gradient that gives the input's.
    private static func turned(_ s: Winograd) -> Winograd {
        Winograd(
            tile: s.tile, kernel_height: s.kernel_height, kernel_width: s.kernel_width, samples: s.samples,
            in_height: s.out_height,
            in_width: s.out_width, in_channels: s.out_channels, out_height: s.in_height, out_width: s.in_width,
            out_channels: s.in_channels, top: s.kernel_height - 1 - s.top, left: s.kernel_width - 1 - s.left)
    }

    private static func inputCount(_ s: Winograd) -> Int { s.samples * s.in_height * s.in_width * s.in_channels }
    private static func outputCount(_ s: Winograd) -> Int { s.samples * s.out_height * s.out_width * s.out_channels }
    private static func kernelCount(_ s: Winograd) -> Int {
        s.kernel_height * s.kernel_width * s.in_channels * s.out_channels
    }

    /// Calls `body` with the places of each product: an input, a weight (height, column, in, out) and an output.
    private static func eachProduct(_ s: Winograd, _ body: (_ input: Int, _ weight: Int, _ output: Int) -> Void) {
        for sample in 0..<s.samples {
            for oh in 0..<s.out_height {
                for ow in 0..<s.out_width {
                    let output = ((sample * s.out_height + oh) * s.out_width + ow) * s.out_channels
                    for tap in 0..<s.kernel_height * s.kernel_width {
                        let (row, column) = tap.quotientAndRemainder(dividingBy: s.kernel_width)
                        let (ih, iw) = (oh - s.top + row, ow - s.left + column)
                        guard 0..<s.in_height ~= ih, 0..<s.in_width ~= iw else { continue }
                        let input = ((sample * s.in_height + ih) * s.in_width + iw) * s.in_channels
                        for ci in 0..<s.in_channels {
                            let weight = (tap * s.in_channels + ci) * s.out_channels
                            for co in 0..<s.out_channels { body(input + ci, weight + co, output + co) }
                        }
                    }
                }
            }
        }
    }

    /// The convolution of `x`, and whether it wrote only what it may.
    private static func convolution(
        _ s: Winograd, _ x: [Float], _ transformed: [Float], bias: [Float]? = nil, isRectified: Bool = false,
        mask: [Float]? = nil
    ) -> (y: [Float], isIntact: Bool) {
        var s = s
        let workspace = GuardedBuffer(count: winograd_workspace_count(&s))
        let y = GuardedBuffer(count: outputCount(s))
        winograd_convolution(&s, x, transformed, bias, isRectified ? 1 : 0, mask, workspace.pointer, y.pointer)
        return (y.values, y.isIntact && workspace.isIntact)
    }

    private static func transformed(_ kernel: [Float], _ s: Winograd, isTurned: Bool = false) -> [Float] {
        var shape = isTurned ? turned(s) : s
        let transformed = GuardedBuffer(count: winograd_kernel_count(&shape))
        if isTurned {
            winograd_transform_turned_kernel(&shape, kernel, transformed.pointer)
        } else {
            winograd_transform_kernel(&shape, kernel, transformed.pointer)
        }
        #expect(transformed.isIntact)
        return transformed.values
    }

    /// The bound of one sum, which a tile shares with its neighbours: four times that of the largest.
    private static func agreeByTiles(_ values: [Float], _ sums: [ExactSum]) -> Bool {
        let bound = sums.map(\.singlePrecisionError).max() ?? 0
        return values.count == sums.count && zip(values, sums).allSatisfy { abs(Double($0) - $1.value) <= 4 * bound }
    }

    @Test(arguments: shapes.indices) func outputsAreTheSumsOfTheirDefinition(number: Int) {
        let s = Self.shapes[number]
        let x = randomValues(Self.inputCount(s), seed: 1)
        let kernel = randomValues(Self.kernelCount(s), seed: 2)
        let bias = number % 2 == 0 ? randomValues(s.out_channels, seed: 3) : nil
        let isRectified = number % 3 == 0
        let mask = number % 3 == 1 ? randomValues(Self.outputCount(s), seed: 4) : nil
        let result = Self.convolution(
            s, x, Self.transformed(kernel, s), bias: bias, isRectified: isRectified, mask: mask)

        var expected = [ExactSum](repeating: ExactSum(), count: Self.outputCount(s))
        if let bias {
            for index in expected.indices { expected[index].add(Double(bias[index % s.out_channels])) }
        }
        Self.eachProduct(s) { expected[$2].add(Double(x[$0]) * Double(kernel[$1])) }
        expected = expected.map { $0.rectified(isRectified) }
        if let mask { for index in expected.indices where mask[index] <= 0 { expected[index] = ExactSum() } }
        #expect(Self.agreeByTiles(result.y, expected) && result.isIntact)
        if let mask { #expect(zip(mask, result.y).allSatisfy { $0 > 0 || $1 == 0 }) }
    }

    @Test(arguments: shapes.indices) func inputGradientsAreTheSumsOfTheirDefinition(number: Int) {
        let s = Self.shapes[number]
        let kernel = randomValues(Self.kernelCount(s), seed: 5)
        let dy = randomValues(Self.outputCount(s), seed: 6)
        let result = Self.convolution(Self.turned(s), dy, Self.transformed(kernel, s, isTurned: true))

        var expected = [ExactSum](repeating: ExactSum(), count: Self.inputCount(s))
        Self.eachProduct(s) { expected[$0].add(Double(dy[$2]) * Double(kernel[$1])) }
        #expect(Self.agreeByTiles(result.y, expected) && result.isIntact)
    }

    @Test(arguments: shapes.indices) func weightGradientsAreTheSumsOfTheirDefinition(number: Int) {
        var s = Self.shapes[number]
        let x = randomValues(Self.inputCount(s), seed: 7)
        let dy = randomValues(Self.outputCount(s), seed: 8)
        let workspace = GuardedBuffer(count: winograd_gradient_workspace_count(&s))
        let gradient = GuardedBuffer(count: Self.kernelCount(s))
        winograd_weight_gradient(&s, x, dy, workspace.pointer, gradient.pointer)

        var expected = [ExactSum](repeating: ExactSum(), count: Self.kernelCount(s))
        Self.eachProduct(s) { expected[$1].add(Double(x[$0]) * Double(dy[$2])) }
        #expect(Self.agreeByTiles(gradient.values, expected) && gradient.isIntact && workspace.isIntact)
    }

    @Test(arguments: [4, 7, 10, 15]) func aSampleIsTheSameInAnyCompany(number: Int) {
        let s = Self.shapes[number]
        let x = randomValues(Self.inputCount(s), seed: 9)
        let transformed = Self.transformed(randomValues(Self.kernelCount(s), seed: 10), s)
        let all = Self.convolution(s, x, transformed).y
        var single = s
        single.samples = 1
        let (inputs, outputs) = (Self.inputCount(single), Self.outputCount(single))
        for sample in 0..<s.samples {
            let alone = Self.convolution(single, Array(x[sample * inputs..<(sample + 1) * inputs]), transformed).y
            #expect(sameBits(alone, Array(all[sample * outputs..<(sample + 1) * outputs])))
        }
    }

    @Test func noSamplesGiveNoGradient() {
        var s = Self.shapes[0]
        s.samples = 0
        let gradient = GuardedBuffer(count: Self.kernelCount(s))
        winograd_weight_gradient(&s, [0], [0], gradient.pointer, gradient.pointer)
        #expect(gradient.values.allSatisfy { $0 == 0 })
    }

    /// Transforms add and halve, so that errors stay near those of the direct sums: at most three times (of the root
    /// mean square), forward and for both gradients.
    @Test(arguments: [(16, 16), (16, 32), (32, 64), (64, 64), (128, 32)], [(3, 2), (5, 2), (7, 2), (3, 4)])
    func errorsAreAtMostThreeTimesTheDirectOnes(channels: (inputs: Int, outputs: Int), kernel: (side: Int, tile: Int)) {
        var s = Self.shape(
            kernel.side, kernel.side, tile: kernel.tile, samples: 4, height: 9, width: 9, padding: 0,
            from: channels.inputs, to: channels.outputs)
        let x = randomValues(Self.inputCount(s), seed: 11).map { max($0, 0) }
        let kernel = randomValues(Self.kernelCount(s), seed: 12)
        let dy = randomValues(Self.outputCount(s), seed: 13)
        var (y, dx, dw) = (
            [Double](repeating: 0, count: Self.outputCount(s)), [Double](repeating: 0, count: Self.inputCount(s)),
            [Double](repeating: 0, count: Self.kernelCount(s))
        )
        // The direct sums: one chain of additions each, in the order of the definition.
        var (directY, directDX, directDW) = (
            y.map { _ in Float(0) }, dx.map { _ in Float(0) }, dw.map { _ in Float(0) }
        )
        Self.eachProduct(s) { input, weight, output in
            y[output] += Double(x[input]) * Double(kernel[weight])
            dx[input] += Double(dy[output]) * Double(kernel[weight])
            dw[weight] += Double(x[input]) * Double(dy[output])
            directY[output] += x[input] * kernel[weight]
            directDX[input] += dy[output] * kernel[weight]
            directDW[weight] += x[input] * dy[output]
        }
        func error(_ values: [Float], _ exact: [Double]) -> Double {
            zip(values, exact).reduce(0) { $0 + (Double($1.0) - $1.1) * (Double($1.0) - $1.1) }.squareRoot()
        }
        let forward = Self.convolution(s, x, Self.transformed(kernel, s)).y
        #expect(error(forward, y) <= 3 * error(directY, y))

        let back = Self.convolution(Self.turned(s), dy, Self.transformed(kernel, s, isTurned: true)).y
        #expect(error(back, dx) <= 3 * error(directDX, dx))

        let workspace = GuardedBuffer(count: winograd_gradient_workspace_count(&s))
        let gradient = GuardedBuffer(count: Self.kernelCount(s))
        winograd_weight_gradient(&s, x, dy, workspace.pointer, gradient.pointer)
        #expect(error(gradient.values, dw) <= 3 * error(directDW, dw))
    }
}
