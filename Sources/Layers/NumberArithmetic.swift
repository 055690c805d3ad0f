import CKernels
import Tensors

/// Each value put together with one number: the operators that Keras writes for x·0.5, 1 − x, x² and their like.
public struct NumberArithmetic: Layer {
    /// An operator of two operands.
    public enum Operator: String, Hashable, Sendable, Codable, CaseIterable {
        case add, subtract, multiply, divide, maximum, minimum, power
    }

    public let name: String
    public let outputShape: Shape
    private let `operator`: Operator
    private let number: Float
    /// Whether the number is the first operand.
    private let isNumberFirst: Bool

    /// - Precondition: a power has the number for its second operand.
    public init(name: String, inputShape: Shape, operator: Operator, number: Float, isNumberFirst: Bool) {
        precondition(`operator` != .power || !isNumberFirst, "\(name) would be a power of a number")
        self.name = name
        outputShape = inputShape
        self.operator = `operator`
        self.number = number
        self.isNumberFirst = isNumberFirst
    }

    public func valuesReadBackward(rectifiesInputGradient: Bool, isOutputGradientRectified: Bool) -> ValuesRead {
        switch `operator` {
        case .add, .subtract, .multiply: ValuesRead(inputs: false, output: false)
        case .divide: ValuesRead(inputs: isNumberFirst, output: false)
        case .maximum, .minimum, .power: ValuesRead(inputs: true, output: false)
        }
    }

    public func forward(_ pass: LayerPass) {
        let count = pass.samples * outputShape.count
        let (input, output) = (pass.inputs[0].pointer(count), pass.output.pointer(count))
        if isNumberFirst {
            combine_number_with(kernel, number, input, count, output)
        } else {
            combine_with_number(kernel, input, number, count, output)
        }
    }

    public func backward(_ pass: LayerPass) {
        guard let inputGradient = pass.inputGradients[0] else { return }
        let count = pass.samples * outputShape.count
        let gradient = inputGradient.pointer(count)
        let above = UnsafePointer(pass.outputGradient.pointer(count))
        switch `operator` {
        case .add: gradient.update(from: above, count: count)
        case .subtract: combine_with_number(ARITHMETIC_MULTIPLY, above, isNumberFirst ? -1 : 1, count, gradient)
        case .multiply: combine_with_number(ARITHMETIC_MULTIPLY, above, number, count, gradient)
        case .divide where !isNumberFirst: combine_with_number(ARITHMETIC_DIVIDE, above, number, count, gradient)
        case .divide:
            let input = pass.inputs[0].pointer(count)
            combine_with_number(ARITHMETIC_MULTIPLY, above, -number, count, gradient)
            combine(ARITHMETIC_DIVIDE, gradient, input, count, gradient)
            combine(ARITHMETIC_DIVIDE, gradient, input, count, gradient)
        case .maximum, .minimum:
            let input = pass.inputs[0].pointer(count)
            for index in 0..<count {
                // The first operand has the gradient where both are equal.
                let wins = `operator` == .maximum ? input[index] > number : input[index] < number
                gradient[index] = wins || (!isNumberFirst && input[index] == number) ? above[index] : 0
            }
        case .power:
            combine_with_number(ARITHMETIC_POWER, pass.inputs[0].pointer(count), number - 1, count, gradient)
            combine_with_number(ARITHMETIC_MULTIPLY, gradient, number, count, gradient)
            combine(ARITHMETIC_MULTIPLY, gradient, above, count, gradient)
        }
    }

    private var kernel: Arithmetic {
        switch `operator` {
        case .add: ARITHMETIC_ADD
        case .subtract: ARITHMETIC_SUBTRACT
        case .multiply: ARITHMETIC_MULTIPLY
        case .divide: ARITHMETIC_DIVIDE
        case .maximum: ARITHMETIC_MAXIMUM
        case .minimum: ARITHMETIC_MINIMUM
        case .power: ARITHMETIC_POWER
        }
    }
}
