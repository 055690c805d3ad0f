import CKernels
import Testing

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// The kernels' own exp, tanh and so on, seen through the activation functions that are one of them, against double
/// precision: over all exponents of single precision, and at its special values.
@Suite struct ElementaryFunctionTests {
    struct Function: CustomTestStringConvertible, Sendable {
        let kernel: Activation
        let testDescription: String
        /// The largest error in units in the last place of the result.
        let limit: Double
        let inputs: ClosedRange<Float>
        let formula: @Sendable (Double) -> Double
    }

    static let all = -Float.infinity...Float.infinity
    static let functions = [
        Function(kernel: ACTIVATION_EXPONENTIAL, testDescription: "exp", limit: 2, inputs: all) { exp($0) },
        Function(kernel: ACTIVATION_ELU, testDescription: "expm1", limit: 2, inputs: -.infinity...0) { expm1($0) },
        Function(kernel: ACTIVATION_TANH, testDescription: "tanh", limit: 3, inputs: all) { tanh($0) },
        Function(kernel: ACTIVATION_SIGMOID, testDescription: "logistic", limit: 3, inputs: all) {
            $0 < 0 ? exp($0) / (1 + exp($0)) : 1 / (1 + exp(-$0))
        },
        Function(kernel: ACTIVATION_SOFTPLUS, testDescription: "log1p", limit: 4, inputs: all) {
            max($0, 0) + log1p(exp(-abs($0)))
        },
        Function(kernel: ACTIVATION_GELU, testDescription: "erf", limit: 4, inputs: 0x1p-100...(.infinity)) {
            $0 / 2 * (1 + erf($0 * 0.5.squareRoot()))
        },
    ]

    /// Numbers of every exponent and sign, close together where the functions are neither 0 nor constant.
    private static let numbers: [Float] =
        stride(from: UInt32(0), through: 0x7f80_0000, by: 40_961).map { Float(bitPattern: $0) }
        + stride(from: Float(0), through: 110, by: 0x1p-8)
        + [.infinity, .leastNonzeroMagnitude, .leastNormalMagnitude, .greatestFiniteMagnitude]

    private func values(_ function: Function, _ inputs: [Float]) -> [Float] {
        var outputs = inputs
        outputs.withUnsafeMutableBufferPointer {
            activation(function.kernel, 1, $0.baseAddress!, $0.count, $0.baseAddress!)
        }
        return outputs
    }

    @Test("Errors stay below a few units in the last place", arguments: functions)
    func isAccurate(_ function: Function) {
        let inputs = (Self.numbers + Self.numbers.map { -$0 }).filter(function.inputs.contains)
        var worst = (error: 0.0, input: Float(0))
        for (input, output) in zip(inputs, values(function, inputs)) {
            let exact = function.formula(Double(input))
            let rounded = Float(exact)
            let error =
                rounded.isFinite
                ? abs(Double(output) - exact) / Double(max(rounded.ulp, .leastNonzeroMagnitude))
                : output == rounded ? 0 : .infinity
            if !(error <= worst.error) { worst = (error, input) }
        }
        #expect(worst.error <= function.limit, "at \(worst.input)")
    }

    @Test("NaN stays NaN", arguments: functions)
    func keepsNaN(_ function: Function) {
        #expect(values(function, [0, .nan, -.nan, 1])[1...2].allSatisfy { $0.isNaN })
    }
}
