import Layers
import NumericTestSupport
import Tensors
import Testing

@Suite struct DenseTests {
    struct Case: CustomTestStringConvertible, Sendable {
        let inputShape: Shape
        let units: Int
        var isRectified = false
        var hasBias = true
        var samples = 4
        var usesOpenBLAS = false

        var layer: Dense {
            guard usesOpenBLAS else {
                return Dense(
                    name: "dense", inputShape: inputShape, units: units, isRectified: isRectified, hasBias: hasBias)
            }
            return Dense(
                name: "dense", inputShape: inputShape, units: units, isRectified: isRectified, hasBias: hasBias,
                route: .matrixProduct)
        }
        var testDescription: String {
            "\(inputShape) to \(units)\(isRectified ? ", relu" : "")\(hasBias ? "" : ", no bias")"
        }
    }

    static let cases =
        [
            // One or two outputs: vectors along the inputs.
            Case(inputShape: [7], units: 1), Case(inputShape: [70], units: 2),
            Case(inputShape: [33], units: 2, hasBias: false),
            // The same behind a rectifier or on maps: vectors along the outputs.
            Case(inputShape: [33], units: 1, isRectified: true), Case(inputShape: [3, 2, 5], units: 2),
            Case(inputShape: [3, 3, 1], units: 30, isRectified: true),
            Case(inputShape: [2, 3, 30], units: 30, isRectified: true),
            Case(inputShape: [2, 2, 30], units: 30, hasBias: false),
            Case(inputShape: [32], units: 256, isRectified: true),
            // Several panels both ways.
            Case(inputShape: [2, 128], units: 160, isRectified: true, samples: 9),
            // Many samples of one row: the weights' gradient takes several passes.
            Case(inputShape: [5], units: 17, samples: 130),
        ]
        + [1, 2, 3, 5, 7, 15, 16, 17, 31, 32, 33, 48, 64, 100].map {
            Case(inputShape: [$0], units: 101 - $0, isRectified: $0 % 2 == 0)
        }
        + [
            // As the largest layers are computed.
            Case(inputShape: [512], units: 256, isRectified: true, samples: 2, usesOpenBLAS: true),
            Case(inputShape: [51], units: 33, samples: 1, usesOpenBLAS: true),
            Case(inputShape: [2, 1, 40], units: 23, hasBias: false, samples: 3, usesOpenBLAS: true),
        ]

    @Test(arguments: cases) func gradientsMatchFiniteDifferences(_ example: Case) {
        let layer = example.layer
        let (inputs, outputs) = (example.inputShape.channels, example.units)
        let input = randomValues(example.samples * example.inputShape.count, seed: 1)
        let parameters = randomValues(layer.trainableCount, seed: 2, limit: 0.5)
        let outputGradient = randomValues(example.samples * layer.outputShape.count, seed: 3)
        let run = LayerRun(
            layer, input: input, parameters: parameters, outputGradient: outputGradient, count: example.samples)

        func output(_ input: [Double], _ parameters: [Double]) -> [Double] {
            PlainLayers.dense(input, parameters, inputs: inputs, outputs: outputs, isRectified: example.isRectified)
        }
        // Sums of up to 512 products, each rounded by 6e-8.
        #expect(deviation(run.output, from: output(doubles(input), doubles(parameters))) <= 1e-5)
        // Large layers: few axes, each costs two passes.
        let limit = parameters.count > 20_000 ? 6 : 40
        let isInputRight = agreesWithFiniteDifferences(
            run.inputGradient!, at: input, of: { inner(outputGradient, output($0, doubles(parameters))) }, limit: limit)
        let areParametersRight = agreesWithFiniteDifferences(
            run.parameterGradient, at: parameters, of: { inner(outputGradient, output(doubles(input), $0)) },
            limit: limit)
        #expect(isInputRight && areParametersRight && run.isIntact)
    }

    /// A layer without the input's gradient gives the same parameters' gradient.
    @Test(arguments: [Case(inputShape: [40], units: 2), Case(inputShape: [40], units: 20)])
    func inputGradientIsOptional(_ example: Case) {
        let layer = example.layer
        let input = randomValues(4 * 40, seed: 4)
        let parameters = randomValues(layer.trainableCount, seed: 5)
        let outputGradient = randomValues(4 * example.units, seed: 6)
        let runs = [true, false].map {
            LayerRun(
                layer, input: input, parameters: parameters, outputGradient: outputGradient, wantsInputGradient: $0,
                count: 4)
        }
        #expect(sameBits(runs[0].parameterGradient, runs[1].parameterGradient) && runs[1].isIntact)
    }

    /// The last batch of an epoch may leave a microbatch without samples: its share of the gradient is zero.
    @Test(arguments: [
        Case(inputShape: [40], units: 2), Case(inputShape: [40], units: 20, isRectified: true),
        Case(inputShape: [3, 3, 4], units: 5), Case(inputShape: [512], units: 256, isRectified: true),
    ])
    func noSamplesGiveZeroGradients(_ example: Case) {
        let layer = example.layer
        let run = LayerRun(
            layer, input: [], parameters: randomValues(layer.trainableCount, seed: 7), outputGradient: [], count: 0)
        #expect(run.parameterGradient.allSatisfy { $0 == 0 } && run.isIntact)
    }

    @Test(arguments: [Case(inputShape: [65], units: 2), Case(inputShape: [65], units: 31, isRectified: true)])
    func outputsDoNotDependOnHowManySamplesAreTogether(_ example: Case) {
        let layer = example.layer
        let input = randomValues(7 * 65, seed: 8)
        let parameters = randomValues(layer.trainableCount, seed: 9)
        let whole = LayerRun(layer, input: input, parameters: parameters, count: 7)
        let parts = [0..<1, 1..<4, 4..<7].flatMap { part in
            LayerRun(
                layer, input: Array(input[part.lowerBound * 65..<part.upperBound * 65]), parameters: parameters,
                count: part.count
            ).output
        }
        #expect(sameBits(parts, whole.output))
    }
}
