/// Weight decay, clipping of gradients, and averaging of weights.
public struct Regularization: Codable, Hashable, Sendable {
    /// λ: before a step p ← p − η·λ·p, decoupled from the gradient, as Keras' `weight_decay`; LARS includes it in its
    /// step.
    ///
    /// Kernels decay; arrays of one dimension do not: biases, and γ and β of batch normalisation.
    public var weightDecay: Float = 0
    /// The largest norm of all gradients together: larger ones are scaled down to it. Keras' `global_clipnorm`.
    public var clipNorm: Float?
    /// m: after each step a ← m·a + (1 − m)·p, after the first a ← p; evaluation uses a. Keras' `ema_momentum`.
    public var averaging: Float?

    /// No regularization.
    public init() {}

    /// The name of the average in checkpoints.
    public static let averageName = "average"

    enum CodingKeys: String, CodingKey {
        case averaging
        case weightDecay = "weight_decay"
        case clipNorm = "clip_norm"
    }
}
