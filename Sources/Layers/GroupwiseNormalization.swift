import CKernels
import Tensors

/// Normalisation of each sample by itself: groups of its values get the mean 0 and the variance 1.
///
///     y = γ·(x − μ)/√(σ² + ε) + β
///
/// A group is all values along the last axes of a sample, or all pixels of some neighbouring channels. Sources: J. L. Ba
/// et al., arXiv:1607.06450 (2016); Y. Wu and K. He, ECCV 2018; `keras.layers.LayerNormalization` and
/// `GroupNormalization`.
public struct GroupwiseNormalization: Layer {
    public let name: String
    public let outputShape: Shape
    public let epsilon: Float
    /// Whether there is a γ to train, else it is 1.
    public let hasScale: Bool
    /// Whether there is a β to train, else it is 0.
    public let hasCenter: Bool
    private let shape: GroupShape
    private let parameterShape: Shape
    /// How many arrays of `shape` a sample has one after another.
    private let rows: Int

    /// Normalises over the last axes, with a γ and a β for each place along them.
    ///
    /// - Parameter axes: how many; from 1 to all of the input's.
    public init(
        name: String, inputShape: Shape, overLast axes: Int, epsilon: Float, hasScale: Bool = true,
        hasCenter: Bool = true
    ) {
        let group = Shape(inputShape.extents.suffix(axes))
        self.init(
            name, inputShape, GroupShape(pixels: 1, groups: 1, width: group.count), group, epsilon, hasScale, hasCenter)
    }

    /// Normalises each group of channels, over all pixels, with a γ and a β for each channel.
    ///
    /// - Precondition: `groups` divides the channels.
    public init(
        name: String, inputShape: Shape, groups: Int, epsilon: Float, hasScale: Bool = true, hasCenter: Bool = true
    ) {
        let channels = inputShape.channels
        precondition(channels % groups == 0, "\(name): \(groups) groups of \(channels) channels")
        self.init(
            name, inputShape, GroupShape(pixels: inputShape.rows, groups: groups, width: channels / groups), [channels],
            epsilon, hasScale, hasCenter)
    }

    private init(
        _ name: String, _ inputShape: Shape, _ shape: GroupShape, _ parameterShape: Shape, _ epsilon: Float,
        _ hasScale: Bool, _ hasCenter: Bool
    ) {
        self.name = name
        outputShape = inputShape
        self.epsilon = epsilon
        (self.hasScale, self.hasCenter) = (hasScale, hasCenter)
        (self.shape, self.parameterShape) = (shape, parameterShape)
        rows = inputShape.count / (shape.pixels * shape.groups * shape.width)
    }

    public var parameters: [ParameterSpecification] {
        (hasScale ? [ParameterSpecification("gamma", parameterShape, .ones)] : [])
            + (hasCenter ? [ParameterSpecification("beta", parameterShape, .zeros)] : [])
    }

    /// Mean and 1/√(σ² + ε) of each group, in double precision.
    public var keptBytes: Int { statisticsCount * MemoryLayout<Double>.stride }
    private var statisticsCount: Int { rows * shape.groups * 2 }

    /// The sums for γ and β, and of groups, in double precision.
    public func workspaceCount(samples: Int) -> Int { 4 * (parameterShape.count + shape.groups) }

    public func valuesReadBackward(rectifiesInputGradient: Bool, isOutputGradientRectified: Bool) -> ValuesRead {
        ValuesRead(inputs: true, output: false)
    }

    private func scale(_ pass: LayerPass) -> UnsafePointer<Float>? {
        hasScale ? pass.parameters.pointer(parameterShape.count) : nil
    }

    private func center(_ pass: LayerPass) -> UnsafePointer<Float>? {
        hasCenter ? pass.parameters.pointer(parameterShape.count, at: hasScale ? parameterShape.count : 0) : nil
    }

    /// Where the statistics of each row of groups lie, and the row's values.
    private func eachRow(
        _ pass: LayerPass, _ body: (_ statistics: UnsafeMutablePointer<Double>, _ place: Int, _ count: Int) -> Void
    ) {
        let count = outputShape.count / rows
        let kept = UnsafeMutableRawPointer(pass.kept.pointer(pass.samples * keptBytes))
            .assumingMemoryBound(to: Double.self)
        for row in 0..<pass.samples * rows { body(kept + row * shape.groups * 2, row * count, count) }
    }

    public func forward(_ pass: LayerPass) {
        eachRow(pass) { statistics, place, count in
            group_normalize(
                shape, pass.inputs[0].pointer(count, at: place), scale(pass), center(pass), Double(epsilon), statistics,
                pass.output.pointer(count, at: place))
        }
    }

    public func backward(_ pass: LayerPass) {
        let parameters = parameterShape.count
        let sums = pass.workspace.zeroedDoubles(2 * (parameters + shape.groups))
        eachRow(pass) { statistics, place, count in
            group_normalize_backward(
                shape, pass.inputs[0].pointer(count, at: place), pass.outputGradient.pointer(count, at: place),
                scale(pass), statistics, sums, sums + parameters, sums + 2 * parameters,
                pass.inputGradients[0]?.pointer(count, at: place))
        }
        for index in 0..<parameters {
            if hasScale { pass.parameterGradient[index] = Float(sums[index]) }
            if hasCenter {
                pass.parameterGradient[(hasScale ? parameters : 0) + index] = Float(sums[parameters + index])
            }
        }
    }
}
