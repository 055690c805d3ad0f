#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// What the network's last layer means, and the loss that goes with it. Computed in double precision from the logits z.
public enum Loss: String, Hashable, Sendable, Codable {
    /// Softmax over two (or more) outputs: p = exp(z − max) / Σ exp(z − max), loss −ln p[true class]. Keras'
    /// categorical_crossentropy.
    case softmaxCrossEntropy
    /// Sigmoid of one output: p = 1 / (1 + exp(−z)), loss −ln p or −ln(1 − p). Keras' binary_crossentropy.
    case sigmoidCrossEntropy

    /// Probabilities of `samples` × `outputs` logits; `probabilities` may be `logits`.
    public func probabilities(
        logits: UnsafePointer<Float>, samples: Int, outputs: Int, into probabilities: UnsafeMutablePointer<Float>
    ) {
        for sample in 0..<samples {
            let z = logits + sample * outputs
            let p = probabilities + sample * outputs
            switch self {
            case .sigmoidCrossEntropy:
                for output in 0..<outputs { p[output] = Float(1 / (1 + exp(-Double(z[output])))) }
            case .softmaxCrossEntropy:
                let logSum = Self.logSumExp(z, outputs)
                for output in 0..<outputs { p[output] = Float(exp(Double(z[output]) - logSum)) }
            }
        }
    }

    /// The loss of one sample of class `label`.
    public func value(logits z: UnsafePointer<Float>, outputs: Int, label: Int) -> Double {
        switch self {
        case .softmaxCrossEntropy: Self.logSumExp(z, outputs) - Double(z[label])
        case .sigmoidCrossEntropy:
            // −ln σ(±z) without overflow: max(∓z, 0) + ln(1 + exp(−|z|))
            max(label == 1 ? -Double(z[0]) : Double(z[0]), 0) + log1p(exp(-abs(Double(z[0]))))
        }
    }

    /// The loss of one sample of class `label` whose target is y·(1 − s) + s/K, s the smoothing and K the number of
    /// classes: the cross-entropies of Keras with `label_smoothing`.
    public func value(logits z: UnsafePointer<Float>, outputs: Int, label: Int, smoothing: Double) -> Double {
        let plain = value(logits: z, outputs: outputs, label: label)
        guard smoothing > 0 else { return plain }
        // ln p of the true class less that of all classes' mean, which the smoothed target takes a share of.
        switch self {
        case .sigmoidCrossEntropy: return plain + smoothing * (Double(label) - 0.5) * Double(z[0])
        case .softmaxCrossEntropy:
            let mean = (0..<outputs).reduce(0) { $0 + Double(z[$1]) } / Double(outputs)
            return plain + smoothing * (Double(z[label]) - mean)
        }
    }

    /// The focal loss of one sample of class `label`: Σ_k t_k (1 − p_k)^γ (−ln p_k), with γ the focusing and t the
    /// smoothed target; for one output (1 − p_t)^γ times the cross-entropy, with p_t = t p + (1 − t)(1 − p).
    ///
    /// Keras' CategoricalFocalCrossentropy with `alpha` 1, and BinaryFocalCrossentropy. Source: T.-Y. Lin et al., *Focal
    /// loss for dense object detection*, ICCV 2017.
    public func focalValue(
        logits z: UnsafePointer<Float>, outputs: Int, label: Int, smoothing: Double, focusing: Double
    ) -> Double {
        guard focusing > 0 else { return value(logits: z, outputs: outputs, label: label, smoothing: smoothing) }
        let target = Target(label: label, outputs: outputs, smoothing: smoothing)
        switch self {
        case .sigmoidCrossEntropy:
            let binary = Binary(Double(z[0]), target: target[1])
            return pow(binary.missing, focusing) * binary.crossEntropy
        case .softmaxCrossEntropy:
            let logSum = Self.logSumExp(z, outputs)
            return (0..<outputs).reduce(0) { sum, output in
                let logarithm = Double(z[output]) - logSum
                return sum - target[output] * pow(-expm1(min(logarithm, 0)), focusing) * logarithm
            }
        }
    }

    /// ∂(focal loss·weight)/∂z of one sample.
    public func focalGradient(
        logits z: UnsafePointer<Float>, outputs: Int, label: Int, smoothing: Double, focusing: Double, weight: Double,
        into gradient: UnsafeMutablePointer<Float>
    ) {
        guard focusing > 0 else {
            self.gradient(
                logits: z, outputs: outputs, label: label, smoothing: smoothing, weight: weight, into: gradient)
            return
        }
        let target = Target(label: label, outputs: outputs, smoothing: smoothing)
        switch self {
        case .sigmoidCrossEntropy:
            let binary = Binary(Double(z[0]), target: target[1])
            gradient[0] = Float(binary.slope(focusing) * weight)
        case .softmaxCrossEntropy:
            // With f(p) = −(1 − p)^γ ln p: ∂L/∂z_j = g_j − p_j Σ_k g_k, where g_k = t_k f′(p_k) p_k.
            let logSum = Self.logSumExp(z, outputs)
            func slope(_ output: Int) -> Double {
                let logarithm = Double(z[output]) - logSum
                let missing = -expm1(min(logarithm, 0))
                guard missing > 0 else { return 0 }
                let curved = focusing * pow(missing, focusing - 1) * exp(logarithm) * logarithm
                return target[output] * (curved - pow(missing, focusing))
            }
            let sum = (0..<outputs).reduce(0) { $0 + slope($1) }
            for output in 0..<outputs {
                gradient[output] = Float((slope(output) - exp(Double(z[output]) - logSum) * sum) * weight)
            }
        }
    }

    /// A target y·(1 − s) + s/K.
    private struct Target {
        let label: Int
        let outputs: Int
        let smoothing: Double

        subscript(label: Int) -> Double {
            (label == self.label ? 1 - smoothing : 0) + smoothing / Double(max(outputs, 2))
        }
    }

    /// One output and its target t.
    private struct Binary {
        let target: Double
        let probability: Double
        let complement: Double
        /// −t ln p − (1 − t) ln(1 − p).
        let crossEntropy: Double
        /// 1 − p_t.
        var missing: Double { target * complement + (1 - target) * probability }

        init(_ z: Double, target: Double) {
            self.target = target
            (probability, complement) = (1 / (1 + exp(-z)), 1 / (1 + exp(z)))
            crossEntropy = max(z, 0) - target * z + log1p(exp(-abs(z)))
        }

        /// ∂/∂z of (1 − p_t)^γ times the cross-entropy.
        func slope(_ focusing: Double) -> Double {
            guard missing > 0 else { return 0 }
            return focusing * pow(missing, focusing - 1) * (1 - 2 * target) * probability * complement * crossEntropy
                + pow(missing, focusing) * (probability - target)
        }
    }

    /// Whether the prediction is right: the largest output (the first of equals), or p > ½ for one output.
    public func isCorrect(logits z: UnsafePointer<Float>, outputs: Int, label: Int) -> Bool {
        predictedClass(logits: z, outputs: outputs) == label
    }

    /// The predicted class: the largest output (the first of equals), or p > ½ for one output.
    public func predictedClass(logits z: UnsafePointer<Float>, outputs: Int) -> Int {
        switch self {
        case .sigmoidCrossEntropy: return z[0] > 0 ? 1 : 0
        case .softmaxCrossEntropy:
            var best = 0
            for output in 1..<outputs where z[output] > z[best] { best = output }
            return best
        }
    }

    /// ∂(loss·weight)/∂z of one sample: (p − target)·weight.
    public func gradient(
        logits z: UnsafePointer<Float>, outputs: Int, label: Int, smoothing: Double = 0, weight: Double,
        into gradient: UnsafeMutablePointer<Float>
    ) {
        let share = smoothing / Double(max(outputs, 2))
        func target(_ isTrue: Bool) -> Double { (isTrue ? 1 - smoothing : 0) + share }
        switch self {
        case .sigmoidCrossEntropy:
            gradient[0] = Float((1 / (1 + exp(-Double(z[0]))) - target(label == 1)) * weight)
        case .softmaxCrossEntropy:
            let logSum = Self.logSumExp(z, outputs)
            for output in 0..<outputs {
                gradient[output] = Float((exp(Double(z[output]) - logSum) - target(output == label)) * weight)
            }
        }
    }

    private static func logSumExp(_ z: UnsafePointer<Float>, _ count: Int) -> Double {
        var largest = Double(z[0])
        for index in 1..<max(count, 1) { largest = max(largest, Double(z[index])) }
        var sum = 0.0
        for index in 0..<count { sum += exp(Double(z[index]) - largest) }
        return largest + log(sum)
    }
}
