import CKernels
import NumericTestSupport
import Testing

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Activation functions against their formulas in double precision, and their derivatives against finite differences of
/// these.
@Suite struct ActivationTests {
    struct Function: CustomTestStringConvertible, Sendable {
        let kernel: Activation
        var parameter: Float = 0
        let name: String
        let formula: @Sendable (Double) -> Double
        var testDescription: String { name }
    }

    static let functions = [
        Function(kernel: ACTIVATION_SIGMOID, name: "sigmoid") { 1 / (1 + exp(-$0)) },
        Function(kernel: ACTIVATION_TANH, name: "tanh") { tanh($0) },
        Function(kernel: ACTIVATION_LEAKY_RELU, parameter: 0.25, name: "leaky ReLU") { $0 >= 0 ? $0 : 0.25 * $0 },
        Function(kernel: ACTIVATION_ELU, parameter: 0.5, name: "ELU") { $0 >= 0 ? $0 : 0.5 * (exp($0) - 1) },
        Function(kernel: ACTIVATION_GELU, name: "GELU") { $0 / 2 * (1 + erf($0 / 2.0.squareRoot())) },
        Function(kernel: ACTIVATION_GELU_APPROXIMATE, name: "approximate GELU") {
            $0 / 2 * (1 + tanh((2 / Double.pi).squareRoot() * ($0 + 0.044715 * $0 * $0 * $0)))
        },
    ]

    /// Where single precision may round up to 1, but neither function nor derivative overflows.
    private let inputs = randomValues(777, seed: 1, limit: 8) + randomValues(200, seed: 2, limit: 0.01)

    private func values(_ function: Function, _ x: [Float]) -> [Float] {
        let y = GuardedBuffer(count: x.count)
        activation(function.kernel, function.parameter, x, x.count, y.pointer)
        #expect(y.isIntact)
        return y.values
    }

    private func gradient(_ function: Function, _ x: [Float], _ dy: [Float]) -> [Float] {
        let dx = GuardedBuffer(count: x.count)
        activation_backward(function.kernel, function.parameter, x, values(function, x), dy, x.count, dx.pointer)
        #expect(dx.isIntact)
        return dx.values
    }

    @Test(arguments: functions) func valuesAreThoseOfTheFormula(_ function: Function) {
        let wrong = zip(inputs, values(function, inputs)).first { x, y in
            // A few roundings of numbers up to |x|, or up to 1 before they are multiplied with x.
            !(abs(Double(y) - function.formula(Double(x))) <= 4 * 0x1p-24 * (1 + abs(Double(x))))
        }
        #expect(wrong == nil)
    }

    @Test(arguments: functions) func gradientsAreFiniteDifferencesOfTheFormula(_ function: Function) {
        let upstream = randomValues(inputs.count, seed: 3)
        let gradients = gradient(function, inputs, upstream)
        let wrong = inputs.indices.first { index in
            let x = Double(inputs[index])
            // Differences over 2·10⁻⁵ straddle a kink at zero: there it is not a derivative.
            guard abs(x) > 1e-5 else { return false }
            let slope = (function.formula(x + 1e-5) - function.formula(x - 1e-5)) / 2e-5
            // Terms up to x²/2 of the approximate GELU round, and rounding of y costs as much again; 10⁻⁹ is the
            // difference's.
            let tolerance = 8 * 0x1p-24 * (1 + x * x) + 1e-9
            return !(abs(Double(gradients[index]) - slope * Double(upstream[index])) <= tolerance)
        }
        #expect(wrong == nil, "f′(\(wrong.map { inputs[$0] } ?? 0))")
    }

    @Test(arguments: functions) func limitsAreReachedWithoutOverflow(_ function: Function) {
        let far: [Float] = [-1e4, -200, 200, 1e4]
        for (x, y) in zip(far, values(function, far)) {
            let expected = function.formula(Double(x))
            #expect(abs(Double(y) - expected) <= 1e-6 * max(1, abs(expected)), "f(\(x))")
        }
        #expect(gradient(function, far, [1, 1, 1, 1]).allSatisfy { $0.isFinite })
    }

    @Test(arguments: functions) func notANumberStays(_ function: Function) {
        #expect(values(function, [Float](repeating: .nan, count: 19)).allSatisfy { $0.isNaN })
    }

    @Test(arguments: [1, 2, 3, 10, 16, 33]) func softmaxIsItsFormulaInEachRow(channels: Int) {
        let rows = 7
        // Rows of ordinary numbers, and rows whose exponentials alone would overflow or vanish.
        let x = (0..<rows).flatMap { row in
            randomValues(channels, seed: 4 + row, limit: 5).map { $0 + [0, 300, -300, 0, 1000, -1, 88][row] }
        }
        let (y, dx) = (GuardedBuffer(count: x.count), GuardedBuffer(count: x.count))
        softmax(x, rows, channels, y.pointer)
        let dy = randomValues(x.count, seed: 11)
        softmax_backward(y.pointer, dy, rows, channels, dx.pointer)
        for row in 0..<rows {
            let places = row * channels..<(row + 1) * channels
            let logits = doubles(Array(x[places])), upstream = doubles(Array(dy[places]))
            let powers = logits.map { exp($0 - logits.max()!) }
            let expected = powers.map { $0 / powers.reduce(0, +) }
            // x − max is rounded at most to 2⁻²⁴·10, its exponential with it; the sum adds a rounding a channel.
            let tolerance = Double(20 + channels) * 0x1p-24
            #expect(deviation(Array(y.values[places]), from: expected) <= tolerance)
            let mean = zip(expected, upstream).reduce(0) { $0 + $1.0 * $1.1 }
            // Two terms no larger than 1 that may cancel.
            let isGradientRight = places.enumerated().allSatisfy { index, place in
                abs(Double(dx.values[place]) - expected[index] * (upstream[index] - mean)) <= 3 * tolerance
            }
            #expect(isGradientRight)
        }
        #expect(y.isIntact && dx.isIntact)
    }

    @Test(arguments: 0..<3) func notANumberSpreadsOverItsSoftmaxRow(place: Int) {
        var x = randomValues(9, seed: 12)
        x[3 + place] = .nan
        let y = GuardedBuffer(count: 9)
        softmax(x, 3, 3, y.pointer)
        #expect(y.values.map(\.isNaN) == (0..<9).map { $0 / 3 == 1 })
    }
}
