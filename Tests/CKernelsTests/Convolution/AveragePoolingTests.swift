import CKernels
import NumericTestSupport
import Testing

/// Means over windows and over whole maps, and largest values of maps, against their definitions in double precision.
@Suite struct AveragePoolingTests {
    /// A sum divided by a count: one rounding more than the sum's.
    private func mean(_ values: [Float]) -> ExactSum {
        var sum = ExactSum()
        for value in values { sum.add(Double(value) / Double(values.count)) }
        return sum
    }

    /// The places in the input of the pixels that each output sees.
    private func windows(_ p: Pooling, samples: Int) -> [[Int]] {
        var windows: [[Int]] = []
        for b in 0..<samples {
            for oh in 0..<p.out_height {
                for ow in 0..<p.out_width {
                    let rows = (0..<p.window_height).map { oh * p.stride_height - p.top + $0 }
                    let columns = (0..<p.window_width).map { ow * p.stride_width - p.left + $0 }
                    let pixels = rows.filter { 0..<p.height ~= $0 }.flatMap { row in
                        columns.filter { 0..<p.width ~= $0 }.map { ((b * p.height + row) * p.width + $0) * p.channels }
                    }
                    windows += (0..<p.channels).map { c in pixels.map { $0 + c } }
                }
            }
        }
        return windows
    }

    @Test(arguments: MaxPoolingTests.channelCounts) func windowsGiveTheMeanOfWhatLiesOnTheMap(channels: Int) {
        for given in MaxPoolingTests.shapes(channels: channels) where given.height < 16 || channels % 8 == 1 {
            var shape = given
            let input = randomValues(2 * shape.height * shape.width * channels, seed: 1)
            let windows = windows(shape, samples: 2)
            let output = GuardedBuffer(count: windows.count)
            average_pooling(&shape, input, 2, output.pointer)
            #expect(agree(output.values, windows.map { mean($0.map { input[$0] }) }) && output.isIntact)

            let gradient = randomValues(windows.count, seed: 2)
            let inputGradient = GuardedBuffer(count: input.count)
            average_pooling_backward(&shape, gradient, 2, inputGradient.pointer)
            var expected = [ExactSum](repeating: ExactSum(), count: input.count)
            for (window, value) in zip(windows, gradient) {
                for place in window { expected[place].add(Double(value) / Double(window.count)) }
            }
            #expect(agree(inputGradient.values, expected) && inputGradient.isIntact)
        }
    }

    @Test(arguments: MaxPoolingTests.channelCounts, [1, 2, 30]) func globalMeansAreOverAllRows(channels: Int, rows: Int)
    {
        let input = randomValues(3 * rows * channels, seed: 3)
        let output = GuardedBuffer(count: 3 * channels)
        global_average(input, 3, rows, channels, output.pointer)
        let expected = (0..<3 * channels).map { index in
            mean((0..<rows).map { input[(index / channels * rows + $0) * channels + index % channels] })
        }
        #expect(agree(output.values, expected) && output.isIntact)
        let inputGradient = GuardedBuffer(count: input.count)
        global_average_backward(output.pointer, 3, rows, channels, inputGradient.pointer)
        let shares = input.indices.map {
            output.values[$0 / (rows * channels) * channels + $0 % channels] / Float(rows)
        }
        #expect(inputGradient.values == shares && inputGradient.isIntact)
    }

    /// A mean far from zero over a map of 128 × 128 pixels: a chain of as many additions would lose two digits.
    @Test(arguments: [1, 16, 17]) func globalMeansOfLargeMapsKeepTheirDigits(channels: Int) {
        let rows = 128 * 128
        let input = randomValues(rows * channels, seed: 8).map { $0 + 3 }
        let output = GuardedBuffer(count: channels)
        global_average(input, 1, rows, channels, output.pointer)
        for channel in 0..<channels {
            let sum = stride(from: channel, to: input.count, by: channels).reduce(0) { $0 + Double(input[$1]) }
            // Chains of sixteen additions, whose roundings average out over the blocks, and one rounding at the end.
            #expect(abs(Double(output.values[channel]) / (sum / Double(rows)) - 1) <= 1e-7)
        }
        #expect(output.isIntact)
    }

    /// Small whole numbers, so that most maps have several largest values.
    @Test(arguments: MaxPoolingTests.channelCounts, [1, 2, 30])
    func globalMaximaShareTheirGradientAmongEquals(channels: Int, rows: Int) {
        let input = randomValues(3 * rows * channels, seed: 4, limit: 3).map { $0.rounded() - 5 }
        let output = GuardedBuffer(count: 3 * channels)
        global_max(input, 3, rows, channels, output.pointer)
        let gradient = randomValues(3 * channels, seed: 5)
        let inputGradient = GuardedBuffer(count: input.count)
        global_max_backward(input, output.pointer, gradient, 3, rows, channels, inputGradient.pointer)
        var expected = [Float](repeating: .nan, count: output.count)
        var expectedGradient = [Float](repeating: 0, count: input.count)
        for index in 0..<3 * channels {
            let places = (0..<rows).map { (index / channels * rows + $0) * channels + index % channels }
            let largest = places.map { input[$0] }.max()!
            expected[index] = largest
            let winners = places.filter { input[$0] == largest }
            for place in winners { expectedGradient[place] = gradient[index] / Float(winners.count) }
        }
        #expect(output.values == expected && inputGradient.values == expectedGradient)
        #expect(output.isIntact && inputGradient.isIntact)
    }

    @Test(arguments: [0, 3, 6]) func notANumberReachesTheOutputFromAnyRow(row: Int) {
        let (rows, channels) = (7, 17)
        var input = randomValues(rows * channels, seed: 6)
        for channel in stride(from: 0, to: channels, by: 2) { input[row * channels + channel] = .nan }
        var shape = Pooling(
            height: rows, width: 1, channels: channels, out_height: 1, out_width: 1, window_height: rows,
            window_width: 1, stride_height: 1, stride_width: 1, top: 0, left: 0)
        let output = GuardedBuffer(count: channels)
        let isMarked = (0..<channels).map { $0 % 2 == 0 }
        average_pooling(&shape, input, 1, output.pointer)
        #expect(output.values.map(\.isNaN) == isMarked)
        global_average(input, 1, rows, channels, output.pointer)
        #expect(output.values.map(\.isNaN) == isMarked)
        global_max(input, 1, rows, channels, output.pointer)
        #expect(output.values.map(\.isNaN) == isMarked)
    }
}
