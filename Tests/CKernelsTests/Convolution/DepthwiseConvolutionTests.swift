import CKernels
import NumericTestSupport
import Testing

/// Convolutions of single channels against their definition, product by product.
@Suite struct DepthwiseConvolutionTests {
    /// Windows that lie on the map, reach over its edges, lie beside it, and leave pixels out.
    private static func shapes(channels: Int) -> [DepthwiseConvolution] {
        [
            shape((7, 15), channels, window: (3, 3), stride: (1, 1), dilation: (1, 1), before: (1, 1), output: (7, 15)),
            shape((6, 8), channels, window: (2, 3), stride: (1, 1), dilation: (2, 3), before: (0, 0), output: (4, 2)),
            shape((7, 6), channels, window: (3, 2), stride: (2, 3), dilation: (1, 2), before: (1, 0), output: (4, 2)),
            shape((2, 3), channels, window: (5, 3), stride: (1, 2), dilation: (2, 4), before: (4, 4), output: (2, 2)),
            shape((5, 19), channels, window: (5, 5), stride: (1, 1), dilation: (1, 1), before: (2, 2), output: (5, 19)),
            shape((5, 35), channels, window: (3, 3), stride: (2, 2), dilation: (1, 1), before: (0, 0), output: (2, 17)),
            shape((4, 24), channels, window: (3, 7), stride: (1, 2), dilation: (1, 2), before: (1, 6), output: (4, 12)),
            shape((3, 14), channels, window: (1, 4), stride: (3, 2), dilation: (1, 1), before: (0, 1), output: (1, 7)),
        ]
    }

    private static func shape(
        _ extent: (Int, Int), _ channels: Int, window: (Int, Int), stride: (Int, Int), dilation: (Int, Int),
        before: (Int, Int), output: (Int, Int)
    ) -> DepthwiseConvolution {
        DepthwiseConvolution(
            height: extent.0, width: extent.1, channels: channels, out_height: output.0, out_width: output.1,
            window_height: window.0, window_width: window.1, stride_height: stride.0, stride_width: stride.1,
            dilation_height: dilation.0, dilation_width: dilation.1, top: before.0, left: before.1)
    }

    /// Calls `body` with the places of each product's input, weight and output.
    private func eachProduct(
        _ s: DepthwiseConvolution, samples: Int, _ body: (_ input: Int, _ weight: Int, _ output: Int) -> Void
    ) {
        for output in 0..<samples * s.out_height * s.out_width {
            let (sample, place) = (output / (s.out_height * s.out_width), output % (s.out_height * s.out_width))
            for tap in 0..<s.window_height * s.window_width {
                let row = place / s.out_width * s.stride_height - s.top + tap / s.window_width * s.dilation_height
                let column = place % s.out_width * s.stride_width - s.left + tap % s.window_width * s.dilation_width
                guard 0..<s.height ~= row, 0..<s.width ~= column else { continue }
                let pixel = (sample * s.height + row) * s.width + column
                for c in 0..<s.channels { body(pixel * s.channels + c, tap * s.channels + c, output * s.channels + c) }
            }
        }
    }

    @Test(arguments: MaxPoolingTests.channelCounts) func outputsAndGradientsAreSumsOfProducts(channels: Int) {
        for given in Self.shapes(channels: channels) {
            var s = given
            let x = randomValues(2 * s.height * s.width * channels, seed: 1)
            let dy = randomValues(2 * s.out_height * s.out_width * channels, seed: 2)
            let weights = randomValues(s.window_height * s.window_width * channels, seed: 3)
            let bias = randomValues(channels, seed: 4)
            var output = dy.indices.map { index in
                var sum = ExactSum()
                sum.add(Double(bias[index % channels]))
                return sum
            }
            var inputGradient = [ExactSum](repeating: ExactSum(), count: x.count)
            var weightGradient = [ExactSum](repeating: ExactSum(), count: weights.count)
            eachProduct(s, samples: 2) { i, w, o in
                output[o].add(Double(x[i]) * Double(weights[w]))
                inputGradient[i].add(Double(dy[o]) * Double(weights[w]))
                weightGradient[w].add(Double(x[i]) * Double(dy[o]))
            }
            let (y, dx) = (GuardedBuffer(count: dy.count), GuardedBuffer(count: x.count))
            let gradient = GuardedBuffer(count: weights.count)
            depthwise_convolution(&s, x, 2, weights, bias, 0, y.pointer)
            depthwise_convolution_input_gradient(&s, dy, 2, weights, dx.pointer)
            depthwise_convolution_weight_gradient(&s, x, dy, 2, gradient.pointer)
            #expect(agree(y.values, output) && y.isIntact)
            #expect(agree(dx.values, inputGradient) && dx.isIntact)
            #expect(agree(gradient.values, weightGradient) && gradient.isIntact)

            let rectified = GuardedBuffer(count: dy.count)
            depthwise_convolution(&s, x, 2, weights, bias, 1, rectified.pointer)
            #expect(rectified.values == y.values.map { max($0, 0) } && rectified.isIntact)
        }
    }

    @Test(arguments: [1, 3, 17], [1, 2, 5]) func channelsAreRepeatedAndAddedUpAgain(channels: Int, multiplier: Int) {
        let x = randomValues(7 * channels, seed: 5).map { ($0 * 64).rounded() }
        let repeated = GuardedBuffer(count: x.count * multiplier)
        repeat_channels(x, 7, channels, multiplier, repeated.pointer)
        #expect(repeated.values == x.flatMap { [Float](repeating: $0, count: multiplier) } && repeated.isIntact)
        let sums = GuardedBuffer(count: x.count)
        add_repeated_channels(repeated.pointer, 7, channels, multiplier, sums.pointer)
        #expect(sums.values == x.map { $0 * Float(multiplier) } && sums.isIntact)
    }
}
