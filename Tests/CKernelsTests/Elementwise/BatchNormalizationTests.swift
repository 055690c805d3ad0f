import CKernels
import NumericTestSupport
import Testing

/// The kernels of batch normalisation against their definitions in double precision.
@Suite struct BatchNormalizationTests {
    static let channelCounts = [1, 2, 3, 5, 7, 15, 16, 17, 30, 31, 32, 33, 48, 64, 100]
    /// None, one, and more rows than one block of partial sums (256).
    static let rowCounts = [0, 1, 2, 3, 7, 255, 256, 257, 700]

    @Test(arguments: channelCounts) func momentsAreSumsAndSumsOfSquares(channels: Int) {
        for rows in Self.rowCounts {
            let x = randomValues(rows * channels, seed: rows).map { $0 + 0.5 }
            var sums = [Double](repeating: .nan, count: 2 * channels + 1)
            channel_moments(x, rows, channels, &sums)
            var isRight = sums.removeLast().isNaN
            for channel in 0..<channels {
                var (plain, squares) = (ExactSum(), ExactSum())
                for row in 0..<rows {
                    let value = Double(x[row * channels + channel])
                    plain.add(value)
                    squares.add(value * value)
                }
                // Differences from a block's mean are rounded before they are squared: twice the usual bound.
                isRight =
                    isRight && abs(sums[channel] - plain.value) <= plain.singlePrecisionError
                    && abs(sums[channels + channel] - squares.value) <= 2 * squares.singlePrecisionError
            }
            #expect(isRight, "\(rows) rows")
        }
    }

    /// A mean of 1000 deviations: Σx² − (Σx)²/n in single precision would keep no digit of the variance.
    @Test(arguments: [1, 16, 21]) func theVarianceSurvivesALargeMean(channels: Int) {
        let rows = 700
        let x = randomValues(rows * channels, seed: 1).map { $0 + 1000 }
        var sums = [Double](repeating: 0, count: 2 * channels)
        channel_moments(x, rows, channels, &sums)
        for channel in 0..<channels {
            let values = stride(from: channel, to: x.count, by: channels).map { Double(x[$0]) }
            let mean = values.reduce(0, +) / Double(rows)
            let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(rows)
            let computedMean = sums[channel] / Double(rows)
            let computed = sums[channels + channel] / Double(rows) - computedMean * computedMean
            // A block's squares about its mean are added in chains of 64 in single precision: some 64·2⁻²⁴.
            #expect(abs(computed - variance) <= 4e-6 * variance)
            #expect(abs(computedMean - mean) <= 4e-6)
        }
    }

    @Test(arguments: channelCounts) func scaleAndShiftApplyToEachChannel(channels: Int) {
        for rows in [0, 1, 2, 19] {
            let x = randomValues(rows * channels, seed: 2)
            let (scale, shift) = (randomValues(channels, seed: 3), randomValues(channels, seed: 4))
            let mean = randomValues(channels, seed: 5)
            let y = GuardedBuffer(count: x.count)
            channel_scale_shift(x, mean, scale, shift, rows, channels, 0, y.pointer)
            var expected: [ExactSum] = []
            for index in x.indices {
                var sum = ExactSum()
                sum.add(Double(x[index]) * Double(scale[index % channels]))
                sum.add(-Double(mean[index % channels]) * Double(scale[index % channels]))
                sum.add(Double(shift[index % channels]))
                expected.append(sum)
            }
            #expect(agree(y.values, expected) && y.isIntact, "\(rows) rows")
            let rectified = GuardedBuffer(count: x.count)
            channel_scale_shift(x, mean, scale, shift, rows, channels, 1, rectified.pointer)
            #expect(rectified.values == y.values.map { max($0, 0) } && rectified.isIntact, "\(rows) rows")
        }
    }

    @Test(arguments: channelCounts) func gradientSumsAreThoseOfBetaAndGamma(channels: Int) {
        for rows in Self.rowCounts {
            let (x, dy) = (randomValues(rows * channels, seed: 5), randomValues(rows * channels, seed: 6))
            let (mean, inverse) = (randomValues(channels, seed: 7), randomValues(channels, seed: 8).map { $0 + 2 })
            var sums = [Double](repeating: .nan, count: 2 * channels + 1)
            channel_gradient_sums(x, dy, mean, inverse, nil, nil, rows, channels, &sums)
            var isRight = sums.removeLast().isNaN
            for channel in 0..<channels {
                var (plain, product) = (ExactSum(), ExactSum())
                for row in 0..<rows {
                    let index = row * channels + channel
                    let normalized = (Double(x[index]) - Double(mean[channel])) * Double(inverse[channel])
                    plain.add(Double(dy[index]))
                    product.add(Double(dy[index]) * normalized)
                }
                isRight =
                    isRight && abs(sums[channel] - plain.value) <= plain.singlePrecisionError
                    && abs(sums[channels + channel] - product.value) <= 2 * product.singlePrecisionError
            }
            #expect(isRight, "\(rows) rows")
        }
    }

    @Test(arguments: channelCounts) func gradientIsTheLinearFormOfItsFactors(channels: Int) {
        let rows = 13
        let (x, dy) = (randomValues(rows * channels, seed: 9), randomValues(rows * channels, seed: 10))
        let factors = (0..<3).map { randomValues(channels, seed: 20 + $0) }
        let mean = randomValues(channels, seed: 24)
        let dx = GuardedBuffer(count: x.count)
        channel_gradient(x, dy, mean, factors[0], factors[1], factors[2], nil, nil, rows, channels, dx.pointer)
        let expected = x.indices.map { index in
            var sum = ExactSum()
            sum.add(Double(dy[index]) * Double(factors[0][index % channels]))
            sum.add(Double(x[index]) * Double(factors[1][index % channels]))
            sum.add(-Double(mean[index % channels]) * Double(factors[1][index % channels]))
            sum.add(Double(factors[2][index % channels]))
            return sum
        }
        #expect(agree(dx.values, expected) && dx.isIntact)
    }

    /// With scale and shift the gradient comes back through the rectifier behind them: the same numbers as from a
    /// gradient that is 0 where the output is.
    @Test(arguments: channelCounts) func gradientsGoThroughTheRectifier(channels: Int) {
        let rows = 300
        let (x, dy) = (randomValues(rows * channels, seed: 11), randomValues(rows * channels, seed: 12))
        let (scale, shift) = (randomValues(channels, seed: 13), randomValues(channels, seed: 14))
        let (mean, inverse) = (randomValues(channels, seed: 15), randomValues(channels, seed: 16).map { $0 + 2 })
        var y = [Float](repeating: 0, count: x.count)
        channel_scale_shift(x, mean, scale, shift, rows, channels, 1, &y)
        let passed = zip(y, dy).map { $0 > 0 ? $1 : 0 }

        var sums = [Double](repeating: 0, count: 2 * channels)
        var expectedSums = sums
        channel_gradient_sums(x, dy, mean, inverse, scale, shift, rows, channels, &sums)
        channel_gradient_sums(x, passed, mean, inverse, nil, nil, rows, channels, &expectedSums)
        #expect(sums == expectedSums)

        let factors = (0..<3).map { randomValues(channels, seed: 30 + $0) }
        let dx = GuardedBuffer(count: x.count)
        channel_gradient(
            x, dy, mean, factors[0], factors[1], factors[2], scale, shift, rows, channels, dx.pointer)
        var expected = [Float](repeating: 0, count: x.count)
        channel_gradient(x, passed, mean, factors[0], factors[1], factors[2], nil, nil, rows, channels, &expected)
        #expect(dx.values == expected && dx.isIntact)
    }
}
