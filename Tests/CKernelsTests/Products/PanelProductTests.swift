import CKernels
import NumericTestSupport
import Testing

/// `row_product` with wide matrices, plain and in panels, against the loops for narrow ones, which take the same chains
/// of multiply-adds: bit for bit.
@Suite struct PanelProductTests {
    /// Around whole tiles of 14 rows, and more than one chunk of 112.
    static let rowCounts = [1, 2, 13, 14, 15, 29, 64, 112, 113, 230]
    /// Runs of one row, and floats of a run: less than a vector, and around blocks of 128.
    static let runs = [(1, 5), (3, 16), (1, 128), (2, 131), (1, 300)]

    @Test(arguments: [128, 160], runs) func wideMatricesGiveTheBitsOfNarrowOnes(channels: Int, run: (Int, Int)) {
        let (segments, length) = run
        // More rows of weights than a row meets, as at a map's border.
        let segmentRows = length + 3
        let weights = randomValues(segments * segmentRows * channels, seed: 1)
        let bias = randomValues(channels, seed: 2)
        for rows in Self.rowCounts {
            var product = RowProductTests.Call(channels: channels, rows: rows, segments: segments, length: length)
                .product
            product.segment_rows = segmentRows
            let input = GuardedBuffer(randomValues(product.input_group, seed: rows))
            for (hasBias, isRectified) in [(true, false), (false, true)] {
                let narrow = narrowSlices(product, input, weights, hasBias ? bias : nil, isRectified)
                let plain = output(product, input, weights, hasBias ? bias : nil, isRectified)
                #expect(sameBits(plain.values, narrow.values) && plain.isIntact, "\(rows) rows, plain")
                var packed = product
                packed.weight_step = 32
                packed.panel_step = segments * segmentRows * 32
                let panels = inPanels(weights, channels: channels)
                let result = output(packed, input, panels, hasBias ? bias : nil, isRectified)
                #expect(sameBits(result.values, narrow.values) && result.isIntact, "\(rows) rows, panels")
            }
        }
    }

    @Test func noInputsGiveTheBias() {
        var product = RowProductTests.Call(channels: 128, rows: 3, segments: 1, length: 4).product
        product.segments = 0
        let bias = randomValues(128, seed: 3)
        let input = GuardedBuffer(randomValues(product.input_group, seed: 4))
        let values = output(product, input, [Float](repeating: 1, count: 4 * 128), bias, false).values
        for row in 0..<3 { #expect(Array(values[row * product.output_step..<row * product.output_step + 128]) == bias) }
    }

    @Test func onlyWholePanelsOfWideMatricesFit() {
        #expect([128, 160, 2048].allSatisfy { panel_product_fits($0) != 0 })
        #expect([1, 32, 64, 96, 130, 144, 200].allSatisfy { panel_product_fits($0) == 0 })
    }

    private func output(
        _ product: RowProduct, _ input: GuardedBuffer, _ weights: [Float], _ bias: [Float]?, _ isRectified: Bool
    ) -> GuardedBuffer {
        var product = product
        let output = GuardedBuffer(count: product.output_group)
        let weights = GuardedBuffer(weights)
        let bias = bias.map(GuardedBuffer.init)
        row_product(&product, input.pointer, weights.pointer, bias?.pointer, isRectified ? 1 : 0, output.pointer)
        return output
    }

    /// The same product, 32 channels at a time.
    private func narrowSlices(
        _ product: RowProduct, _ input: GuardedBuffer, _ weights: [Float], _ bias: [Float]?, _ isRectified: Bool
    ) -> GuardedBuffer {
        let output = GuardedBuffer(count: product.output_group)
        let guardedWeights = GuardedBuffer(weights)
        let guardedBias = bias.map(GuardedBuffer.init)
        for first in stride(from: 0, to: product.channels, by: 32) {
            var slice = product
            slice.channels = 32
            row_product(
                &slice, input.pointer, guardedWeights.pointer + first, guardedBias.map { $0.pointer + first },
                isRectified ? 1 : 0, output.pointer + first)
        }
        return output
    }

    private func inPanels(_ weights: [Float], channels: Int) -> [Float] {
        let rows = weights.count / channels
        return (0..<weights.count).map { place in
            let (panel, row, channel) = (place / (rows * 32), place / 32 % rows, place % 32)
            return weights[row * channels + panel * 32 + channel]
        }
    }
}
