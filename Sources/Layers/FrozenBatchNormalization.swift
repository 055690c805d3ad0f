import Tensors

/// Batch normalisation that training does not change: with the moving statistics, in training as in inference.
///
///     y = γ·(x − μ)/√(σ² + ε) + β,   ∂x = γ/√(σ² + ε)·∂y
///
/// Nothing is to be summed over microbatches, so it is a layer like others. Its parameters come with the moving
/// statistics behind them. Source: `keras.layers.BatchNormalization` with `trainable = False`.
public struct FrozenBatchNormalization: Layer {
    private let normalization: BatchNormalization

    public init(_ normalization: BatchNormalization) { self.normalization = normalization }

    public var name: String { normalization.name }
    public var outputShape: Shape { normalization.outputShape }
    public var parameters: [ParameterSpecification] { normalization.parameters }
    public var preparedCount: Int { normalization.preparedCount }
    public var isRectified: Bool { normalization.isRectified }

    public func rectified() -> (any Layer)? {
        (normalization.rectified() as? BatchNormalization).map(FrozenBatchNormalization.init)
    }

    /// - Parameter parameters: those that could be trained, then the moving statistics.
    public func prepare(_ parameters: FloatView, into prepared: MutableFloatView) {
        normalization.useMovingStatistics(
            parameters.slice(normalization.stateCount, at: normalization.trainableCount), parameters: parameters,
            prepared: prepared)
        // Without sums over the batch, what is left of the gradient is its first factor.
        let count = normalization.sumCount
        withUnsafeTemporaryAllocation(of: Double.self, capacity: count) { sums in
            sums.initialize(repeating: 0)
            guard let base = sums.baseAddress else { return }
            normalization.finishGradients(BufferView(base, count: count), samples: 1, prepared: prepared)
        }
    }

    public func forward(_ pass: LayerPass) { normalization.forward(pass) }

    public func backward(_ pass: LayerPass) { normalization.backward(pass) }
}
