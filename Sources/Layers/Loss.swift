import CKernels

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
                for output in 0..<outputs { p[output] = Float(1 / (1 + portable_exp(-Double(z[output])))) }
            case .softmaxCrossEntropy:
                let logSum = Self.logSumExp(z, outputs)
                for output in 0..<outputs { p[output] = Float(portable_exp(Double(z[output]) - logSum)) }
            }
        }
    }

    /// The loss of one sample of class `label`.
    public func value(logits z: UnsafePointer<Float>, outputs: Int, label: Int) -> Double {
        switch self {
        case .softmaxCrossEntropy: Self.logSumExp(z, outputs) - Double(z[label])
        case .sigmoidCrossEntropy:
            // −ln σ(±z) without overflow: max(∓z, 0) + ln(1 + exp(−|z|))
            max(label == 1 ? -Double(z[0]) : Double(z[0]), 0) + portable_log1p(portable_exp(-abs(Double(z[0]))))
        }
    }

    /// The loss of one sample of class `label` whose target is y·(1 − s) + s/K, s the smoothing and K the number of
    /// classes: the cross-entropies of Keras with `label_smoothing`, or with a focusing above 0 the focal loss
    /// (``focalValue(logits:outputs:target:focusing:)``).
    public func value(
        logits z: UnsafePointer<Float>, outputs: Int, label: Int, smoothing: Double, focusing: Double = 0
    ) -> Double {
        guard focusing == 0 else {
            let target = Target(label: label, outputs: outputs, smoothing: smoothing)
            return focalValue(logits: z, outputs: outputs, target: target, focusing: focusing)
        }
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

    /// ∂(loss·weight)/∂z of one sample: (p − target)·weight, or with a focusing above 0 that of the focal loss.
    public func gradient(
        logits z: UnsafePointer<Float>, outputs: Int, label: Int, smoothing: Double = 0, focusing: Double = 0,
        weight: Double, into gradient: UnsafeMutablePointer<Float>
    ) {
        let target = Target(label: label, outputs: outputs, smoothing: smoothing)
        guard focusing == 0 else {
            focalGradient(
                logits: z, outputs: outputs, target: target, focusing: focusing, weight: weight, into: gradient)
            return
        }
        switch self {
        case .sigmoidCrossEntropy:
            gradient[0] = Float((1 / (1 + portable_exp(-Double(z[0]))) - target[1]) * weight)
        case .softmaxCrossEntropy:
            let logSum = Self.logSumExp(z, outputs)
            for output in 0..<outputs {
                gradient[output] = Float((portable_exp(Double(z[output]) - logSum) - target[output]) * weight)
            }
        }
    }

    /// The target y·(1 − s) + s/K of each output.
    struct Target {
        private let label: Int
        private let ofLabel: Double
        private let share: Double

        init(label: Int, outputs: Int, smoothing: Double) {
            (self.label, ofLabel) = (label, 1 - smoothing)
            share = smoothing / Double(max(outputs, 2))
        }

        subscript(output: Int) -> Double { (output == label ? ofLabel : 0) + share }
    }

    static func logSumExp(_ z: UnsafePointer<Float>, _ count: Int) -> Double {
        var largest = Double(z[0])
        for index in 1..<max(count, 1) { largest = max(largest, Double(z[index])) }
        var sum = 0.0
        for index in 0..<count { sum += portable_exp(Double(z[index]) - largest) }
        return largest + portable_log(sum)
    }
}
