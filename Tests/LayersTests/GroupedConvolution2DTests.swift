import Layers
import NumericTestSupport
import Tensors
import Testing

/// Convolutions in groups, and dilated ones.
@Suite struct GroupedConvolution2DTests {
    struct Case: CustomTestStringConvertible, Sendable {
        let plain: PlainConvolution

        init(
            _ inputShape: Shape, to filters: Int, kernel: (Int, Int) = (3, 2), strides: (Int, Int) = (1, 1),
            padding: Padding = .valid, dilation: (Int, Int) = (1, 1), groups: Int = 1, isRectified: Bool = false,
            hasBias: Bool = true
        ) {
            plain = PlainConvolution(
                inputShape: inputShape, filters: filters, kernelSize: Extent2D(kernel.0, kernel.1),
                strides: Extent2D(strides.0, strides.1), padding: padding, dilation: Extent2D(dilation.0, dilation.1),
                groups: groups, isRectified: isRectified, hasBias: hasBias)
        }

        var layer: any Layer {
            plain.groups == 1
                ? Convolution2D(
                    name: "conv", inputShape: plain.inputShape, filters: plain.filters, kernelSize: plain.kernelSize,
                    strides: plain.strides, padding: plain.padding, dilation: plain.dilation,
                    isRectified: plain.isRectified, hasBias: plain.hasBias)
                : GroupedConvolution2D(
                    name: "conv", inputShape: plain.inputShape, filters: plain.filters, kernelSize: plain.kernelSize,
                    strides: plain.strides, padding: plain.padding, dilation: plain.dilation, groups: plain.groups,
                    isRectified: plain.isRectified, hasBias: plain.hasBias)
        }
        var testDescription: String {
            "\(plain.inputShape) to \(plain.filters) in \(plain.groups), kernel \(plain.kernelSize), strides "
                + "\(plain.strides), dilation \(plain.dilation), \(plain.padding.rawValue)"
        }
    }

    /// Kernels whose taps lie apart, also with strides, which Keras does not have together.
    static let dilated: [Case] =
        [Padding.valid, .same].flatMap { padding in
            [(2, 2), (1, 3), (4, 1)].flatMap { dilation in
                [(1, 1), (2, 3)].map { strides in
                    Case(
                        [9, 8, 3], to: 4, strides: strides, padding: padding, dilation: dilation,
                        isRectified: dilation.0 == 2, hasBias: dilation.0 != 4)
                }
            }
        } + [
            Case([5, 6, 16], to: 20, kernel: (3, 3), padding: .same, dilation: (2, 2), isRectified: true),
            Case([5, 6, 33], to: 17, kernel: (2, 3), dilation: (3, 2)),
            Case([2, 3, 128], to: 32, kernel: (2, 2), padding: .same, dilation: (2, 2)),
            // Taps that never lie on the map.
            Case([2, 3, 4], to: 3, kernel: (5, 3), padding: .same, dilation: (3, 4)),
        ]

    /// Groups on each route of a convolution.
    static let grouped: [Case] =
        [Padding.valid, .same].flatMap { padding in
            [1, 2].flatMap { stride in
                [(6, 9, 3), (4, 8, 4), (6, 4, 2)].map { channels, filters, groups in
                    Case(
                        [7, 6, channels], to: filters, strides: (stride, stride), padding: padding, groups: groups,
                        isRectified: groups == 3, hasBias: groups != 2)
                }
            }
        } + [
            Case([5, 4, 6], to: 4, kernel: (1, 1), groups: 2),
            Case([5, 4, 64], to: 40, kernel: (1, 1), strides: (2, 2), groups: 2, isRectified: true),
            Case([5, 6, 32], to: 64, kernel: (3, 3), padding: .same, groups: 2, isRectified: true),
            Case([5, 6, 32], to: 64, kernel: (3, 3), groups: 2),
            Case([3, 3, 34], to: 34, kernel: (3, 3), padding: .same, groups: 2),
            Case([7, 6, 6], to: 4, padding: .same, dilation: (2, 2), groups: 2, isRectified: true),
        ]

    @Test(arguments: dilated + grouped) func gradientsMatchFiniteDifferences(_ example: Case) {
        let plain = example.plain
        #expect(example.layer.outputShape == plain.outputShape)
        // Sums of up to 512 products, each rounded by 6e-8.
        expectDefinition(example.layer, inputShape: plain.inputShape, tolerance: 1e-5) {
            plain.output($0, $1, samples: 2)
        }
    }

    @Test(arguments: [1, 2], [1, 2])
    func outputsDoNotDependOnHowManySamplesAreTogether(groups: Int, dilation: Int) {
        let example = Case(
            [6, 7, 8], to: 20, padding: .same, dilation: (dilation, dilation), groups: groups, isRectified: true)
        expectSameBitsHoweverSamplesAreCut(example.layer, inputShape: example.plain.inputShape)
    }

    @Test(arguments: [1, 2], [1, 2]) func noSamplesGiveZeroGradients(groups: Int, dilation: Int) {
        let example = Case([5, 5, 4], to: 6, kernel: (2, 2), dilation: (dilation, dilation), groups: groups)
        expectZeroGradientsOfNoSamples(example.layer)
    }

    /// Each output reads only its group's channels.
    @Test func productsOfOneGroupCount() {
        #expect(Case([4, 4, 6], to: 9, kernel: (2, 2), groups: 3).layer.multiplyAdds == 3 * 3 * 4 * 2 * 9)
        #expect(Case([3, 3, 2], to: 5, kernel: (3, 3), padding: .same, dilation: (2, 2)).layer.multiplyAdds == 250)
    }

    /// A dilated kernel is a larger one with zeros between its weights: bits and all, since x + 0·w is x.
    @Test func dilationIsAKernelWithZerosBetween() {
        let (dilated, shape) = (Case([6, 7, 5], to: 20, kernel: (2, 3), dilation: (3, 2)), [6, 7, 5] as Shape)
        let wide = Case([6, 7, 5], to: 20, kernel: (4, 5))
        let parameters = randomValues(dilated.layer.trainableCount, seed: 4)
        var spread = [Float](repeating: 0, count: 4 * 5 * 5 * 20)
        for tap in 0..<6 {
            let place = (tap / 3 * 3 * 5 + tap % 3 * 2) * 100
            for weight in 0..<100 { spread[place + weight] = parameters[tap * 100 + weight] }
        }
        spread += parameters.suffix(20)
        let input = randomValues(3 * shape.count, seed: 5)
        let gradient = randomValues(3 * dilated.layer.outputShape.count, seed: 6)
        let one = LayerRun(dilated.layer, input: input, parameters: parameters, outputGradient: gradient, count: 3)
        let other = LayerRun(wide.layer, input: input, parameters: spread, outputGradient: gradient, count: 3)
        #expect(deviation(one.output, from: doubles(other.output)) <= 1e-6)
        #expect(deviation(one.inputGradient!, from: doubles(other.inputGradient!)) <= 1e-6)
    }
}
