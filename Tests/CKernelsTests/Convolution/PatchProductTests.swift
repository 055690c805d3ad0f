import CKernels
import NumericTestSupport
import Testing

/// `patch_product` bit for bit against the chain of multiply-adds that its header defines.
@Suite struct PatchProductTests {
    /// Pixels, windows, taps, stride, dilation and padding before of one axis: whole and partial windows, some beside the
    /// map altogether; maps smaller than the kernel; gaps between taps and between windows.
    static let axes: [PatchAxis] = [
        axis(9, windows: 9, taps: 3, before: 1), axis(8, windows: 4, taps: 3, stride: 2),
        axis(2, windows: 2, taps: 7, before: 3), axis(11, windows: 5, taps: 1, stride: 2),
        axis(6, windows: 8, taps: 3, dilation: 2, before: 3), axis(5, windows: 4, taps: 2, before: -3),
        axis(7, windows: 3, taps: 5, stride: 3, dilation: 3, before: 6), axis(1, windows: 1, taps: 1),
        axis(20, windows: 20, taps: 1), axis(4, windows: 9, taps: 2, before: 5),
    ]
    static let channels = [(1, 16), (3, 64), (20, 50), (16, 15), (17, 33), (5, 1), (32, 32), (2, 96)]

    private static func axis(
        _ pixels: Int, windows: Int, taps: Int, stride: Int = 1, dilation: Int = 1, before: Int = 0
    ) -> PatchAxis {
        PatchAxis(
            pixels: pixels, windows: windows, taps: taps, stride: stride, dilation: dilation, before: before)
    }

    /// Outputs with gaps between pixels, lines and samples.
    private func patches(_ rows: PatchAxis, _ columns: PatchAxis, channels: (Int, Int), gap: Int) -> Patches {
        let pixel = channels.1 + gap
        let line = columns.windows * pixel + 2 * gap
        return Patches(
            samples: 3, rows: rows, columns: columns, in_channels: channels.0, out_channels: channels.1,
            out_sample: rows.windows * line + 3 * gap, out_line: line, out_pixel: pixel)
    }

    /// The taps of one window that lie on the map, with their pixels.
    private func taps(_ axis: PatchAxis, window: Int) -> [(tap: Int, pixel: Int)] {
        (0..<axis.taps).map { ($0, window * axis.stride + $0 * axis.dilation - axis.before) }
            .filter { 0..<axis.pixels ~= $0.1 }
    }

    @Test(arguments: channels) func eachOutputIsTheChainOfItsTapsOnTheMap(channels: (Int, Int)) {
        for (number, rows) in Self.axes.enumerated() {
            let columns = Self.axes[(number * 3 + channels.0) % Self.axes.count]
            var shape = patches(rows, columns, channels: channels, gap: number % 3)
            let x = randomValues(3 * rows.pixels * columns.pixels * channels.0, seed: number)
            let weightRows = rows.taps * columns.taps * channels.0
            let weights = randomValues(weightRows * channels.1, seed: 50 + number)
            let panels = GuardedBuffer(count: panels_count(weightRows, channels.1))
            pack_panels(weights, weightRows, channels.1, 0, weightRows, panels.pointer)
            let bias = number % 4 == 0 ? nil : randomValues(channels.1, seed: 99)
            let y = GuardedBuffer(count: 3 * shape.out_sample)
            let input = GuardedBuffer(x)
            patch_product(&shape, input.pointer, panels.pointer, bias, Int32(number % 2), y.pointer)
            let expected = chains(shape, x, weights, bias, isRectified: number % 2 == 1)
            let isRight = zip(y.values, expected).allSatisfy { value, sum in
                guard let sum else { return value.isNaN }
                return value == sum.fused || value == sum.plain
            }
            #expect(isRight && y.isIntact && panels.isIntact, "\(rows) × \(columns)")
        }
    }

    /// Each output with multiply-adds fused and not; nil where nothing is to be written.
    private func chains(
        _ s: Patches, _ x: [Float], _ weights: [Float], _ bias: [Float]?, isRectified: Bool
    ) -> [(fused: Float, plain: Float)?] {
        var outputs = [(fused: Float, plain: Float)?](repeating: nil, count: 3 * s.out_sample)
        for sample in 0..<3 {
            for row in 0..<s.rows.windows {
                for column in 0..<s.columns.windows {
                    let across = taps(s.columns, window: column), down = taps(s.rows, window: row)
                    let pairs =
                        s.columns.dilation == 1
                        ? down.flatMap { a in across.map { (a, $0) } } : across.flatMap { b in down.map { ($0, b) } }
                    for n in 0..<s.out_channels {
                        var sum = (fused: bias?[n] ?? 0, plain: bias?[n] ?? 0)
                        for (a, b) in pairs {
                            let pixel = (sample * s.rows.pixels + a.pixel) * s.columns.pixels + b.pixel
                            for c in 0..<s.in_channels {
                                let value = x[pixel * s.in_channels + c]
                                let weight = weights[
                                    ((a.tap * s.columns.taps + b.tap) * s.in_channels + c) * s.out_channels + n]
                                sum.fused.addProduct(value, weight)
                                sum.plain += value * weight
                            }
                        }
                        let place = sample * s.out_sample + row * s.out_line + column * s.out_pixel + n
                        outputs[place] = isRectified ? (max(sum.fused, 0), max(sum.plain, 0)) : sum
                    }
                }
            }
        }
        return outputs
    }

    @Test(arguments: [(1, 1), (5, 16), (3, 17), (40, 31), (33, 32), (16, 33), (7, 48), (20, 50)])
    func panelsHoldTheMatrixOrItsTransposeAndZeros(rows: Int, columns: Int) {
        let matrix = randomValues(rows * columns, seed: 1)
        let transposed = (0..<rows * columns).map { matrix[$0 % rows * columns + $0 / rows] }
        // In two pieces, as tap after tap of a kernel.
        let first = rows / 3
        let plain = GuardedBuffer(count: panels_count(rows, columns)), turned = GuardedBuffer(count: plain.values.count)
        for (start, count) in [(0, first), (first, rows - first)] {
            pack_panels(Array(matrix[(start * columns)...]), rows, columns, start, count, plain.pointer)
            let piece = (0..<columns * count).map { transposed[$0 / count * rows + start + $0 % count] }
            pack_transposed_panels(piece, rows, columns, start, count, turned.pointer)
        }
        var expected: [Float] = []
        for panel in stride(from: 0, to: columns, by: 32) {
            let width = columns - panel > 16 ? 32 : 16
            for row in 0..<rows {
                for column in panel..<panel + width {
                    expected.append(column < columns ? matrix[row * columns + column] : 0)
                }
            }
        }
        #expect(plain.values == expected && plain.isIntact)
        #expect(turned.values == expected && turned.isIntact)
    }
}
