import Layers

extension ONNXGraph {
    /// Adds the nodes of an activation and gives the name of their value; `linear` adds none.
    public mutating func activation(_ function: ActivationFunction, _ input: String, in scope: String) -> String {
        switch function {
        case .linear: input
        case .relu: append("Relu", [input], in: scope)
        case .sigmoid: append("Sigmoid", [input], in: scope)
        case .softmax: append("Softmax", [input], [.integer("axis", 1)], in: scope)
        case .tanh: append("Tanh", [input], in: scope)
        case .leakyReLU(let slope): append("LeakyRelu", [input], [.float("alpha", slope)], in: scope)
        case .elu(let alpha): append("Elu", [input], [.float("alpha", alpha)], in: scope)
        case .gelu(approximate: false): gelu(input, in: scope)
        case .gelu(approximate: true): approximateGELU(input, in: scope)
        case .boundedReLU(let maximum, let slope, let threshold):
            rectifier(input, maximum: maximum, slope: slope, threshold: threshold, in: scope)
        case .silu: append("Mul", [input, append("Sigmoid", [input], in: scope)], in: scope)
        case .hardSigmoid:
            append("HardSigmoid", [input], [.float("alpha", 1.0 / 6), .float("beta", 0.5)], in: scope)
        case .hardSilu: append("HardSwish", [input], in: scope)
        case .softplus: append("Softplus", [input], in: scope)
        case .softsign: append("Softsign", [input], in: scope)
        case .selu: append("Selu", [input], in: scope)
        case .celu(let alpha): append("Celu", [input], [.float("alpha", alpha)], in: scope)
        case .mish:
            append("Mul", [input, append("Tanh", [append("Softplus", [input], in: scope)], in: scope)], in: scope)
        case .exponential: append("Exp", [input], in: scope)
        case .logSigmoid:
            append("Neg", [append("Softplus", [append("Neg", [input], in: scope)], in: scope)], in: scope)
        case .logSoftmax: append("LogSoftmax", [input], [.integer("axis", 1)], in: scope)
        case .hardTanh: clip(input, from: -1, to: 1, in: scope)
        case .tanhShrink: append("Sub", [input, append("Tanh", [input], in: scope)], in: scope)
        case .softShrink(let threshold):
            append("Shrink", [input], [.float("lambd", threshold), .float("bias", threshold)], in: scope)
        case .hardShrink(let threshold): append("Shrink", [input], [.float("lambd", threshold)], in: scope)
        case .squareplus(let b): squareplus(input, b, in: scope)
        case .sparsePlus: sparsePlus(input, in: scope)
        case .sparseSigmoid:
            append("HardSigmoid", [input], [.float("alpha", 0.5), .float("beta", 0.5)], in: scope)
        }
    }

    private mutating func clip(_ input: String, from low: Float, to high: Float, in scope: String) -> String {
        let limits = [constant("\(scope)/low", low), constant("\(scope)/high", high)]
        return append("Clip", [input] + limits, in: scope)
    }

    /// min(x, maximum) for x > threshold, else slope·(x − threshold).
    private mutating func rectifier(
        _ input: String, maximum: Float?, slope: Float, threshold: Float, in scope: String
    ) -> String {
        if slope == 0, threshold == 0, let maximum { return clip(input, from: 0, to: maximum, in: scope) }
        let limit = constant("\(scope)/threshold", threshold)
        var above = input
        if let maximum { above = append("Min", [input, constant("\(scope)/maximum", maximum)], in: scope) }
        var below = constant("\(scope)/zero", 0)
        if slope != 0 {
            let distance = append("Sub", [input, limit], in: scope)
            below = append("Mul", [distance, constant("\(scope)/slope", slope)], in: scope)
        }
        return append("Where", [append("Greater", [input, limit], in: scope), above, below], in: scope)
    }

    /// (x + √(x² + b))/2
    private mutating func squareplus(_ input: String, _ b: Float, in scope: String) -> String {
        let square = append("Mul", [input, input], in: scope)
        let sum = append("Add", [square, constant("\(scope)/b", b)], in: scope)
        let root = append("Sqrt", [sum], in: scope)
        return append("Mul", [append("Add", [input, root], in: scope), constant("\(scope)/half", 0.5)], in: scope)
    }

    /// ((clip(x, −1, 1) + 1)/2)² + max(x − 1, 0)
    private mutating func sparsePlus(_ input: String, in scope: String) -> String {
        let step = append("HardSigmoid", [input], [.float("alpha", 0.5), .float("beta", 0.5)], in: scope)
        let beyond = append("Sub", [input, constant("\(scope)/one", 1)], in: scope)
        let line = append("Relu", [beyond], in: scope)
        return append("Add", [append("Mul", [step, step], in: scope), line], in: scope)
    }

    /// x·(1 + erf(x/√2))/2. ONNX has an operator for it since version 20; runtimes fuse these nodes.
    private mutating func gelu(_ input: String, in scope: String) -> String {
        let root = constant("\(scope)/sqrt_2", Float(2).squareRoot())
        let scaled = append("Div", [input, root], in: scope)
        return halfProduct(input, append("Erf", [scaled], in: scope), in: scope)
    }

    /// x·(1 + tanh(√(2/π)·(x + 0.044715·x³)))/2, as x·(1 + 0.044715·x²) inside.
    private mutating func approximateGELU(_ input: String, in scope: String) -> String {
        let factor = constant("\(scope)/factor", 0.044715)
        let one = constant("\(scope)/one", 1)
        let root = constant("\(scope)/sqrt_2_over_pi", Float((2 / Double.pi).squareRoot()))
        let square = append("Mul", [input, input], in: scope)
        let scaledSquare = append("Mul", [square, factor], in: scope)
        let ratio = append("Add", [scaledSquare, one], in: scope)
        let cubic = append("Mul", [input, ratio], in: scope)
        let scaled = append("Mul", [cubic, root], in: scope)
        return halfProduct(input, append("Tanh", [scaled], in: scope), in: scope)
    }

    /// x·(1 + y)/2
    private mutating func halfProduct(_ input: String, _ value: String, in scope: String) -> String {
        let one = constant("\(scope)/one", 1)
        let half = constant("\(scope)/half", 0.5)
        let sum = append("Add", [value, one], in: scope)
        let product = append("Mul", [input, sum], in: scope)
        return append("Mul", [product, half], in: scope)
    }
}
