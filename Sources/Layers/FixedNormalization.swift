import CKernels
import Tensors

/// (x − mean) / max(√variance, 10⁻⁷) with a mean and a variance that are given, not measured; or back again,
/// x·max(√variance, 10⁻⁷) + mean. Results equal `keras.layers.Normalization`.
public struct FixedNormalization: StatefulLayer {
    public let name: String
    public let outputShape: Shape
    /// Whether the layer takes normalised values and gives what they were.
    public let isInverse: Bool
    private let constants: (mean: [Float], variance: [Float])?
    private let parameterShape: Shape
    private let broadcast: Broadcast

    /// - Parameters:
    ///   - axes: those along which each place has a mean of its own, counted from 0, in their order.
    ///   - constants: the mean and the variance of each place; nil when they are values of the model.
    public init(
        name: String, inputShape: Shape, axes: [Int], isInverse: Bool, constants: (mean: [Float], variance: [Float])?
    ) {
        self.name = name
        outputShape = inputShape
        self.isInverse = isInverse
        self.constants = constants
        parameterShape = Shape(axes.map { inputShape.extents[$0] })
        let shape = Shape(inputShape.extents.enumerated().map { axes.contains($0) ? $1 : 1 })
        broadcast = Broadcast(shape, to: inputShape)
        precondition(
            constants.map { $0.mean.count == shape.count && $0.variance.count == shape.count } ?? true,
            "\(name): as many constants as places")
    }

    /// Keras keeps a count beside them, which nothing reads.
    public var parameters: [ParameterSpecification] {
        guard constants == nil else { return [] }
        return [
            ParameterSpecification("mean", parameterShape, .zeros, isTrainable: false),
            ParameterSpecification("variance", parameterShape, .ones, isTrainable: false),
            ParameterSpecification("count", [], .zeros, isTrainable: false),
        ]
    }

    /// A mean and a deviation for each value.
    public var preparedCount: Int { 2 * outputShape.count }

    public func prepare(_ parameters: FloatView, into prepared: MutableFloatView) {
        guard let constants else { return }
        write(constants.mean, constants.variance, prepared)
    }

    public func prepare(state: FloatView, into prepared: MutableFloatView) {
        guard constants == nil else { return }
        let count = parameterShape.count
        write(state.slice(count).array, state.slice(count, at: count).array, prepared)
    }

    private func write(_ mean: [Float], _ variance: [Float], _ prepared: MutableFloatView) {
        let count = outputShape.count
        broadcast.expand(mean, into: prepared.pointer(count))
        broadcast.expand(variance.map { max($0.squareRoot(), 1e-7) }, into: prepared.pointer(count, at: count))
    }

    public func valuesReadBackward(rectifiesInputGradient: Bool, isOutputGradientRectified: Bool) -> ValuesRead {
        ValuesRead(inputs: false, output: false)
    }

    public func forward(_ pass: LayerPass) {
        let count = outputShape.count
        let (means, deviations) = (pass.prepared.pointer(count), pass.prepared.pointer(count, at: count))
        for sample in 0..<pass.samples {
            let input = pass.inputs[0].pointer(count, at: sample * count)
            let output = pass.output.pointer(count, at: sample * count)
            if isInverse {
                combine(ARITHMETIC_MULTIPLY, input, deviations, count, output)
                combine(ARITHMETIC_ADD, output, means, count, output)
            } else {
                combine(ARITHMETIC_SUBTRACT, input, means, count, output)
                combine(ARITHMETIC_DIVIDE, output, deviations, count, output)
            }
        }
    }

    public func backward(_ pass: LayerPass) {
        guard let inputGradient = pass.inputGradients[0] else { return }
        let count = outputShape.count
        for sample in 0..<pass.samples {
            combine(
                isInverse ? ARITHMETIC_MULTIPLY : ARITHMETIC_DIVIDE,
                pass.outputGradient.pointer(count, at: sample * count),
                pass.prepared.pointer(count, at: count), count, inputGradient.pointer(count, at: sample * count))
        }
    }
}
