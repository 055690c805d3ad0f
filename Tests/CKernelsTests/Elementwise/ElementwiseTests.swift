import CKernels
import NumericTestSupport
import Tensors
import Testing

/// ReLU, sums of pairs and dropout against their plain definitions.
@Suite struct ElementwiseTests {
    static let counts = [0, 1, 15, 16, 17, 63, 64, 65, 100, 1000]

    @Test(arguments: counts) func reluIsTheMaximumWithZero(count: Int) {
        let values = randomValues(count, seed: 1)
        let output = GuardedBuffer(count: count)
        relu(values, count, output.pointer)
        #expect(output.values == values.map { max($0, 0) } && output.isIntact)
        let gradient = randomValues(count, seed: 2)
        let inputGradient = GuardedBuffer(gradient)
        relu_backward(output.pointer, inputGradient.pointer, count, inputGradient.pointer)
        #expect(inputGradient.values == zip(values, gradient).map { $0 > 0 ? $1 : 0 } && inputGradient.isIntact)
    }

    @Test func reluKeepsNotANumberAndInfinity() {
        let values = [Float.nan, -.infinity, .infinity, -0.0, 0] + [Float](repeating: .nan, count: 30)
        let output = GuardedBuffer(count: values.count)
        relu(values, values.count, output.pointer)
        #expect(output.values[0].isNaN && output.values[5...].allSatisfy(\.isNaN))
        #expect(Array(output.values[1..<5]) == [0, .infinity, 0, 0])
    }

    @Test(arguments: [1, 15, 16, 17, 40]) func aRowIsAddedToEachRow(channels: Int) {
        let (values, row) = (randomValues(9 * channels, seed: 7), randomValues(channels, seed: 8))
        let sums = values.indices.map { values[$0] + row[$0 % channels] }
        let output = GuardedBuffer(values)
        add_to_rows(row, 9, channels, 0, output.pointer)
        #expect(output.values == sums && output.isIntact)
        output.values = values
        add_to_rows(row, 9, channels, 1, output.pointer)
        #expect(output.values == sums.map { max($0, 0) } && output.isIntact)
    }

    @Test func columnsGoToOtherColumns() {
        let values = (0..<20).map { Float($0) }
        let target = GuardedBuffer([Float](repeating: -1, count: 9))
        copy_columns(Array(values[2...]), 3, 2, 5, 3, target.pointer + 1)
        #expect(target.values == [-1, 2, 3, -1, 7, 8, -1, 12, 13] && target.isIntact)
    }

    @Test(arguments: counts) func sumsOfPairsAreRectifiedOnRequest(count: Int) {
        let (first, second) = (randomValues(count, seed: 4), randomValues(count, seed: 5))
        let sums = zip(first, second).map { $0 + $1 }
        let output = GuardedBuffer(count: count)
        add_pair(first, second, count, 0, output.pointer)
        #expect(output.values == sums && output.isIntact)
        add_pair(first, second, count, 1, output.pointer)
        #expect(output.values == sums.map { max($0, 0) } && output.isIntact)
    }

    @Test(arguments: [0, 1] as [Int32]) func notANumberPassesTheSumOfAPair(rectify: Int32) {
        let values = randomValues(35, seed: 6), marked = values.enumerated().map { $0 % 3 == 0 ? .nan : $1 }
        let output = GuardedBuffer(count: 35)
        for (first, second) in [(values, marked), (marked, values)] {
            add_pair(first, second, 35, rectify, output.pointer)
            #expect(output.values.map(\.isNaN) == (0..<35).map { $0 % 3 == 0 })
        }
    }

    /// Element i takes word (i mod 64) / 16 of block (i / 64)·16 + i mod 16.
    private func uniform(_ element: Int, seed: UInt64, sample: UInt32, step: UInt32, purpose: UInt32) -> Float {
        let counter = [UInt32(element / 64 * 16 + element % 16), sample, step, purpose]
        var words = [UInt32](repeating: 0, count: 4)
        philox4x32_10(counter, [UInt32(truncatingIfNeeded: seed), UInt32(seed >> 32)], &words)
        return Float(words[element % 64 / 16] >> 8) * 0x1p-24
    }

    @Test(arguments: counts, [0, 0.25, 0.3, 0.5, 0.999] as [Float])
    func dropoutFollowsThePlainGenerator(count: Int, rate: Float) {
        let (seed, sample, step, purpose) = (
            0x0123_4567_89ab_cdef as UInt64, 9 as UInt32, 7 as UInt32, 5 << 16 as UInt32
        )
        let values = randomValues(count, seed: 3)
        let output = GuardedBuffer(count: count)
        var keep = [UInt8](repeating: 99, count: count + 1)
        dropout(values, count, rate, seed, sample, step, purpose, output.pointer, &keep)
        let isKept = (0..<count).map {
            uniform($0, seed: seed, sample: sample, step: step, purpose: purpose) >= rate
        }
        #expect(keep == isKept.map { $0 ? 1 : 0 } + [99] && output.isIntact)
        let scale = 1 / (1 - rate)
        #expect(output.values == zip(values, isKept).map { $1 ? $0 * scale : 0 })
        let gradient = GuardedBuffer(count: count)
        dropout_backward(values, keep, count, rate, gradient.pointer)
        #expect(sameBits(gradient.values, output.values) && gradient.isIntact)
    }
}
