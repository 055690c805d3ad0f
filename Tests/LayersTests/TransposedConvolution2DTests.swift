import Layers
import NumericTestSupport
import Tensors
import Testing

@Suite struct TransposedConvolution2DTests {
    /// A transposed convolution, written down plainly.
    struct Case: CustomTestStringConvertible, Sendable {
        let inputShape: Shape
        let filters: Int
        var kernel = Extent2D(3, 3)
        var strides = Extent2D(1, 1)
        var padding = Padding.valid
        var outputPadding: Extent2D?
        var dilation = Extent2D(1, 1)
        var isRectified = false
        var hasBias = true

        var layer: TransposedConvolution2D {
            TransposedConvolution2D(
                name: "up", inputShape: inputShape, filters: filters, kernelSize: kernel, strides: strides,
                padding: padding, outputPadding: outputPadding, dilation: dilation, isRectified: isRectified,
                hasBias: hasBias)
        }

        /// The output's extent along one axis, and how much of the first kernel lies before it.
        ///
        /// Source: `_get_output_shape_given_tf_padding` and `_convert_conv_transpose_padding_args_from_keras_to_jax`
        /// in keras/src/backend/common/backend_utils.py.
        private func axis(_ input: Int, _ window: Int, _ stride: Int, _ more: Int?, _ dilation: Int)
            -> (output: Int, before: Int)
        {
            let reach = (window - 1) * dilation + 1
            if padding == .valid { return ((input - 1) * stride + reach + (more ?? max(reach, stride) - reach), 0) }
            let output = more == nil ? input * stride : (input - 1) * stride + reach % 2 + more!
            let pads = more == nil ? stride + reach - 2 : reach + reach % 2 - 2 + more!
            return (output, reach - 1 - min(pads / 2 + pads % 2, reach - 1))
        }

        private var rows: (output: Int, before: Int) {
            axis(inputShape.extents[0], kernel.height, strides.height, outputPadding?.height, dilation.height)
        }
        private var columns: (output: Int, before: Int) {
            axis(inputShape.extents[1], kernel.width, strides.width, outputPadding?.width, dilation.width)
        }
        var outputShape: Shape { [rows.output, columns.output, filters] }

        /// The definition; parameters are kernel (height, width, out, in), then bias.
        func output(_ input: [Double], _ parameters: [Double], samples: Int) -> [Double] {
            let (rows, columns, channels) = (rows, columns, inputShape.channels)
            let kernelCount = kernel.height * kernel.width * filters * channels
            let bias = hasBias ? Array(parameters[kernelCount...]) : [Double](repeating: 0, count: filters)
            var result = (0..<samples * rows.output * columns.output).flatMap { _ in bias }
            for pixel in 0..<samples * inputShape.rows {
                let (sample, place) = (pixel / inputShape.rows, pixel % inputShape.rows)
                for tap in 0..<kernel.height * kernel.width {
                    let row =
                        place / inputShape.extents[1] * strides.height + tap / kernel.width * dilation.height
                        - rows.before
                    let column =
                        place % inputShape.extents[1] * strides.width + tap % kernel.width * dilation.width
                        - columns.before
                    guard 0..<rows.output ~= row, 0..<columns.output ~= column else { continue }
                    let target = ((sample * rows.output + row) * columns.output + column) * filters
                    for n in 0..<filters {
                        for c in 0..<channels {
                            result[target + n] +=
                                input[pixel * channels + c] * parameters[(tap * filters + n) * channels + c]
                        }
                    }
                }
            }
            return isRectified ? result.map { max($0, 0) } : result
        }

        var testDescription: String {
            "\(inputShape) to \(filters), kernel \(kernel), strides \(strides), dilation \(dilation), "
                + "\(padding.rawValue), output padding \(String(describing: outputPadding))"
        }
    }

    /// Kernels that overlap and that leave gaps, with each way of cutting the output.
    static let geometries: [Case] = [Padding.valid, .same].flatMap { padding in
        [Extent2D(1, 1), Extent2D(2, 3), Extent2D(3, 3), Extent2D(5, 2)].flatMap { kernel in
            [Extent2D(1, 1), Extent2D(2, 3), Extent2D(3, 1)].flatMap { strides in
                let most = Extent2D(strides.height - 1, strides.width - 1)
                return [nil, most].map { more in
                    Case(
                        inputShape: [4, 5, 3], filters: 2, kernel: kernel, strides: strides, padding: padding,
                        outputPadding: more, isRectified: kernel.height == 3, hasBias: strides.height != 3)
                }
            }
        }
    }

    static let others: [Case] =
        [Padding.valid, .same].flatMap { padding in
            [Extent2D(2, 2), Extent2D(1, 3)].flatMap { dilation in
                // Also with strides, which Keras does not have together.
                [Extent2D(1, 1), Extent2D(2, 3)].map { strides in
                    Case(
                        inputShape: [4, 5, 3], filters: 2, strides: strides, padding: padding, dilation: dilation,
                        isRectified: dilation.height == 2)
                }
            }
        } + [
            Case(inputShape: [4, 3, 16], filters: 20, padding: .same, isRectified: true),
            Case(inputShape: [4, 3, 33], filters: 17, strides: Extent2D(2, 2), padding: .same),
            Case(inputShape: [4, 3, 32], filters: 16, hasBias: false),
            Case(inputShape: [3, 2, 128], filters: 5, kernel: Extent2D(2, 2)),
            Case(inputShape: [3, 4, 20], filters: 128, kernel: Extent2D(1, 1), strides: Extent2D(2, 2)),
            Case(inputShape: [1, 1, 4], filters: 3, kernel: Extent2D(4, 4), strides: Extent2D(4, 4)),
        ]

    @Test(arguments: (geometries + others).filter { $0.outputShape.count > 0 })
    func gradientsMatchFiniteDifferences(_ example: Case) {
        #expect(example.layer.outputShape == example.outputShape)
        // Sums of up to 300 products, each rounded by 6e-8.
        expectDefinition(example.layer, inputShape: example.inputShape, tolerance: 1e-5) {
            example.output($0, $1, samples: 2)
        }
    }

    @Test(arguments: [1, 2]) func outputsDoNotDependOnHowManySamplesAreTogether(stride: Int) {
        let example = Case(
            inputShape: [5, 4, 18], filters: 20, strides: Extent2D(stride, stride), padding: .same, isRectified: true)
        expectSameBitsHoweverSamplesAreCut(example.layer, inputShape: example.inputShape)
    }

    @Test func noSamplesGiveZeroGradients() {
        expectZeroGradientsOfNoSamples(Case(inputShape: [4, 4, 3], filters: 5).layer)
    }

    /// Taps that fall beside the output do not count.
    @Test func productsOnTheOutputCount() {
        #expect(Case(inputShape: [3, 3, 2], filters: 5).layer.multiplyAdds == 9 * 9 * 10)
        #expect(Case(inputShape: [3, 3, 2], filters: 5, padding: .same).layer.multiplyAdds == 7 * 7 * 10)
    }
}
