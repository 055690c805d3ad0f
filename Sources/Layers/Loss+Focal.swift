import CKernels

/// The focal loss, in which samples count less that the network is certain of.
///
/// Keras' CategoricalFocalCrossentropy with `alpha` 1, and BinaryFocalCrossentropy. Source: T.-Y. Lin et al., *Focal loss
/// for dense object detection*, ICCV 2017.
extension Loss {
    /// Σ_k t_k (1 − p_k)^γ (−ln p_k) of one sample, with γ the focusing and t the target; for one output (1 − p_t)^γ
    /// times the cross-entropy, with p_t = t p + (1 − t)(1 − p).
    func focalValue(
        logits z: UnsafePointer<Float>, outputs: Int, target: Target, focusing: Double
    ) -> Double {
        switch self {
        case .sigmoidCrossEntropy:
            let binary = Binary(Double(z[0]), target: target[1])
            return portable_pow(binary.missing, focusing) * binary.crossEntropy
        case .softmaxCrossEntropy:
            let logSum = Self.logSumExp(z, outputs)
            return (0..<outputs).reduce(0) { sum, output in
                let logarithm = Double(z[output]) - logSum
                return sum - target[output] * portable_pow(-portable_expm1(min(logarithm, 0)), focusing) * logarithm
            }
        }
    }

    /// ∂(loss·weight)/∂z of one sample.
    func focalGradient(
        logits z: UnsafePointer<Float>, outputs: Int, target: Target, focusing: Double, weight: Double,
        into gradient: UnsafeMutablePointer<Float>
    ) {
        guard self == .softmaxCrossEntropy else {
            gradient[0] = Float(Binary(Double(z[0]), target: target[1]).slope(focusing) * weight)
            return
        }
        // With f(p) = −(1 − p)^γ ln p: ∂L/∂z_j = g_j − p_j Σ_k g_k, where g_k = t_k f′(p_k) p_k.
        let logSum = Self.logSumExp(z, outputs)
        withUnsafeTemporaryAllocation(of: Double.self, capacity: outputs) { slopes in
            var sum = 0.0
            for output in 0..<outputs {
                let slope = Self.slope(ofLogarithm: Double(z[output]) - logSum, focusing) * target[output]
                slopes.initializeElement(at: output, to: slope)
                sum += slope
            }
            for output in 0..<outputs {
                gradient[output] = Float((slopes[output] - portable_exp(Double(z[output]) - logSum) * sum) * weight)
            }
        }
    }

    /// f′(p) p at ln p; 0 where nothing is missing from certainty.
    private static func slope(ofLogarithm logarithm: Double, _ focusing: Double) -> Double {
        let missing = -portable_expm1(min(logarithm, 0))
        guard missing > 0 else { return 0 }
        return focusing * portable_pow(missing, focusing - 1) * portable_exp(logarithm) * logarithm
            - portable_pow(missing, focusing)
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
            (probability, complement) = (1 / (1 + portable_exp(-z)), 1 / (1 + portable_exp(z)))
            crossEntropy = max(z, 0) - target * z + portable_log1p(portable_exp(-abs(z)))
        }

        /// ∂/∂z of (1 − p_t)^γ times the cross-entropy.
        func slope(_ focusing: Double) -> Double {
            guard missing > 0 else { return 0 }
            return focusing * portable_pow(missing, focusing - 1) * (1 - 2 * target) * probability * complement
                * crossEntropy
                + portable_pow(missing, focusing) * (probability - target)
        }
    }
}
