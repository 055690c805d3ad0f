import CKernels
import Tensors

/// Several inputs put together value by value; those with extents of 1, or without an axis, are broadcast as numpy and
/// Keras do. Results equal `keras.layers.Multiply`, `Subtract`, `Average`, `Maximum`, `Minimum`, and `Add`.
public struct Merge: Layer {
    /// How inputs are put together, from the first to the last.
    public enum Combination: Hashable, Sendable {
        /// x₀ + x₁ + …
        case sum
        /// x₀ + factor·x₁
        case scaledSum(factor: Float)
        /// x₀ − x₁
        case difference
        /// x₀·x₁·…
        case product
        /// x₀ / x₁
        case quotient
        /// (x₀ + x₁ + …) / n
        case mean
        /// max(x₀, x₁, …)
        case maximum
        /// min(x₀, x₁, …)
        case minimum
    }

    public let name: String
    public let outputShape: Shape
    public let combination: Combination
    private let broadcasts: [Broadcast]

    /// The shape to which all of these are broadcast; nil when they do not fit.
    public static func shape(of inputs: [Shape]) -> Shape? {
        var extents = inputs.map(\.extents).max { $0.count < $1.count } ?? []
        for input in inputs {
            let missing = extents.count - input.extents.count
            for (axis, extent) in input.extents.enumerated() where extent != 1 {
                guard [1, extent].contains(extents[missing + axis]) else { return nil }
                extents[missing + axis] = extent
            }
        }
        return Shape(extents)
    }

    /// - Precondition: the shapes can be broadcast to one, and there are two of them for combinations of two.
    public init(name: String, inputShapes: [Shape], combination: Combination) {
        guard let shape = Self.shape(of: inputShapes) else { preconditionFailure("\(name): shapes do not fit") }
        self.name = name
        self.combination = combination
        outputShape = shape
        broadcasts = inputShapes.map { Broadcast($0, to: shape) }
    }

    // MARK: Memory

    /// Doubles to sum an input's gradient in, then as many values as the output has, three times: that gradient before
    /// its sum, an input that is broadcast, and whose the maxima are.
    public func workspaceCount(samples: Int) -> Int { sumCount + 3 * outputShape.count }

    private var sumCount: Int { 2 * (broadcasts.filter { !$0.isIdentity }.map(\.smallCount).max() ?? 0) }

    private func scratch(_ pass: LayerPass, _ place: Int) -> UnsafeMutablePointer<Float> {
        pass.workspace.pointer(outputShape.count, at: sumCount + place * outputShape.count)
    }

    public func valuesReadBackward(rectifiesInputGradient: Bool, isOutputGradientRectified: Bool) -> ValuesRead {
        switch combination {
        case .sum, .scaledSum, .difference, .mean: ValuesRead(inputs: false, output: false)
        case .product, .quotient: ValuesRead(inputs: true, output: false)
        case .maximum, .minimum: ValuesRead(inputs: true, output: true)
        }
    }

    /// An input of one sample, as many values as the output has.
    private func operand(_ pass: LayerPass, _ input: Int, _ sample: Int) -> UnsafePointer<Float> {
        let broadcast = broadcasts[input]
        let values = pass.inputs[input].pointer(broadcast.smallCount, at: sample * broadcast.smallCount)
        if broadcast.isIdentity { return values }
        let expanded = scratch(pass, 1)
        broadcast.expand(values, into: expanded)
        return UnsafePointer(expanded)
    }

    /// As many values as the output has, put together with an input of one sample.
    private func combine(
        _ operation: Arithmetic, _ values: UnsafePointer<Float>, _ pass: LayerPass, _ input: Int, _ sample: Int,
        into result: UnsafeMutablePointer<Float>
    ) {
        let broadcast = broadcasts[input]
        if let repetitions = broadcast.repetitions {
            let own = pass.inputs[input].pointer(broadcast.smallCount, at: sample * broadcast.smallCount)
            combine_rows(operation, values, own, repetitions, broadcast.smallCount, result)
        } else {
            CKernels.combine(operation, values, operand(pass, input, sample), outputShape.count, result)
        }
    }

    // MARK: Forward

    public func forward(_ pass: LayerPass) {
        let count = outputShape.count
        for sample in 0..<pass.samples {
            let output = pass.output.pointer(count, at: sample * count)
            var values = operand(pass, 0, sample)
            if !broadcasts[0].isIdentity || broadcasts.count == 1 {
                output.update(from: values, count: count)
                values = UnsafePointer(output)
            }
            for input in broadcasts.indices.dropFirst() {
                switch combination {
                case .sum, .mean: combine(ARITHMETIC_ADD, values, pass, input, sample, into: output)
                case .scaledSum(let factor):
                    add_scaled(values, operand(pass, input, sample), factor, count, output)
                case .difference: combine(ARITHMETIC_SUBTRACT, values, pass, input, sample, into: output)
                case .product: combine(ARITHMETIC_MULTIPLY, values, pass, input, sample, into: output)
                case .quotient: combine(ARITHMETIC_DIVIDE, values, pass, input, sample, into: output)
                case .maximum: combine(ARITHMETIC_MAXIMUM, values, pass, input, sample, into: output)
                case .minimum: combine(ARITHMETIC_MINIMUM, values, pass, input, sample, into: output)
                }
                values = UnsafePointer(output)
            }
            if combination == .mean {
                combine_with_number(ARITHMETIC_DIVIDE, output, Float(broadcasts.count), count, output)
            }
        }
    }

    // MARK: Backward

    public func backward(_ pass: LayerPass) {
        let count = outputShape.count
        for sample in 0..<pass.samples {
            if [.maximum, .minimum].contains(combination) { scratch(pass, 2).update(repeating: 0, count: count) }
            for (input, broadcast) in broadcasts.enumerated() {
                let target = pass.inputGradients[input]?.slice(
                    broadcast.smallCount, at: sample * broadcast.smallCount)
                let own = target.map { broadcast.isIdentity ? $0.pointer(count) : scratch(pass, 0) }
                writeGradient(pass, of: input, sample, into: own)
                guard let own, let target, !broadcast.isIdentity else { continue }
                let sums = pass.workspace.zeroedDoubles(broadcast.smallCount)
                broadcast.sum(own, into: sums)
                for index in 0..<broadcast.smallCount { target[index] = Float(sums[index]) }
            }
        }
    }

    /// The gradient of an input of one sample before it is broadcast. Maxima ask for that of each input in turn, needed
    /// or not.
    private func writeGradient(
        _ pass: LayerPass, of input: Int, _ sample: Int, into gradient: UnsafeMutablePointer<Float>?
    ) {
        let count = outputShape.count
        let above = UnsafePointer(pass.outputGradient.pointer(count, at: sample * count))
        if [.maximum, .minimum].contains(combination) {
            let output = pass.output.pointer(count, at: sample * count)
            winner_gradient(operand(pass, input, sample), output, above, count, scratch(pass, 2), gradient)
            return
        }
        guard let gradient else { return }
        func scale(_ factor: Float) { combine_with_number(ARITHMETIC_MULTIPLY, above, factor, count, gradient) }
        func apply(_ operation: Arithmetic, _ other: Int) {
            combine(operation, gradient, pass, other, sample, into: gradient)
        }
        switch combination {
        case .scaledSum(let factor) where input == 1: scale(factor)
        case .difference where input == 1: scale(-1)
        case .mean: combine_with_number(ARITHMETIC_DIVIDE, above, Float(broadcasts.count), count, gradient)
        case .quotient where input == 1:
            scale(-1)
            apply(ARITHMETIC_MULTIPLY, 0)
            apply(ARITHMETIC_DIVIDE, 1)
            apply(ARITHMETIC_DIVIDE, 1)
        case .quotient: combine(ARITHMETIC_DIVIDE, above, pass, 1, sample, into: gradient)
        case .product where broadcasts.count > 1:
            var product = above
            for other in broadcasts.indices where other != input {
                combine(ARITHMETIC_MULTIPLY, product, pass, other, sample, into: gradient)
                product = UnsafePointer(gradient)
            }
        case .product, .sum, .scaledSum, .difference, .maximum, .minimum: gradient.update(from: above, count: count)
        }
    }
}
