import CKernels
import Tensors

/// x·min(1/√Σx², 10¹²) with the sum over some axes of each sample. Results equal `keras.layers.UnitNormalization`.
public struct UnitNormalization: Layer {
    public let name: String
    public let outputShape: Shape
    private let broadcast: Broadcast

    private static let largest = 1e12

    /// - Parameter axes: those that are summed over, counted from 0.
    public init(name: String, inputShape: Shape, axes: Set<Int>) {
        self.name = name
        outputShape = inputShape
        broadcast = Broadcast(
            Shape(inputShape.extents.enumerated().map { axes.contains($0) ? 1 : $1 }), to: inputShape)
    }

    /// Two sums for each group of values that is one vector, in double precision, one of them as factors; and as many
    /// values as a sample has, twice.
    public func workspaceCount(samples: Int) -> Int { 5 * broadcast.smallCount + 2 * outputShape.count }

    public func valuesReadBackward(rectifiesInputGradient: Bool, isOutputGradientRectified: Bool) -> ValuesRead {
        ValuesRead(inputs: true, output: false)
    }

    /// Sums products of two arrays of one sample for each vector.
    private func sums(
        _ pass: LayerPass, _ one: UnsafePointer<Float>, _ other: UnsafePointer<Float>,
        into sums:
            UnsafeMutablePointer<Double>
    ) {
        let count = outputShape.count
        let products = pass.workspace.pointer(count, at: 5 * broadcast.smallCount)
        combine(ARITHMETIC_MULTIPLY, one, other, count, products)
        broadcast.sum(products, into: sums)
    }

    /// A number for each vector, for each of its values.
    private func expanded(
        _ pass: LayerPass, _ number: (Int) -> Double, place: Int
    ) -> UnsafeMutablePointer<Float> {
        let vectors = broadcast.smallCount
        let factors = pass.workspace.pointer(vectors, at: 4 * vectors)
        for index in 0..<vectors { factors[index] = Float(number(index)) }
        let values = pass.workspace.pointer(outputShape.count, at: 5 * vectors + place * outputShape.count)
        broadcast.expand(factors, into: values)
        return values
    }

    private func inverse(_ square: Double) -> Double { min(1 / square.squareRoot(), Self.largest) }

    public func forward(_ pass: LayerPass) {
        let count = outputShape.count
        for sample in 0..<pass.samples {
            let input = pass.inputs[0].pointer(count, at: sample * count)
            let squares = pass.workspace.zeroedDoubles(2 * broadcast.smallCount)
            sums(pass, input, input, into: squares)
            let factors = expanded(pass, { inverse(squares[$0]) }, place: 1)
            combine(ARITHMETIC_MULTIPLY, input, factors, count, pass.output.pointer(count, at: sample * count))
        }
    }

    /// ∂x = (∂y − x·Σ(x·∂y)/Σx²)/√Σx²
    public func backward(_ pass: LayerPass) {
        guard let inputGradient = pass.inputGradients[0] else { return }
        let count = outputShape.count
        for sample in 0..<pass.samples {
            let input = pass.inputs[0].pointer(count, at: sample * count)
            let above = UnsafePointer(pass.outputGradient.pointer(count, at: sample * count))
            let gradient = inputGradient.pointer(count, at: sample * count)
            let squares = pass.workspace.zeroedDoubles(2 * broadcast.smallCount)
            let products = squares + broadcast.smallCount
            sums(pass, input, input, into: squares)
            sums(pass, input, above, into: products)
            let along = expanded(
                pass, { squares[$0] * Self.largest * Self.largest <= 1 ? 0 : products[$0] / squares[$0] }, place: 0)
            combine(ARITHMETIC_MULTIPLY, along, input, count, along)
            combine(ARITHMETIC_SUBTRACT, above, along, count, gradient)
            combine(
                ARITHMETIC_MULTIPLY, gradient, expanded(pass, { inverse(squares[$0]) }, place: 1), count, gradient)
        }
    }
}
