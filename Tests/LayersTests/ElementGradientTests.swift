import Layers
import NumericTestSupport
import Tensors
import Testing

/// Gradients of merging, arithmetic, normalisation and scaling, by finite differences of their definitions in double
/// precision.
@Suite struct ElementGradientTests {
    private static let shapes: [Shape] = [[3, 2, 5], [1, 1, 5], [3, 2, 1], [5]]

    @Test(arguments: [.sum, .product, .mean, .maximum, .minimum] as [Merge.Combination])
    func mergingSeveral(combination: Merge.Combination) {
        check(Merge(name: "merge", inputShapes: Self.shapes, combination: combination), Self.shapes) { values in
            switch combination {
            case .product: values.reduce(1, *)
            case .mean: values.reduce(0, +) / Double(values.count)
            case .maximum: values.max()!
            case .minimum: values.min()!
            default: values.reduce(0, +)
            }
        }
    }

    @Test(arguments: [.difference, .quotient, .scaledSum(factor: 0.25)] as [Merge.Combination], [0, 1])
    func mergingTwo(combination: Merge.Combination, order: Int) {
        let shapes = order == 0 ? [Self.shapes[0], Self.shapes[1]] : [Self.shapes[2], Self.shapes[0]]
        check(Merge(name: "merge", inputShapes: shapes, combination: combination), shapes) { values in
            switch combination {
            case .difference: values[0] - values[1]
            case .quotient: values[0] / values[1]
            default: values[0] + 0.25 * values[1]
            }
        }
    }

    @Test(arguments: NumberArithmetic.Operator.allCases, [true, false])
    func arithmetic(operation: NumberArithmetic.Operator, isNumberFirst: Bool) {
        guard operation != .power || !isNumberFirst else { return }
        let layer = NumberArithmetic(
            name: "number", inputShape: [3, 2, 5], operator: operation, number: 1.75, isNumberFirst: isNumberFirst)
        check(layer, [[3, 2, 5]]) { values in
            let (a, b) = isNumberFirst ? (1.75, values[0]) : (values[0], 1.75)
            return switch operation {
            case .add: a + b
            case .subtract: a - b
            case .multiply: a * b
            case .divide: a / b
            case .maximum: max(a, b)
            case .minimum: min(a, b)
            case .power: Self.power(a, b)
            }
        }
    }

    private static func power(_ base: Double, _ exponent: Double) -> Double {
        // Exponents of quarters: roots of roots.
        let root = base.squareRoot().squareRoot()
        return (0..<Int(exponent * 4)).reduce(1) { product, _ in product * root }
    }

    /// Compares a layer with a function of the values that stand in one place of its broadcast inputs.
    private func check(_ layer: some Layer, _ shapes: [Shape], _ function: @escaping ([Double]) -> Double) {
        let samples = 2
        // Positive numbers away from 0, so that quotients and roots are smooth.
        let inputs = shapes.indices.map { input in
            randomValues(samples * shapes[input].count, seed: input + 1).map { 1.5 + $0 / 2 }
        }
        let outputGradient = randomValues(samples * layer.outputShape.count, seed: 9)
        func output(_ inputs: [[Double]]) -> [Double] {
            (0..<samples * 30).map { index in
                let (sample, place) = (index / 30, [index / 10 % 3, index / 5 % 2, index % 5])
                return function(
                    shapes.indices.map { input in
                        let missing = 3 - shapes[input].extents.count
                        let own = shapes[input].extents.enumerated().reduce(0) {
                            $0 * $1.element + place[missing + $1.offset] % $1.element
                        }
                        return inputs[input][sample * shapes[input].count + own]
                    })
            }
        }
        let run = LayerRun(
            layer, inputs: inputs, outputGradient: outputGradient, wantsInputGradients: shapes.map { _ in true },
            count: samples)
        #expect(deviation(run.output, from: output(inputs.map(doubles))) <= 1e-6 && run.isIntact)
        for input in shapes.indices {
            let isRight = agreesWithFiniteDifferences(run.inputGradients[input]!, at: inputs[input]) { moved in
                var all = inputs.map(doubles)
                all[input] = moved
                return inner(outputGradient, output(all))
            }
            #expect(isRight, "input \(input)")
        }
    }

    // MARK: Along axes

    /// What each value of an array of shape (3, 2, 5) is summed up with, when it is summed along some axes.
    private static func group(_ index: Int, along axes: [Int]) -> Int {
        let place = [index / 10 % 3, index / 5 % 2, index % 5]
        return (0..<3).reduce(index / 30) { number, axis in number * 5 + (axes.contains(axis) ? 0 : place[axis]) }
    }

    /// Maps with different extents, a softmax of which is one along each combination of axes.
    @Test(arguments: [[0], [1], [0, 1], [0, 2], [0, 1, 2]]) func softmaxAlongAxes(axes: [Int]) {
        let layer = ReorderedLayer(name: "soft", inputShape: [3, 2, 5], last: axes) { reordered in
            let length = reordered.extents.suffix(axes.count).reduce(1, *)
            return ActivationLayer(name: "soft", inputShape: [30 / length, length], function: .softmax)
        }
        checkGroups(layer) { input in
            let groups = input.indices.map { Self.group($0, along: axes) }
            let powers = input.map { Self.exponential($0) }
            return input.indices.map { index in
                powers[index] / powers.indices.reduce(0) { $0 + (groups[$1] == groups[index] ? powers[$1] : 0) }
            }
        }
    }

    /// eˣ by its first terms.
    private static func exponential(_ value: Double) -> Double {
        var term = 1.0
        return (1..<40).reduce(1) { sum, number in
            term *= value / Double(number)
            return sum + term
        }
    }

    @Test(arguments: Reduction.Statistic.allCases, [[0], [1], [2], [0, 1], [0, 2], [0, 1, 2]])
    func reductions(statistic: Reduction.Statistic, axes: [Int]) {
        let layer = Reduction(
            name: "reduction", inputShape: [3, 2, 5], statistic: statistic, axes: axes, keepsDimensions: true)
        checkGroups(layer) { input in
            let groups = Dictionary(grouping: input.indices) { Self.group($0, along: axes) }
            return groups.sorted { $0.key < $1.key }.map { _, members in
                let values = members.map { input[$0] }
                return switch statistic {
                case .sum: values.reduce(0, +)
                case .mean: values.reduce(0, +) / Double(values.count)
                case .maximum: values.max()!
                case .minimum: values.min()!
                }
            }
        }
    }

    @Test func aReductionMayLeaveItsAxesOut() {
        func shape(_ axes: [Int]) -> Shape {
            Reduction(name: "r", inputShape: [3, 2, 5], statistic: .sum, axes: axes, keepsDimensions: false).outputShape
        }
        #expect(shape([0, 1]) == [5] && shape([1]) == [3, 5] && shape([0, 2]) == [2])
    }

    @Test(arguments: [.absolute, .clip(-0.4...0.7)] as [ElementFunction.Function])
    func elementFunctions(function: ElementFunction.Function) {
        checkGroups(ElementFunction(name: "function", inputShape: [3, 2, 5], function: function)) { input in
            input.map { function == .absolute ? abs($0) : min(max($0, -Double(Float(0.4))), Double(Float(0.7))) }
        }
    }

    /// The identity 1 by way of ln eˣ: the logarithm's slope undoes that of the exponential.
    @Test func logarithmsUndoExponentials() {
        let input = randomValues(60, seed: 1)
        let powers = LayerRun(
            ActivationLayer(name: "exp", inputShape: [30], function: .exponential), input: input, count: 2
        ).output
        let run = LayerRun(
            ElementFunction(name: "log", inputShape: [30], function: .logarithm), input: powers,
            outputGradient: powers, count: 2)
        #expect(deviation(run.output, from: doubles(input)) <= 1e-6 && run.isIntact)
        #expect(deviation(run.inputGradient!, from: input.map { _ in 1 }) <= 1e-6)
    }

    /// Compares a layer of one input of shape (3, 2, 5) with a function of all values of its samples.
    private func checkGroups(_ layer: some Layer, _ function: @escaping ([Double]) -> [Double]) {
        let input = randomValues(60, seed: 1), outputGradient = randomValues(2 * layer.outputShape.count, seed: 9)
        let run = LayerRun(layer, input: input, outputGradient: outputGradient, count: 2)
        #expect(deviation(run.output, from: function(doubles(input))) <= 1e-6 && run.isIntact)
        #expect(
            agreesWithFiniteDifferences(run.inputGradient!, at: input) { inner(outputGradient, function($0)) })
    }

    // MARK: Normalisation

    @Test(arguments: [1, 2, 3], [true, false]) func normalisationOverLastAxes(axes: Int, isTrained: Bool) {
        let shape: Shape = [3, 2, 19]
        let layer = GroupwiseNormalization(
            name: "norm", inputShape: shape, overLast: axes, epsilon: 0.01, hasScale: isTrained, hasCenter: isTrained)
        let width = shape.extents.suffix(axes).reduce(1, *)
        checkNormalization(layer, isTrained: isTrained) { index in (index / width, index % width) }
    }

    @Test(arguments: [[0], [1], [0, 1], [0, 2]], [true, false]) func normalisationOverOtherAxes(
        axes: [Int], isTrained: Bool
    ) {
        let layer = ReorderedLayer(name: "norm", inputShape: [3, 2, 5], last: axes) { shape in
            GroupwiseNormalization(
                name: "norm", inputShape: shape, overLast: axes.count, epsilon: 0.01, hasScale: isTrained,
                hasCenter: isTrained)
        }
        checkNormalization(layer, isTrained: isTrained) { index in
            let place = [index / 10 % 3, index / 5 % 2, index % 5]
            return (Self.group(index, along: axes), axes.reduce(0) { $0 * [3, 2, 5][$1] + place[$1] })
        }
    }

    @Test(arguments: [1, 2, 3, 18], [true, false]) func normalisationOfGroups(groups: Int, isTrained: Bool) {
        let layer = GroupwiseNormalization(
            name: "norm", inputShape: [3, 2, 18], groups: groups, epsilon: 0.01, hasScale: isTrained,
            hasCenter: isTrained)
        checkNormalization(layer, isTrained: isTrained) { index in
            (index / 108 * groups + index % 18 / (18 / groups), index % 18)
        }
    }

    /// - Parameter place: the group of a value, and the number of its γ and β.
    private func checkNormalization(
        _ layer: some Layer, isTrained: Bool, place: @escaping (Int) -> (group: Int, parameter: Int)
    ) {
        let count = 2 * layer.outputShape.count
        let input = randomValues(count, seed: 1).map { $0 + 2 }, outputGradient = randomValues(count, seed: 2)
        let parameters = randomValues(layer.trainableCount, seed: 3)
        func output(_ input: [Double], _ parameters: [Double]) -> [Double] {
            let members = Dictionary(grouping: input.indices) { place($0).group }
            var result = input
            for indices in members.values {
                let mean = indices.reduce(0) { $0 + input[$1] } / Double(indices.count)
                let variance =
                    indices.reduce(0) { $0 + (input[$1] - mean) * (input[$1] - mean) } / Double(indices.count)
                for index in indices {
                    let number = place(index).parameter
                    let scale = isTrained ? parameters[number] : 1
                    let center = isTrained ? parameters[parameters.count / 2 + number] : 0
                    result[index] =
                        (input[index] - mean) / (variance + Double(Float(0.01))).squareRoot() * scale + center
                }
            }
            return result
        }
        let run = LayerRun(layer, input: input, parameters: parameters, outputGradient: outputGradient, count: 2)
        #expect(deviation(run.output, from: output(doubles(input), doubles(parameters))) <= 1e-6 && run.isIntact)
        #expect(
            agreesWithFiniteDifferences(
                run.inputGradient!, at: input, of: { inner(outputGradient, output($0, doubles(parameters))) }))
        if parameters.isEmpty { return }
        #expect(
            agreesWithFiniteDifferences(
                run.parameterGradient, at: parameters, of: { inner(outputGradient, output(doubles(input), $0)) }))
    }

    /// Far from zero, where x² − μ² would have no digits left.
    @Test func normalisationKeepsItsDigitsFarFromZero() {
        let layer = GroupwiseNormalization(name: "norm", inputShape: [64], overLast: 1, epsilon: 1e-6)
        let input = randomValues(64, seed: 1).map { 1000 + $0 }
        let run = LayerRun(
            layer, input: input,
            parameters: [Float](repeating: 1, count: 64)
                + [Float](repeating: 0, count: 64), count: 1)
        let mean = doubles(input).reduce(0, +) / 64
        let variance = doubles(input).reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 64
        let expected = doubles(input).map { ($0 - mean) / (variance + 1e-6).squareRoot() }
        #expect(deviation(run.output, from: expected) <= 2e-7)
    }
}
