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
        }
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
