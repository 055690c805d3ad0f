import CKernels
import NumericTestSupport
import Testing

/// `row_product`, `row_product_weight_gradient` and `column_sums` against their definitions in double precision.
@Suite struct RowProductTests {
    /// Every kind of block: fewer than a vector, one and two whole ones, and remainders of each; and wide matrices.
    static let channelCounts = [1, 2, 3, 5, 7, 15, 16, 17, 30, 31, 32, 33, 48, 64, 100, 128, 160]
    /// Runs of one row of inputs, and floats of a run.
    static let runs = [(1, 1), (3, 3), (1, 30), (2, 7), (7, 5), (3, 48), (5, 14), (4, 25)]

    /// One call: rows lie with gaps between rows, lines and groups, whose contents must stay out of it.
    struct Call {
        var product = RowProduct()
        var inputCount: Int { product.groups * product.input_group }
        var outputCount: Int { product.groups * product.output_group }
        var weightRows: Int { product.segments * product.length }
        var rows: Int { product.groups * product.lines * product.rows }

        init(channels: Int, rows: Int, segments: Int, length: Int, groups: Int = 1, lines: Int = 1) {
            product.rows = rows
            product.input_step = length + 1
            product.output_step = channels + 2
            product.segments = segments
            product.segment_step = rows * product.input_step + length + 3
            product.length = length
            product.segment_rows = length
            product.channels = channels
            product.weight_step = max(channels, 16)
            product.lines = lines
            product.input_line = 2 * product.segment_step
            product.output_line = rows * product.output_step + 1
            product.groups = groups
            product.input_group = lines * product.input_line + segments * product.segment_step + 5
            product.output_group = lines * product.output_line + 4
        }

        /// Calls `body` with where each row's inputs and outputs start.
        func forEachRow(_ body: (_ input: Int, _ output: Int) -> Void) {
            for group in 0..<product.groups {
                for line in 0..<product.lines {
                    for row in 0..<product.rows {
                        body(
                            group * product.input_group + line * product.input_line + row * product.input_step,
                            group * product.output_group + line * product.output_line + row * product.output_step)
                    }
                }
            }
        }

        /// Calls `body` with each input of a row that starts at `input`, and with the row of weights that it meets.
        func forEachInput(from input: Int, _ body: (_ input: Int, _ weightRow: Int) -> Void) {
            for segment in 0..<product.segments {
                for j in 0..<product.length {
                    body(input + segment * product.segment_step + j, segment * product.length + j)
                }
            }
        }

        func run(_ input: [Float], _ weights: [Float], _ bias: [Float]?, isRectified: Bool) -> GuardedBuffer {
            var product = product
            let output = GuardedBuffer(count: outputCount)
            let input = GuardedBuffer(input)
            let weights = GuardedBuffer(weights)
            let bias = bias.map(GuardedBuffer.init)
            row_product(&product, input.pointer, weights.pointer, bias?.pointer, isRectified ? 1 : 0, output.pointer)
            return output
        }

        /// The definition; nil where nothing is to be written.
        func expected(_ input: [Float], _ weights: [Float], _ bias: [Float]?, isRectified: Bool) -> [ExactSum?] {
            var expected = [ExactSum?](repeating: nil, count: outputCount)
            forEachRow { start, output in
                for n in 0..<product.channels {
                    var sum = ExactSum()
                    if let bias { sum.add(Double(bias[n])) }
                    forEachInput(from: start) { place, row in
                        sum.add(Double(input[place]) * Double(weights[row * product.weight_step + n]))
                    }
                    expected[output + n] = sum.rectified(isRectified)
                }
            }
            return expected
        }
    }

    private func weights(_ call: Call, seed: Int) -> [Float] {
        randomValues(call.weightRows * call.product.weight_step, seed: seed)
    }

    @Test(arguments: channelCounts) func rowsAreTheProductsOfTheirDefinition(channels: Int) {
        for rows in Array(1...30) + [37, 67] {
            let (segments, length) = Self.runs[(rows + channels) % Self.runs.count]
            let call = Call(
                channels: channels, rows: rows, segments: segments, length: length, groups: 1 + rows % 2,
                lines: 1 + rows % 3)
            let input = randomValues(call.inputCount, seed: rows)
            let weights = weights(call, seed: 100 + rows)
            let bias = rows % 5 == 0 ? nil : randomValues(channels, seed: 200)
            let output = call.run(input, weights, bias, isRectified: rows % 2 == 0)
            let expected = call.expected(input, weights, bias, isRectified: rows % 2 == 0)
            let isRight = zip(output.values, expected).allSatisfy { value, sum in
                guard let sum else { return value.isNaN }
                return abs(Double(value) - sum.value) <= sum.singlePrecisionError
            }
            #expect(isRight && output.isIntact, "\(rows) rows of \(segments)×\(length) inputs")
        }
    }

    /// Bit for bit the chain of the definition, with multiply-adds fused on the processors that have them.
    @Test(arguments: [3, 17, 48]) func eachOutputIsOneChainInTheOrderOfTheInputs(channels: Int) {
        let call = Call(channels: channels, rows: 9, segments: 3, length: 14)
        let input = randomValues(call.inputCount, seed: 1)
        let weights = weights(call, seed: 2)
        let bias = randomValues(channels, seed: 3)
        let output = call.run(input, weights, bias, isRectified: false).values
        var fused: [Bool] = []
        call.forEachRow { start, place in
            for n in 0..<channels {
                var (chain, plain) = (bias[n], bias[n])
                call.forEachInput(from: start) { index, row in
                    let weight = weights[row * call.product.weight_step + n]
                    chain.addProduct(input[index], weight)
                    plain += input[index] * weight
                }
                #expect(output[place + n] == chain || output[place + n] == plain)
                if chain != plain { fused.append(output[place + n] == chain) }
            }
        }
        #expect(Set(fused).count == 1, "either all chains are fused or none is")
    }

    @Test(arguments: channelCounts, [6, 13]) func resultsDoNotDependOnHowManyRowsACallHas(channels: Int, length: Int) {
        let whole = Call(channels: channels, rows: 30, segments: 3, length: length)
        let input = randomValues(whole.inputCount, seed: 4)
        let weights = weights(whole, seed: 5)
        let bias = randomValues(channels, seed: 6)
        let expected = whole.run(input, weights, bias, isRectified: true).values
        for count in [1, 2, 5, 7, 11, 13, 24, 29] {
            var output: [Float] = []
            for start in stride(from: 0, to: 30, by: count) {
                var part = whole
                part.product.rows = min(count, 30 - start)
                part.product.output_group = part.product.rows * whole.product.output_step
                let first = start * whole.product.input_step
                output += part.run(Array(input[first...]), weights, bias, isRectified: true).values
            }
            #expect(sameBits(output, Array(expected[..<output.count])), "\(count) rows at a time")
        }
    }

    @Test(arguments: [1, 5, 15, 16, 20, 32], [6, 13])
    func aChainContinuesWhereTheOneBeforeEnded(channels: Int, length: Int) {
        let whole = Call(channels: channels, rows: 17, segments: 3, length: length)
        let input = randomValues(whole.inputCount, seed: 4)
        let weights = weights(whole, seed: 5)
        let bias = randomValues(channels, seed: 6)
        let expected = whole.run(input, weights, bias, isRectified: true)
        var product = whole.product
        let output = GuardedBuffer(count: whole.outputCount)
        for segment in 0..<3 {
            product.segments = 1
            product.continues = segment > 0 ? 1 : 0
            row_product(
                &product, Array(input[(segment * product.segment_step)...]),
                Array(weights[(segment * product.length * product.weight_step)...]), bias, segment == 2 ? 1 : 0,
                output.pointer)
        }
        #expect(sameBits(output.values, expected.values) && output.isIntact)
    }

    @Test(arguments: [2, 16, 40]) func notANumberPassesTheRectifier(channels: Int) {
        let call = Call(channels: channels, rows: 3, segments: 1, length: 4)
        var input = randomValues(call.inputCount, seed: 7)
        input[call.product.input_step + 2] = .nan
        let output = call.run(input, weights(call, seed: 8), nil, isRectified: true).values
        for row in 0..<3 {
            let values = output[row * call.product.output_step..<row * call.product.output_step + channels]
            #expect(values.allSatisfy { $0.isNaN == (row == 1) })
        }
    }

    @Test(arguments: channelCounts) func weightGradientIsTheSumOverAllRows(channels: Int) {
        for (number, (segments, length)) in (Self.runs + [(3, 16), (1, 13), (2, 24), (1, 100), (1, 131), (2, 140)])
            .enumerated()
        {
            // Few rows a sample (many samples a pass), and many; a last pass that is not full.
            for (groups, lines, rows) in [(1, 1, 1), (67, 1, 1), (5, 2, 9), (3, 3, 22), (2, 1, 40)]
            where (number + groups) % 2 == 0 {
                var call = Call(
                    channels: channels, rows: rows, segments: segments, length: length, groups: groups, lines: lines)
                let input = randomValues(call.inputCount, seed: number)
                let gradient = randomValues(call.outputCount, seed: 300 + number)
                let result = GuardedBuffer(count: call.weightRows * channels)
                let guardedInput = GuardedBuffer(input), guardedGradient = GuardedBuffer(gradient)
                row_product_weight_gradient(
                    &call.product, guardedInput.pointer, guardedGradient.pointer, result.pointer)
                let expected = weightGradient(call, input, gradient)
                #expect(
                    agree(result.values, expected) && result.isIntact,
                    "\(groups)×\(lines)×\(rows) rows of \(segments)×\(length) inputs")
            }
        }
    }

    private func weightGradient(_ call: Call, _ input: [Float], _ gradient: [Float]) -> [ExactSum] {
        let channels = call.product.channels
        var sums = [ExactSum](repeating: ExactSum(), count: call.weightRows * channels)
        sums.withUnsafeMutableBufferPointer { sums in
            call.forEachRow { start, output in
                call.forEachInput(from: start) { index, row in
                    let x = Double(input[index])
                    for n in 0..<channels { sums[row * channels + n].add(x * Double(gradient[output + n])) }
                }
            }
        }
        return sums
    }

    @Test(arguments: [3, 16, 40]) func weightGradientOfNoSamplesIsZero(channels: Int) {
        var call = Call(channels: channels, rows: 2, segments: 2, length: 5)
        call.product.groups = 0
        let result = GuardedBuffer(count: call.weightRows * channels)
        row_product_weight_gradient(&call.product, result.pointer, result.pointer, result.pointer)
        #expect(result.values.allSatisfy { $0 == 0 } && result.isIntact)
    }

    @Test(arguments: channelCounts) func columnSumsAreSumsOverRows(channels: Int) {
        for rows in [0, 1, 2, 3, 4, 5, 30, 441] {
            let step = channels + rows % 3
            let values = randomValues(rows * step + channels, seed: rows)
            let sums = GuardedBuffer(count: channels)
            column_sums(values, rows, channels, step, sums.pointer)
            var expected = [ExactSum](repeating: ExactSum(), count: channels)
            for row in 0..<rows { for n in 0..<channels { expected[n].add(Double(values[row * step + n])) } }
            #expect(agree(sums.values, expected) && sums.isIntact, "\(rows) rows")
        }
    }
}
