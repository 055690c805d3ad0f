/// What keeps parameters and their steps small, and evens them out, beside the optimizer.
public struct Regularization: Codable, Hashable, Sendable {
    /// λ: before a step p ← p − η·λ·p, apart from the gradient, as Keras' `weight_decay`; LARS has it within its step.
    ///
    /// Kernels decay; arrays of one dimension do not: biases, and γ and β of batch normalisation.
    public var weightDecay: Float = 0
    /// The largest norm of all gradients together: longer ones are shortened to it. Keras' `global_clipnorm`.
    public var clipNorm: Float?
    /// m: after each step a ← m·a + (1 − m)·p, after the first a ← p; evaluation takes a. Keras' `ema_momentum`.
    public var averaging: Float?

    /// Nothing.
    public init() {}

    /// What the average is called in checkpoints.
    public static let averageName = "average"

    enum CodingKeys: String, CodingKey {
        case averaging
        case weightDecay = "weight_decay"
        case clipNorm = "clip_norm"
    }
}
