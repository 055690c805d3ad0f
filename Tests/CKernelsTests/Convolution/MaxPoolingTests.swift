import CKernels
import NumericTestSupport
import Testing

/// Max pooling against its definition: exact, since it only selects.
@Suite struct MaxPoolingTests {
    static let channelCounts = [1, 2, 3, 5, 7, 15, 16, 17, 30, 31, 32, 33, 48, 64, 100]

    /// Windows that tile, overlap, leave gaps, and reach over the edges.
    static func shapes(channels: Int) -> [Pooling] {
        [
            shape(6, 6, channels, window: (2, 2), stride: (2, 2)),
            shape(7, 9, channels, window: (2, 2), stride: (2, 2)),
            shape(7, 5, channels, window: (3, 2), stride: (2, 1)),
            shape(4, 4, channels, window: (4, 4), stride: (4, 4)),
            shape(8, 7, channels, window: (2, 1), stride: (3, 4)),
            shape(5, 6, channels, window: (3, 3), stride: (1, 1), top: 1, left: 1, output: (5, 6)),
            shape(5, 6, channels, window: (4, 5), stride: (2, 3), top: 1, left: 1, output: (3, 2)),
            shape(5, 21, channels, window: (3, 3), stride: (2, 2), top: 1, left: 1, output: (3, 11)),
            shape(4, 19, channels, window: (3, 3), stride: (1, 3), top: 0, left: 1, output: (2, 7)),
            shape(3, 20, channels, window: (5, 2), stride: (1, 1), top: 3, left: 1, output: (4, 21)),
            shape(16, 16, channels, window: (16, 16), stride: (1, 1)),
            // More positions than a byte has numbers for.
            shape(18, 20, channels, window: (17, 18), stride: (1, 2)),
            shape(17, 16, channels, window: (19, 23), stride: (9, 8), top: 5, left: 7, output: (2, 2)),
        ]
    }

    private static func shape(
        _ height: Int, _ width: Int, _ channels: Int, window: (Int, Int), stride: (Int, Int), top: Int = 0,
        left: Int = 0,
        output: (Int, Int)? = nil
    ) -> Pooling {
        let output = output ?? ((height - window.0) / stride.0 + 1, (width - window.1) / stride.1 + 1)
        return Pooling(
            height: height, width: width, channels: channels, out_height: output.0, out_width: output.1,
            window_height: window.0, window_width: window.1, stride_height: stride.0, stride_width: stride.1, top: top,
            left: left)
    }

    private struct Winner {
        var value = -Float.infinity
        var position: Int?
        /// Its place in the input.
        var place = 0
    }

    /// The first maximum of each window, in row-major order; not-a-number beats all.
    private func winners(_ p: Pooling, _ input: [Float], samples: Int) -> [Winner] {
        var winners: [Winner] = []
        for b in 0..<samples {
            for oh in 0..<p.out_height {
                for ow in 0..<p.out_width {
                    for c in 0..<p.channels {
                        var best = Winner()
                        for i in 0..<p.window_height {
                            for j in 0..<p.window_width {
                                let (h, w) = (oh * p.stride_height - p.top + i, ow * p.stride_width - p.left + j)
                                guard h >= 0, h < p.height, w >= 0, w < p.width, !best.value.isNaN else { continue }
                                let place = ((b * p.height + h) * p.width + w) * p.channels + c
                                if best.position == nil || input[place] > best.value || input[place].isNaN {
                                    best = Winner(
                                        value: input[place], position: i * p.window_width + j, place: place)
                                }
                            }
                        }
                        winners.append(best)
                    }
                }
            }
        }
        return winners
    }

    private func check(_ p: Pooling, _ input: [Float], samples: Int, sourceLocation: SourceLocation = #_sourceLocation)
    {
        var shape = p
        let expected = winners(p, input, samples: samples)
        let output = GuardedBuffer(count: expected.count)
        let bytes = max_pooling_position_bytes(&shape)
        #expect(bytes == (p.window_height * p.window_width > 256 ? 4 : 1), sourceLocation: sourceLocation)
        var winner = [UInt8](repeating: 255, count: expected.count * bytes + 1)
        winner[expected.count * bytes] = 77
        max_pooling(&shape, input, samples, output.pointer, &winner)
        #expect(sameNumbers(output.values, expected.map(\.value)) && output.isIntact, sourceLocation: sourceLocation)
        // The gradient follows the winners, outside of its memory if they lie there: without them it is not tried.
        let positions = expected.indices.map { index in
            (0..<bytes).reduce(0) { $0 + Int(winner[index * bytes + $1]) << (8 * $1) }
        }
        let isWinnerRight = positions == expected.map { $0.position! } && winner.last == 77
        #expect(isWinnerRight, sourceLocation: sourceLocation)
        guard isWinnerRight else { return }

        let gradient = randomValues(expected.count, seed: 11)
        let inputGradient = GuardedBuffer(count: input.count)
        max_pooling_backward(&shape, gradient, winner, nil, samples, inputGradient.pointer)
        var expectedGradient = [ExactSum](repeating: ExactSum(), count: input.count)
        for (winner, value) in zip(expected, gradient) { expectedGradient[winner.place].add(Double(value)) }
        #expect(agree(inputGradient.values, expectedGradient) && inputGradient.isIntact, sourceLocation: sourceLocation)

        // Through the rectifier that made the input: only windows with an output above zero pass their gradient on.
        let rectified = GuardedBuffer(count: input.count)
        max_pooling_backward(&shape, gradient, winner, output.values, samples, rectified.pointer)
        var passed = [ExactSum](repeating: ExactSum(), count: input.count)
        for (winner, value) in zip(expected, gradient) where winner.value > 0 {
            passed[winner.place].add(Double(value))
        }
        #expect(agree(rectified.values, passed) && rectified.isIntact, sourceLocation: sourceLocation)
    }

    private func sameNumbers(_ first: [Float], _ second: [Float]) -> Bool {
        zip(first, second).allSatisfy { $0 == $1 || ($0.isNaN && $1.isNaN) }
    }

    @Test(arguments: channelCounts) func windowsGiveTheirMaximumAndItsPlace(channels: Int) {
        for shape in Self.shapes(channels: channels) where shape.height < 16 || channels % 8 == 1 {
            check(shape, randomValues(2 * shape.height * shape.width * channels, seed: 12), samples: 2)
        }
    }

    @Test(arguments: [1, 16, 17]) func theFirstOfEqualMaximaWins(channels: Int) {
        for shape in Self.shapes(channels: channels) {
            let input = randomValues(shape.height * shape.width * channels, seed: 13, limit: 3).map { $0.rounded() }
            check(shape, input, samples: 1)
        }
    }

    @Test(arguments: [1, 16, 17]) func notANumberWins(channels: Int) {
        for shape in Self.shapes(channels: channels) {
            var input = randomValues(shape.height * shape.width * channels, seed: 14)
            for index in stride(from: 3, to: input.count, by: 7) { input[index] = .nan }
            check(shape, input, samples: 1)
        }
    }

    /// A winner outside the map would make the gradient write outside its memory.
    @Test(arguments: [1, 16, 17]) func windowsOfMinusInfinityHaveTheirWinnerOnTheMap(channels: Int) {
        for shape in Self.shapes(channels: channels) {
            let count = shape.height * shape.width * channels
            check(shape, [Float](repeating: -.infinity, count: count), samples: 1)
        }
    }
}
