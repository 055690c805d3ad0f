import Layers
import NumericTestSupport
import Tensors
import Testing

@Suite struct BatchNormalizationTests {
    /// What a whole batch gives when it passes through the layer in microbatches, as the trainer runs it.
    struct BatchRun {
        var output: [Float] = []
        var inputGradient: [Float] = []
        /// Σ over the microbatches.
        var parameterGradient: [Double]
        /// Moving mean, then moving variance.
        var state: [Float]
        var isIntact = true

        init(
            _ layer: BatchNormalization, input: [Float], parameters: [Float], state: [Float], outputGradient: [Float],
            microbatches: [Int]
        ) {
            let state = GuardedBuffer(state)
            let sampleCount = layer.outputShape.count
            let samples = microbatches.reduce(0, +)
            parameterGradient = [Double](repeating: 0, count: parameters.count)
            let prepared = GuardedBuffer(count: layer.preparedCount)
            var starts = 0
            let memories = microbatches.map { count in
                let memory = LayerMemory(layer, samples: count, inputCount: count * sampleCount)
                let places = starts..<starts + count * sampleCount
                starts = places.upperBound
                memory.input.values = Array(input[places])
                memory.outputGradient.values = Array(outputGradient[places])
                memory.parameters.values = parameters
                return memory
            }
            let passes = memories.map { memory in
                var pass = memory.pass
                pass.prepared = FloatView(prepared.view)
                pass.drawsAtRandom = true
                return pass
            }
            let moments = Self.sum(layer.sumCount, passes) { layer.sumMoments($0, into: $1) }
            moments.withUnsafeBufferPointer {
                layer.finishMoments(
                    BufferView($0.baseAddress!, count: $0.count), samples: samples,
                    parameters: FloatView(memories[0].parameters.view), prepared: prepared.view, state: state.view)
            }
            for (memory, pass) in zip(memories, passes) {
                layer.forward(pass)
                output += memory.output.values
            }
            let gradients = Self.sum(layer.sumCount, passes) { layer.sumGradients($0, into: $1) }
            gradients.withUnsafeBufferPointer {
                layer.finishGradients(
                    BufferView($0.baseAddress!, count: $0.count), samples: samples, prepared: prepared.view)
            }
            for (memory, pass) in zip(memories, passes) {
                layer.backward(pass)
                inputGradient += memory.inputGradient.values
                for (index, value) in memory.parameterGradient.values.enumerated() {
                    parameterGradient[index] += Double(value)
                }
                isIntact = isIntact && memory.isIntact
            }
            isIntact = isIntact && prepared.isIntact && state.isIntact
            self.state = state.values
        }

        private static func sum(
            _ count: Int, _ passes: [LayerPass], _ body: (LayerPass, MutableBufferView<Double>) -> Void
        ) -> [Double] {
            var total = [Double](repeating: 0, count: count)
            for pass in passes {
                var sums = [Double](repeating: .nan, count: count)
                sums.withUnsafeMutableBufferPointer { body(pass, MutableBufferView($0.baseAddress!, count: count)) }
                for index in 0..<count { total[index] += sums[index] }
            }
            return total
        }
    }

    static let shapes: [Shape] = [
        [5], [3, 4, 1], [2, 3, 2], [3, 3, 3], [7], [4, 4, 15], [16], [2, 2, 17], [3, 5, 30], [31], [4, 4, 32], [33],
        [48], [64],
        [1, 2, 100],
    ]

    private func gammaAndBeta(_ channels: Int) -> [Float] {
        randomValues(channels, seed: 1).map { $0 + 1.5 } + randomValues(channels, seed: 2)
    }

    private func initialState(_ channels: Int) -> [Float] {
        [Float](repeating: 0, count: channels) + [Float](repeating: 1, count: channels)
    }

    @Test(arguments: shapes, [[9], [4, 1, 0, 3, 1]])
    func gradientsMatchFiniteDifferencesHoweverTheBatchIsCut(shape: Shape, microbatches: [Int]) {
        let channels = shape.channels
        let layer = BatchNormalization(name: "bn", inputShape: shape)
        let input = randomValues(9 * shape.count, seed: 3, limit: 2).map { $0 + 0.7 }
        let parameters = gammaAndBeta(channels)
        let outputGradient = randomValues(input.count, seed: 4)
        let run = BatchRun(
            layer, input: input, parameters: parameters, state: initialState(channels), outputGradient: outputGradient,
            microbatches: microbatches)
        func output(_ input: [Double], _ parameters: [Double]) -> [Double] {
            PlainLayers.batchNormalization(input, parameters, of: layer)
        }
        // A few roundings of 6e-8 of values of order one.
        #expect(deviation(run.output, from: output(doubles(input), doubles(parameters))) <= 2e-6)
        let isInputRight = agreesWithFiniteDifferences(
            run.inputGradient, at: input, of: { inner(outputGradient, output($0, doubles(parameters))) }, limit: 20)
        let areParametersRight = agreesWithFiniteDifferences(
            run.parameterGradient.map { Float($0) }, at: parameters,
            of: { inner(outputGradient, output(doubles(input), $0)) }, limit: 20)
        #expect(isInputRight && areParametersRight && run.isIntact)
    }

    /// Pixels of 1000 ± 1, as of a sky that nobody has subtracted: outputs and gradients are as accurate as those of
    /// pixels about zero. With the mean in the shift, some 1000·6e-8 would be lost.
    @Test(arguments: [false, true]) func aMeanOfAThousandDeviationsCostsNoDigits(isRectified: Bool) {
        let shape: Shape = [4, 5, 17]
        let layer = BatchNormalization(name: "bn", inputShape: shape, isRectified: isRectified)
        let input = randomValues(30 * shape.count, seed: 20, limit: 1.7).map { $0 + 1000 }
        let parameters = gammaAndBeta(17)
        let outputGradient = randomValues(input.count, seed: 21)
        let run = BatchRun(
            layer, input: input, parameters: parameters, state: initialState(17), outputGradient: outputGradient,
            microbatches: [7, 23])
        let expected = PlainLayers.batchNormalization(doubles(input), doubles(parameters), of: layer)
        #expect(deviation(run.output, from: expected) <= 5e-7)
        let gradients = PlainLayers.batchNormalizationGradients(
            doubles(input), doubles(parameters), doubles(outputGradient), of: layer)
        #expect(deviation(run.inputGradient, from: gradients.input) <= 1e-6)
        #expect(deviation(run.parameterGradient.map { Float($0) }, from: gradients.parameters) <= 1e-6)
    }

    struct Variant: CustomTestStringConvertible, Sendable {
        let hasScale: Bool
        let hasCenter: Bool
        let isRectified: Bool
        var testDescription: String {
            "\(hasScale ? "" : "no ")scale, \(hasCenter ? "" : "no ")center\(isRectified ? ", relu" : "")"
        }

        func layer(_ shape: Shape) -> BatchNormalization {
            BatchNormalization(
                name: "bn", inputShape: shape, hasScale: hasScale, hasCenter: hasCenter, isRectified: isRectified)
        }
    }

    static let variants = [true, false].flatMap { scale in
        [true, false].flatMap { center in
            [true, false].map { Variant(hasScale: scale, hasCenter: center, isRectified: $0) }
        }
    }

    @Test(arguments: variants, [[3, 3, 3], [4, 16], [2, 2, 17]] as [Shape])
    func everyVariantHasTheGradientOfItsDefinition(variant: Variant, shape: Shape) {
        let layer = variant.layer(shape)
        let channels = shape.channels
        #expect(layer.trainableCount == channels * ((variant.hasScale ? 1 : 0) + (variant.hasCenter ? 1 : 0)))
        let input = randomValues(7 * shape.count, seed: 10, limit: 2).map { $0 - 0.3 }
        let parameters =
            (variant.hasScale ? randomValues(channels, seed: 11).map { $0 + 1.5 } : [])
            + (variant.hasCenter ? randomValues(channels, seed: 12) : [])
        let outputGradient = randomValues(input.count, seed: 13)
        let run = BatchRun(
            layer, input: input, parameters: parameters, state: initialState(channels), outputGradient: outputGradient,
            microbatches: [4, 3])
        func output(_ input: [Double], _ parameters: [Double]) -> [Double] {
            PlainLayers.batchNormalization(input, parameters, of: layer)
        }
        // A few roundings of 6e-8 of values of order one.
        #expect(deviation(run.output, from: output(doubles(input), doubles(parameters))) <= 2e-6)
        let isInputRight = agreesWithFiniteDifferences(
            run.inputGradient, at: input, of: { inner(outputGradient, output($0, doubles(parameters))) }, limit: 30)
        let areParametersRight =
            parameters.isEmpty
            || agreesWithFiniteDifferences(
                run.parameterGradient.map { Float($0) }, at: parameters,
                of: { inner(outputGradient, output(doubles(input), $0)) }, limit: 30)
        #expect(isInputRight && areParametersRight && run.isIntact)
    }

    @Test(arguments: variants) func everyVariantAppliesTheMovingStatistics(_ variant: Variant) {
        let layer = variant.layer([2, 3, 5])
        let input = randomValues(3 * 30, seed: 14)
        let gamma = variant.hasScale ? randomValues(5, seed: 15) : []
        let beta = variant.hasCenter ? randomValues(5, seed: 16) : []
        let state = randomValues(5, seed: 17) + randomValues(5, seed: 18).map { $0 + 1.1 }
        let memory = LayerMemory(layer, samples: 3, inputCount: input.count)
        memory.input.values = input
        memory.useMovingStatistics(state, parameters: gamma + beta, of: layer)
        layer.forward(memory.pass)
        let expected = input.enumerated().map { index, value in
            let channel = index % 5
            let normalized =
                (Double(value) - Double(state[channel]))
                / (Double(state[5 + channel]) + Double(layer.epsilon)).squareRoot()
            let sum =
                (variant.hasScale ? Double(gamma[channel]) : 1) * normalized
                + (variant.hasCenter ? Double(beta[channel]) : 0)
            return variant.isRectified ? max(sum, 0) : sum
        }
        #expect(deviation(memory.output.values, from: expected) <= 1e-6 && memory.isIntact)
    }

    @Test func movingStatisticsFollowTheBatchWithMomentum() {
        let layer = BatchNormalization(name: "bn", inputShape: [3, 2], momentum: 0.9, epsilon: 0.01)
        let input = randomValues(7 * 6, seed: 5).map { 3 * $0 + 1 }
        let state: [Float] = [0.5, -2, 1.5, 0.25]
        let run = BatchRun(
            layer, input: input, parameters: gammaAndBeta(2), state: state, outputGradient: input, microbatches: [3, 4])
        let rows = Double(input.count / 2)
        let expected = [0, 1].map { channel -> (mean: Double, variance: Double) in
            let values = stride(from: channel, to: input.count, by: 2).map { Double(input[$0]) }
            let mean = values.reduce(0, +) / rows
            // Biased, as Keras takes it: divided by the number of rows.
            return (mean, values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / rows)
        }
        let moved = [expected[0].mean, expected[1].mean, expected[0].variance, expected[1].variance]
        #expect(deviation(run.state, from: zip(state, moved).map { 0.9 * Double($0) + 0.1 * $1 }) <= 1e-6)
    }

    @Test func inferenceAppliesTheMovingStatistics() {
        let shape: Shape = [2, 3, 17]
        let layer = BatchNormalization(name: "bn", inputShape: shape)
        let input = randomValues(3 * shape.count, seed: 6)
        let parameters = gammaAndBeta(17)
        let state = randomValues(17, seed: 7) + randomValues(17, seed: 8).map { $0 + 1.1 }
        let memory = LayerMemory(layer, samples: 3, inputCount: input.count)
        memory.input.values = input
        memory.useMovingStatistics(state, parameters: parameters, of: layer)
        layer.forward(memory.pass)
        let expected = input.enumerated().map { index, value in
            let channel = index % 17
            return Double(parameters[channel]) * (Double(value) - Double(state[channel]))
                / (Double(state[17 + channel]) + Double(layer.epsilon)).squareRoot() + Double(parameters[17 + channel])
        }
        #expect(deviation(memory.output.values, from: expected) <= 1e-6 && memory.isIntact)
    }

    /// One gradient sum of a channel that never changes: x̂ is zero, and nothing divides by zero.
    @Test func aConstantChannelStaysFinite() {
        let layer = BatchNormalization(name: "bn", inputShape: [2])
        let input = (0..<10).flatMap { [Float(5), Float($0)] }
        let run = BatchRun(
            layer, input: input, parameters: [1, 1, 0.5, 0], state: initialState(2),
            outputGradient: randomValues(20, seed: 9), microbatches: [10])
        #expect(stride(from: 0, to: 20, by: 2).allSatisfy { abs(run.output[$0] - 0.5) <= 1e-5 })
        #expect(run.inputGradient.allSatisfy(\.isFinite) && run.parameterGradient.allSatisfy(\.isFinite))
    }
}
