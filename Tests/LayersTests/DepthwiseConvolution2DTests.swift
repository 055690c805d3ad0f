import Layers
import Tensors
import Testing

@Suite struct DepthwiseConvolution2DTests {
    struct Case: CustomTestStringConvertible, Sendable {
        let plain: PlainConvolution

        init(
            _ inputShape: Shape, by multiplier: Int = 1, kernel: (Int, Int), strides: (Int, Int) = (1, 1),
            dilation: (Int, Int) = (1, 1), padding: Padding = .valid, isRectified: Bool = false, hasBias: Bool = true
        ) {
            // Its kernel lies in memory as that of a convolution in as many groups as channels.
            plain = PlainConvolution(
                inputShape: inputShape, filters: inputShape.channels * multiplier,
                kernelSize: Extent2D(kernel.0, kernel.1), strides: Extent2D(strides.0, strides.1), padding: padding,
                dilation: Extent2D(dilation.0, dilation.1), groups: inputShape.channels, isRectified: isRectified,
                hasBias: hasBias)
        }

        var layer: DepthwiseConvolution2D {
            DepthwiseConvolution2D(
                name: "depthwise", inputShape: plain.inputShape, kernelSize: plain.kernelSize, strides: plain.strides,
                padding: plain.padding, dilation: plain.dilation, depthMultiplier: plain.filters / plain.groups,
                isRectified: plain.isRectified, hasBias: plain.hasBias)
        }
        var testDescription: String {
            "\(plain.inputShape) by \(plain.filters / plain.groups), kernel \(plain.kernelSize), strides "
                + "\(plain.strides), dilation \(plain.dilation), \(plain.padding.rawValue)"
        }
    }

    /// Each kernel with each stride, dilation and padding, on maps whose edges the windows meet in every way.
    static let geometries: [Case] = [Padding.valid, .same].flatMap { padding in
        [(1, 1), (2, 2), (3, 3), (2, 3), (5, 1)].flatMap { kernel in
            [(1, 1), (2, 2), (1, 3), (3, 2)].flatMap { strides in
                [(1, 1), (2, 2), (1, 3)].map { dilation in
                    Case(
                        [9, 8, 2], by: strides.0, kernel: kernel, strides: strides, dilation: dilation,
                        padding: padding, isRectified: kernel.0 == 3, hasBias: dilation.0 == 1)
                }
            }
        }
    }

    /// Channels that fill vectors and that do not, and lines of outputs of one tile and of several.
    static let widths: [Case] = [1, 3, 15, 16, 17, 31, 32, 33, 50].enumerated().flatMap { number, channels in
        [1, 2].map { stride in
            Case(
                [3, 5 + number, channels], by: number % 3 + 1, kernel: (3, 3), strides: (stride, stride),
                padding: .same, isRectified: number % 2 == 0)
        }
    }

    static let edges: [Case] = [
        // One pixel under a kernel of which all but one tap meet padding.
        Case([1, 1, 20], kernel: (3, 3), padding: .same),
        // Taps that never lie on the map.
        Case([3, 2, 5], kernel: (3, 5), dilation: (3, 4), padding: .same),
        // Pixels that no window covers.
        Case([7, 8, 3], kernel: (1, 2), strides: (4, 5)),
    ]

    @Test(arguments: geometries + widths + edges) func gradientsMatchFiniteDifferences(_ example: Case) {
        let plain = example.plain
        #expect(example.layer.outputShape == plain.outputShape)
        // Sums of up to 25 products, each rounded by 6e-8.
        expectDefinition(example.layer, inputShape: plain.inputShape, tolerance: 2e-6) {
            plain.output($0, $1, samples: 2)
        }
    }

    @Test(arguments: [(3, 1), (20, 1), (5, 2)], [1, 2])
    func outputsDoNotDependOnHowManySamplesAreTogether(widths: (Int, Int), stride: Int) {
        let example = Case(
            [6, 7, widths.0], by: widths.1, kernel: (3, 3), strides: (stride, stride), padding: .same,
            isRectified: true)
        expectSameBitsHoweverSamplesAreCut(example.layer, inputShape: example.plain.inputShape)
    }

    @Test func noSamplesGiveZeroGradients() {
        expectZeroGradientsOfNoSamples(Case([5, 5, 3], by: 2, kernel: (3, 3)).layer)
    }

    /// Four taps of nine lie on the map for a corner, six along an edge.
    @Test func onlyTapsOnTheMapCount() {
        let layer = Case([3, 3, 5], by: 2, kernel: (3, 3), padding: .same).layer
        #expect(layer.multiplyAdds == (4 * 4 + 4 * 6 + 9) * 10)
    }
}
