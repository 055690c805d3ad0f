import CKernels
import Tensors

/// The sum of inputs of one shape, added in their order. Results equal `keras.layers.Add`.
public struct Add: Layer {
    public let name: String
    public let outputShape: Shape
    /// Whether ReLU follows: max(y, 0).
    public let isRectified: Bool

    public init(name: String, inputShape: Shape, isRectified: Bool = false) {
        self.name = name
        outputShape = inputShape
        self.isRectified = isRectified
    }

    public func rectified() -> (any Layer)? { Add(name: name, inputShape: outputShape, isRectified: true) }

    public func valuesReadBackward(rectifiesInputGradient: Bool, isOutputGradientRectified: Bool) -> ValuesRead {
        ValuesRead(inputs: false, output: isRectified && !isOutputGradientRectified)
    }

    public func forward(_ pass: LayerPass) {
        let count = pass.samples * outputShape.count
        if pass.inputs.count == 2 {
            add_pair(pass.inputs[0], pass.inputs[1], count, isRectified ? 1 : 0, pass.output)
            return
        }
        pass.output.update(from: pass.inputs[0], count: count)
        for input in pass.inputs.dropFirst() { add_into(pass.output, input, count) }
        if isRectified { relu(pass.output, count, pass.output) }
    }

    public func backward(_ pass: LayerPass) {
        let count = pass.samples * outputShape.count
        if isRectified && !pass.isOutputGradientRectified {
            relu_backward(pass.output, pass.outputGradient, count, pass.outputGradient)
        }
        for case let inputGradient? in pass.inputGradients {
            inputGradient.update(from: pass.outputGradient, count: count)
        }
    }
}

/// Inputs side by side along the last axis. Results equal `keras.layers.Concatenate`.
public struct Concatenate: Layer {
    public let name: String
    public let outputShape: Shape
    private let widths: [Int]

    /// - Precondition: all inputs agree in all extents but the last; the network's builder checks it.
    public init(name: String, inputShapes: [Shape]) {
        self.name = name
        widths = inputShapes.map(\.channels)
        outputShape = Shape(inputShapes[0].extents.dropLast() + [widths.reduce(0, +)])
    }

    public func valuesReadBackward(rectifiesInputGradient: Bool, isOutputGradientRectified: Bool) -> ValuesRead {
        ValuesRead(inputs: false, output: false)
    }

    public func forward(_ pass: LayerPass) {
        eachPart(pass) { input, part, count, output in
            (pass.output + output).update(from: pass.inputs[input] + part, count: count)
        }
    }

    public func backward(_ pass: LayerPass) {
        eachPart(pass) { input, part, count, output in
            guard let inputGradient = pass.inputGradients[input] else { return }
            (inputGradient + part).update(from: pass.outputGradient + output, count: count)
        }
    }

    private func eachPart(_ pass: LayerPass, _ body: (_ input: Int, _ part: Int, _ count: Int, _ output: Int) -> Void) {
        for row in 0..<pass.samples * outputShape.rows {
            var output = row * outputShape.channels
            for (input, width) in widths.enumerated() {
                body(input, row * width, width, output)
                output += width
            }
        }
    }
}
