import Layers
import NumericTestSupport
import Tensors
import Testing

@Suite struct Convolution2DTests {
    struct Case: CustomTestStringConvertible, Sendable {
        let inputShape: Shape
        let filters: Int
        let kernelSize: Extent2D
        var strides = Extent2D(1, 1)
        var padding = Padding.valid
        var isRectified = false
        var hasBias = true
        var samples = 2

        var layer: Convolution2D {
            Convolution2D(
                name: "conv", inputShape: inputShape, filters: filters, kernelSize: kernelSize, strides: strides,
                padding: padding, isRectified: isRectified, hasBias: hasBias)
        }
        var testDescription: String {
            "\(inputShape) to \(filters), kernel \(kernelSize.height)×\(kernelSize.width), strides "
                + "\(strides.height)×\(strides.width), \(padding.rawValue)\(isRectified ? ", relu" : "")\(hasBias ? "" : ", no bias")"
        }
    }

    /// Each kernel with each stride and padding, on maps whose edges the windows meet in every way.
    static let geometries: [Case] = [Padding.valid, .same].flatMap { padding in
        [(1, 1), (2, 2), (3, 3), (5, 5), (7, 7), (2, 3)].flatMap { kernel in
            [(1, 1), (2, 2), (3, 3), (1, 3), (3, 2)].map { strides in
                Case(
                    inputShape: [8, 9, 2], filters: 3, kernelSize: Extent2D(kernel.0, kernel.1),
                    strides: Extent2D(strides.0, strides.1), padding: padding, isRectified: kernel.0 == 3)
            }
        }
    }

    /// Each kind of block of channels, into and out of the layer.
    static let widths: [Case] = [1, 2, 3, 5, 7, 15, 16, 17, 30, 31, 32, 33, 48, 64, 100].enumerated().map {
        number, channels in
        Case(
            inputShape: [4, 5, channels], filters: [33, 100, 16, 1, 48, 5, 17, 64, 2, 32, 7, 31, 3, 30, 15][number],
            kernelSize: Extent2D(2, 3), strides: Extent2D(1, number % 2 + 1), padding: number % 3 == 0 ? .same : .valid,
            isRectified: number % 2 == 0, hasBias: number % 4 != 1)
    }

    /// Small padded maps with many channels: the route by pixels.
    static let smallMaps: [Case] =
        [1, 2, 3, 5].flatMap { extent in
            [3, 5].flatMap { kernel in
                [1, 2].map { stride in
                    Case(
                        inputShape: [extent, extent, extent == 2 ? 17 : 16], filters: kernel == 3 ? 20 : 16,
                        kernelSize: Extent2D(kernel, kernel), strides: Extent2D(stride, stride), padding: .same,
                        isRectified: kernel == 3, hasBias: extent != 3)
                }
            }
        } + [
            Case(
                inputShape: [4, 7, 33], filters: 32, kernelSize: Extent2D(2, 3), strides: Extent2D(1, 2), padding: .same
            ),
            Case(inputShape: [3, 16, 16], filters: 18, kernelSize: Extent2D(3, 2), padding: .same, isRectified: true),
        ]

    /// Kernels of one pixel: the route by matrix products, with groups of few and of many pixels.
    static let pointwise: [Case] =
        [1, 2, 3].flatMap { stride in
            [(3, 5), (16, 16), (17, 40), (64, 20)].map { channels, filters in
                Case(
                    inputShape: [5, 4, channels], filters: filters, kernelSize: Extent2D(1, 1),
                    strides: Extent2D(stride, stride), padding: stride == 2 ? .same : .valid,
                    isRectified: channels > 16,
                    hasBias: channels != 16, samples: 3)
            }
        } + [Case(inputShape: [1, 1, 32], filters: 33, kernelSize: Extent2D(1, 1), samples: 70)]

    /// Kernels of three columns on maps without padding: lines up to the widest that registers hold, and wider ones.
    static let threeColumns: [Case] = [
        Case(inputShape: [3, 12, 32], filters: 16, kernelSize: Extent2D(3, 3), isRectified: true),
        Case(inputShape: [3, 13, 32], filters: 40, kernelSize: Extent2D(3, 3)),
        Case(inputShape: [1, 26, 16], filters: 17, kernelSize: Extent2D(1, 3), isRectified: true),
        Case(inputShape: [2, 27, 20], filters: 16, kernelSize: Extent2D(1, 3), hasBias: false),
        Case(inputShape: [3, 3, 16], filters: 32, kernelSize: Extent2D(3, 3)),
    ]

    /// Kernels and channels for which tiles pay.
    static let tiles: [Case] = [
        Case(inputShape: [4, 5, 48], filters: 49, kernelSize: Extent2D(3, 3), padding: .same, isRectified: true),
        Case(inputShape: [7, 4, 52], filters: 48, kernelSize: Extent2D(3, 3)),
        Case(inputShape: [4, 4, 48], filters: 64, kernelSize: Extent2D(3, 3), padding: .same, hasBias: false),
    ]

    /// Wide matrices of weights, whose transpose lies in panels, on each route.
    static let wide: [Case] = [
        Case(inputShape: [2, 1, 128], filters: 160, kernelSize: Extent2D(1, 1), isRectified: true, samples: 9),
        Case(inputShape: [3, 3, 160], filters: 128, kernelSize: Extent2D(1, 1), strides: Extent2D(2, 2)),
        Case(inputShape: [1, 1, 128], filters: 128, kernelSize: Extent2D(3, 3), padding: .same, samples: 17),
        Case(inputShape: [2, 3, 128], filters: 20, kernelSize: Extent2D(3, 3), padding: .same),
        Case(inputShape: [4, 4, 160], filters: 144, kernelSize: Extent2D(3, 3), padding: .same, samples: 5),
        Case(
            inputShape: [3, 3, 128], filters: 16, kernelSize: Extent2D(3, 3), strides: Extent2D(2, 2), padding: .same),
        Case(inputShape: [3, 3, 128], filters: 32, kernelSize: Extent2D(3, 3)),
        Case(inputShape: [4, 2, 128], filters: 5, kernelSize: Extent2D(2, 2)),
    ]

    static let all = geometries + widths + edges + smallMaps + pointwise + threeColumns + tiles

    static let edges = [
        // One pixel under a kernel of which all but one tap meet padding.
        Case(inputShape: [1, 1, 20], filters: 4, kernelSize: Extent2D(3, 3), padding: .same),
        Case(inputShape: [2, 2, 3], filters: 18, kernelSize: Extent2D(7, 7), strides: Extent2D(2, 2), padding: .same),
        // Pixels that no window covers.
        Case(inputShape: [7, 7, 3], filters: 2, kernelSize: Extent2D(1, 1), strides: Extent2D(4, 4)),
        Case(inputShape: [6, 8, 3], filters: 2, kernelSize: Extent2D(2, 2), strides: Extent2D(3, 5)),
        // The whole map in one window.
        Case(inputShape: [4, 3, 5], filters: 16, kernelSize: Extent2D(4, 3), isRectified: true),
        // One line of the stamps' first layer, many samples.
        Case(inputShape: [3, 9, 1], filters: 16, kernelSize: Extent2D(3, 3), isRectified: true, samples: 20),
    ]

    @Test(arguments: all) func gradientsMatchFiniteDifferences(_ example: Case) {
        let layer = example.layer
        let input = randomValues(example.samples * example.inputShape.count, seed: 1)
        let parameters = randomValues(layer.trainableCount, seed: 2, limit: 0.5)
        let outputGradient = randomValues(example.samples * layer.outputShape.count, seed: 3)
        let run = LayerRun(
            layer, input: input, parameters: parameters, outputGradient: outputGradient, count: example.samples)

        func output(_ input: [Double], _ parameters: [Double]) -> [Double] {
            PlainLayers.convolution2D(input, parameters, of: layer, samples: example.samples)
        }
        // Sums of up to 600 products, each rounded by 6e-8.
        #expect(deviation(run.output, from: output(doubles(input), doubles(parameters))) <= 1e-5)
        let isInputRight = agreesWithFiniteDifferences(
            run.inputGradient!, at: input, of: { inner(outputGradient, output($0, doubles(parameters))) }, limit: 25)
        let areParametersRight = agreesWithFiniteDifferences(
            run.parameterGradient, at: parameters, of: { inner(outputGradient, output(doubles(input), $0)) }, limit: 25)
        #expect(isInputRight && areParametersRight && run.isIntact)
    }

    /// ⟨∂x, v⟩ = ⟨∂y, conv(v)⟩ for any v, and likewise for the kernel: the layer without bias and rectifier is linear
    /// in both, so one random direction tests every component at once.
    @Test(arguments: all + wide) func gradientsAreTheAdjointOfTheLayer(_ example: Case) {
        var linear = example
        linear.isRectified = false
        linear.hasBias = false
        let layer = linear.layer
        let input = randomValues(example.samples * example.inputShape.count, seed: 4)
        let parameters = randomValues(layer.trainableCount, seed: 5)
        let outputGradient = randomValues(example.samples * layer.outputShape.count, seed: 6)
        let run = LayerRun(
            layer, input: input, parameters: parameters, outputGradient: outputGradient, count: example.samples)
        func check(_ gradient: [Float], _ direction: [Float], _ moved: [Double]) {
            let sum = inner(outputGradient, moved)
            let norms = norm(gradient) * norm(direction)
            // Single precision, 6e-8, times up to 600 products a component (1,152 in wide layers, where errors average
            // out).
            #expect(abs(inner(gradient, doubles(direction)) - sum) <= 1e-5 * norms)
        }
        let inputDirection = randomValues(input.count, seed: 7)
        check(
            run.inputGradient!, inputDirection,
            PlainLayers.convolution2D(doubles(inputDirection), doubles(parameters), of: layer, samples: example.samples)
        )
        let kernelDirection = randomValues(parameters.count, seed: 8)
        check(
            run.parameterGradient, kernelDirection,
            PlainLayers.convolution2D(doubles(input), doubles(kernelDirection), of: layer, samples: example.samples))
    }

    private func norm(_ values: [Float]) -> Double {
        values.reduce(0) { $0 + Double($1) * Double($1) }.squareRoot()
    }

    @Test(arguments: [3, 16, 40]) func noSamplesGiveZeroGradients(filters: Int) {
        let layer = Case(inputShape: [5, 5, 2], filters: filters, kernelSize: Extent2D(3, 3), padding: .same).layer
        let run = LayerRun(
            layer, input: [], parameters: randomValues(layer.trainableCount, seed: 9), outputGradient: [], count: 0)
        #expect(run.parameterGradient.allSatisfy { $0 == 0 } && run.isIntact)
    }

    @Test(arguments: [Padding.valid, .same]) func outputsDoNotDependOnHowManySamplesAreTogether(padding: Padding) {
        let layer = Case(
            inputShape: [6, 7, 3], filters: 20, kernelSize: Extent2D(3, 3), padding: padding, isRectified: true
        ).layer
        let input = randomValues(5 * 126, seed: 10)
        let parameters = randomValues(layer.trainableCount, seed: 11)
        let outputGradient = randomValues(5 * layer.outputShape.count, seed: 12)
        let whole = LayerRun(
            layer, input: input, parameters: parameters, outputGradient: outputGradient, count: 5)
        let parts = [0..<1, 1..<3, 3..<5].map { part in
            LayerRun(
                layer, input: Array(input[part.lowerBound * 126..<part.upperBound * 126]), parameters: parameters,
                outputGradient: Array(
                    outputGradient[
                        part.lowerBound * layer.outputShape.count..<part.upperBound * layer.outputShape.count]),
                count: part.count)
        }
        #expect(sameBits(parts.flatMap(\.output), whole.output))
        #expect(sameBits(parts.flatMap { $0.inputGradient! }, whole.inputGradient!))
    }
}
