/// What is applied to a layer's sums, element by element (softmax: over the last axis). As Keras has them.
public enum ActivationFunction: Hashable, Sendable, Codable {
    /// x
    case linear
    /// max(x, 0)
    case relu
    /// 1 / (1 + exp(−x))
    case sigmoid
    /// exp(x − max) / Σ exp(x − max) over the last axis
    case softmax
    /// tanh x
    case tanh
    /// x for x ≥ 0, else slope·x. Keras' LeakyReLU layer has the slope 0.3, its `leaky_relu` function 0.2.
    case leakyReLU(slope: Float)
    /// x for x ≥ 0, else α·(exp(x) − 1). Source: D.-A. Clevert et al., ICLR 2016.
    case elu(alpha: Float)
    /// x·Φ(x) with the normal distribution's Φ, or its approximation by tanh. Source: D. Hendrycks and K. Gimpel, 2016.
    case gelu(approximate: Bool)
}
