import Layers
import Tensors
import Testing

@Suite struct SeparableConvolution2DTests {
    struct Case: CustomTestStringConvertible, Sendable {
        let depthwise: PlainConvolution
        let pointwise: PlainConvolution

        init(
            _ inputShape: Shape, by multiplier: Int = 1, to filters: Int, strides: (Int, Int) = (1, 1),
            dilation: (Int, Int) = (1, 1), padding: Padding = .valid, isRectified: Bool = false, hasBias: Bool = true
        ) {
            depthwise = PlainConvolution(
                inputShape: inputShape, filters: inputShape.channels * multiplier, kernelSize: Extent2D(3, 2),
                strides: Extent2D(strides.0, strides.1), padding: padding, dilation: Extent2D(dilation.0, dilation.1),
                groups: inputShape.channels, hasBias: false)
            pointwise = PlainConvolution(
                inputShape: depthwise.outputShape, filters: filters, kernelSize: Extent2D(1, 1),
                isRectified: isRectified, hasBias: hasBias)
        }

        var layer: SeparableConvolution2D {
            SeparableConvolution2D(
                name: "separable", inputShape: depthwise.inputShape, filters: pointwise.filters,
                kernelSize: depthwise.kernelSize, strides: depthwise.strides, padding: depthwise.padding,
                dilation: depthwise.dilation, depthMultiplier: depthwise.filters / depthwise.groups,
                isRectified: pointwise.isRectified, hasBias: pointwise.hasBias)
        }

        func output(_ input: [Double], _ parameters: [Double], samples: Int) -> [Double] {
            let kernelCount = 6 * depthwise.filters
            let between = depthwise.output(input, Array(parameters[..<kernelCount]), samples: samples)
            return pointwise.output(between, Array(parameters[kernelCount...]), samples: samples)
        }

        var testDescription: String {
            "\(depthwise.inputShape) by \(depthwise.filters / depthwise.groups) to \(pointwise.filters), strides "
                + "\(depthwise.strides), dilation \(depthwise.dilation), \(depthwise.padding.rawValue)"
        }
    }

    static let all: [Case] =
        [Padding.valid, .same].flatMap { padding in
            [(1, 1), (2, 3)].flatMap { strides in
                [(1, 1), (2, 1)].map { dilation in
                    Case(
                        [7, 6, 3], by: strides.0, to: 5, strides: strides, dilation: dilation, padding: padding,
                        isRectified: dilation.0 == 1, hasBias: strides.0 == 1)
                }
            }
        } + [
            Case([4, 5, 16], to: 16, padding: .same, isRectified: true), Case([4, 5, 17], by: 2, to: 33),
            Case([3, 3, 1], by: 3, to: 1, padding: .same), Case([4, 3, 64], by: 2, to: 20, isRectified: true),
        ]

    @Test(arguments: all) func gradientsMatchFiniteDifferences(_ example: Case) {
        #expect(example.layer.outputShape == example.pointwise.outputShape)
        // Sums of up to 128 sums of six products, each rounded by 6e-8.
        expectDefinition(example.layer, inputShape: example.depthwise.inputShape, tolerance: 5e-6) {
            example.output($0, $1, samples: 2)
        }
    }

    @Test(arguments: [1, 3]) func outputsDoNotDependOnHowManySamplesAreTogether(multiplier: Int) {
        let example = Case([6, 7, 18], by: multiplier, to: 20, padding: .same, isRectified: true)
        expectSameBitsHoweverSamplesAreCut(example.layer, inputShape: example.depthwise.inputShape)
    }

    @Test func noSamplesGiveZeroGradients() { expectZeroGradientsOfNoSamples(Case([5, 5, 3], by: 2, to: 4).layer) }

    @Test func bothHalvesCount() {
        let layer = Case([4, 4, 5], by: 2, to: 7).layer
        #expect(layer.multiplyAdds == 2 * 3 * (6 * 10 + 10 * 7))
    }
}
