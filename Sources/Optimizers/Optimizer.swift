import CKernels

/// How gradients update parameters, as a value. Results equal those of Keras' optimizers of the same name.
public enum Optimizer: Hashable, Sendable, Codable {
    /// Stochastic gradient descent: p ← p − η·g, or with momentum v ← μ·v − η·g and p ← p + v,
    /// or with Nesterov's momentum p ← p + μ·v − η·g. `keras.optimizers.SGD`.
    case sgd(momentum: Float = 0, nesterov: Bool = false)
    /// m ← m + (g − m)(1 − β₁), v ← v + (g² − v)(1 − β₂), p ← p − η·√(1 − β₂ᵗ)/(1 − β₁ᵗ)·m/(√v + ε).
    /// Source: D. Kingma and J. Ba, ICLR 2015; `keras.optimizers.Adam`.
    case adam(beta1: Double = 0.9, beta2: Double = 0.999, epsilon: Float = 1e-7)
    /// Adam's direction u = m/(1 − β₁ᵗ) / (√(v/(1 − β₂ᵗ)) + ε), and for each array p ← p − η·‖p‖/‖u‖·u.
    /// Source: Y. You et al., ICLR 2020; `keras.optimizers.Lamb`, with weight decay before the step as there.
    case lamb(beta1: Double = 0.9, beta2: Double = 0.999, epsilon: Float = 1e-7)
    /// For each array of the decaying ones v ← μ·v − η·r·(g + λ·p) with r = c·‖p‖/(‖g‖ + λ·‖p‖), else r = 1 and λ = 0;
    /// p ← p + v. Source: Y. You, I. Gitman and B. Ginsburg, arXiv:1708.03888.
    case lars(momentum: Float = 0.9, trust: Float = 0.001)

    /// Keras' names of the optimizer's state vectors, each as long as the parameters.
    public var stateNames: [String] {
        switch self {
        case .sgd(let momentum, _): momentum == 0 ? [] : ["momentum"]
        case .adam, .lamb: ["first_moment", "second_moment"]
        case .lars: ["momentum"]
        }
    }

    /// Whether a step's length depends on the norms of whole arrays: it is then updated by `computeDirection`,
    /// `trustRatio` and `apply`.
    public var needsNorms: Bool {
        switch self {
        case .sgd, .adam: false
        case .lamb, .lars: true
        }
    }

    /// Updates `count` parameters from their gradient.
    ///
    /// - Parameters:
    ///   - state: the parts of the state vectors that belong to these parameters, one for each of `stateNames`.
    ///   - step: counted from 1, as Adam's bias correction needs it.
    public func update(
        _ parameters: UnsafeMutablePointer<Float>, gradient: UnsafePointer<Float>,
        state: (Int) -> UnsafeMutablePointer<Float>, count: Int, learningRate: Float, step: Int
    ) {
        switch self {
        case .sgd(let momentum, let nesterov):
            if momentum == 0 {
                sgd_update(parameters, gradient, count, learningRate)
            } else {
                momentum_update(parameters, gradient, state(0), count, learningRate, momentum, nesterov ? 1 : 0)
            }
        case .adam(let beta1, let beta2, let epsilon):
            let rate = Self.correctedRate(learningRate, beta1: beta1, beta2: beta2, step: step)
            // 1 − 0.999 computed in single precision would be off by 10⁻⁵, which ten steps can show.
            adam_update(
                parameters, gradient, state(0), state(1), count, rate, Float(1 - beta1), Float(1 - beta2), epsilon)
        case .lamb, .lars: preconditionFailure("\(self) needs norms before it updates")
        }
    }

    /// η·√(1 − β₂ᵗ)/(1 − β₁ᵗ), of β rounded to single precision as in Keras.
    static func correctedRate(_ rate: Float, beta1: Double, beta2: Double, step: Int) -> Float {
        let first = 1 - power(Double(Float(beta1)), step)
        let second = 1 - power(Double(Float(beta2)), step)
        return Float(Double(rate) * second.squareRoot() / first)
    }

    /// `base` to a positive integer power, by squaring: the same bits everywhere.
    static func power(_ base: Double, _ exponent: Int) -> Double {
        var (result, square, left) = (1.0, base, exponent)
        while left > 0 {
            if left & 1 == 1 { result *= square }
            square *= square
            left >>= 1
        }
        return result
    }
}
