import Layers

extension LayerConversion {
    /// Adds the nodes of an activation and gives the name of their value; `linear` adds none.
    mutating func activation(_ function: ActivationFunction, _ input: String, in scope: String) -> String {
        switch function {
        case .linear: input
        case .relu: graph.append("Relu", [input], in: scope)
        case .sigmoid: graph.append("Sigmoid", [input], in: scope)
        case .softmax: graph.append("Softmax", [input], [.integer("axis", 1)], in: scope)
        case .tanh: graph.append("Tanh", [input], in: scope)
        case .leakyReLU(let slope): graph.append("LeakyRelu", [input], [.float("alpha", slope)], in: scope)
        case .elu(let alpha): graph.append("Elu", [input], [.float("alpha", alpha)], in: scope)
        case .gelu(approximate: false): gelu(input, in: scope)
        case .gelu(approximate: true): approximateGELU(input, in: scope)
        }
    }

    /// x·(1 + erf(x/√2))/2. ONNX has an operator for it since version 20; runtimes fuse these nodes.
    private mutating func gelu(_ input: String, in scope: String) -> String {
        let root = graph.constant("\(scope)/sqrt_2", [Float(2).squareRoot()])
        let scaled = graph.append("Div", [input, root], in: scope)
        return halfProduct(input, graph.append("Erf", [scaled], in: scope), in: scope)
    }

    /// x·(1 + tanh(√(2/π)·(x + 0.044715·x³)))/2, as x·(1 + 0.044715·x²) inside.
    private mutating func approximateGELU(_ input: String, in scope: String) -> String {
        let factor = graph.constant("\(scope)/factor", [0.044715])
        let one = graph.constant("\(scope)/one", [1])
        let root = graph.constant("\(scope)/sqrt_2_over_pi", [Float((2 / Double.pi).squareRoot())])
        let square = graph.append("Mul", [input, input], in: scope)
        let scaledSquare = graph.append("Mul", [square, factor], in: scope)
        let ratio = graph.append("Add", [scaledSquare, one], in: scope)
        let cubic = graph.append("Mul", [input, ratio], in: scope)
        let scaled = graph.append("Mul", [cubic, root], in: scope)
        return halfProduct(input, graph.append("Tanh", [scaled], in: scope), in: scope)
    }

    /// x·(1 + y)/2
    private mutating func halfProduct(_ input: String, _ value: String, in scope: String) -> String {
        let one = graph.constant("\(scope)/one", [1])
        let half = graph.constant("\(scope)/half", [0.5])
        let sum = graph.append("Add", [value, one], in: scope)
        let product = graph.append("Mul", [input, sum], in: scope)
        return graph.append("Mul", [product, half], in: scope)
    }
}
