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
    /// min(x, maximum) for x > threshold, else slope·(x − threshold); see ``rectifier(maximum:slope:threshold:)``.
    case boundedReLU(maximum: Float?, slope: Float, threshold: Float)
    /// x / (1 + exp(−x)), also called swish. Source: P. Ramachandran et al., arXiv:1710.05941 (2017).
    case silu
    /// min(max(x + 3, 0), 6) / 6
    case hardSigmoid
    /// x·min(max(x + 3, 0), 6) / 6, also called hard swish. Source: A. Howard et al., ICCV 2019.
    case hardSilu
    /// ln(1 + exp(x))
    case softplus
    /// x / (1 + |x|)
    case softsign
    /// λ·x for x ≥ 0, else λ·α·(exp(x) − 1), λ = 1.0507…, α = 1.6732…. Source: G. Klambauer et al., NIPS 2017.
    case selu
    /// x for x ≥ 0, else α·(exp(x/α) − 1). Source: J. T. Barron, arXiv:1704.07483 (2017).
    case celu(alpha: Float)
    /// x·tanh(ln(1 + exp(x))). Source: D. Misra, arXiv:1908.08681 (2019).
    case mish
    /// exp(x)
    case exponential
    /// −ln(1 + exp(−x))
    case logSigmoid
    /// ln softmax over the last axis
    case logSoftmax
    /// min(max(x, −1), 1)
    case hardTanh
    /// x − tanh x
    case tanhShrink
    /// x ∓ threshold where |x| > threshold, else 0
    case softShrink(threshold: Float)
    /// x where |x| > threshold, else 0
    case hardShrink(threshold: Float)
    /// (x + √(x² + b)) / 2. Source: J. T. Barron, arXiv:2112.11687 (2021).
    case squareplus(b: Float)
    /// 0 for x ≤ −1, (x + 1)²/4 up to 1, then x
    case sparsePlus
    /// min(max((x + 1)/2, 0), 1)
    case sparseSigmoid

    /// min(x, maximum) for x > threshold, else slope·(x − threshold), by the simplest function that does it.
    public static func rectifier(maximum: Float? = nil, slope: Float = 0, threshold: Float = 0) -> ActivationFunction {
        guard maximum == nil, threshold == 0 else {
            return .boundedReLU(maximum: maximum, slope: slope, threshold: threshold)
        }
        return slope == 0 ? .relu : .leakyReLU(slope: slope)
    }

    /// min(max(x, 0), 6). Source: A. Krizhevsky, "Convolutional deep belief networks on CIFAR-10" (2010).
    public static let relu6 = rectifier(maximum: 6)
}
