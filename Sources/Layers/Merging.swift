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
        let output = pass.output.pointer(count)
        if pass.inputs.count == 2 {
            add_pair(
                pass.inputs[0].pointer(count), pass.inputs[1].pointer(count), count, isRectified ? 1 : 0, output)
            return
        }
        output.update(from: pass.inputs[0].pointer(count), count: count)
        for input in pass.inputs.dropFirst() { add_into(output, input.pointer(count), count) }
        if isRectified { relu(output, count, output) }
    }

    public func backward(_ pass: LayerPass) {
        let count = pass.samples * outputShape.count
        let gradient = pass.outputGradient.slice(count)
        if isRectified { pass.undoRectifier(count: count) }
        for case let inputGradient? in pass.inputGradients { inputGradient.update(from: gradient) }
    }
}

/// Inputs side by side along one axis. Results equal `keras.layers.Concatenate`.
public struct Concatenate: Layer {
    public let name: String
    public let outputShape: Shape
    /// How many values of each input follow one another.
    private let widths: [Int]

    /// - Parameter axis: counted from 0; nil for the last one.
    /// - Precondition: all inputs agree in all other extents; the layer's options see to it.
    public init(name: String, inputShapes: [Shape], axis: Int? = nil) {
        self.name = name
        var extents = inputShapes[0].extents
        let axis = axis ?? extents.count - 1
        widths = inputShapes.map { $0.extents[axis...].reduce(1, *) }
        extents[axis] = inputShapes.reduce(0) { $0 + $1.extents[axis] }
        outputShape = Shape(extents)
    }

    public func valuesReadBackward(rectifiesInputGradient: Bool, isOutputGradientRectified: Bool) -> ValuesRead {
        ValuesRead(inputs: false, output: false)
    }

    public func forward(_ pass: LayerPass) {
        eachPart(pass) { input, part, count, output in
            pass.output.slice(count, at: output).update(from: pass.inputs[input].slice(count, at: part))
        }
    }

    public func backward(_ pass: LayerPass) {
        eachPart(pass) { input, part, count, output in
            guard let inputGradient = pass.inputGradients[input] else { return }
            inputGradient.slice(count, at: part).update(from: pass.outputGradient.slice(count, at: output))
        }
    }

    private func eachPart(_ pass: LayerPass, _ body: (_ input: Int, _ part: Int, _ count: Int, _ output: Int) -> Void) {
        let rowWidth = widths.reduce(0, +)
        for row in 0..<pass.samples * outputShape.count / rowWidth {
            var output = row * rowWidth
            for (input, width) in widths.enumerated() {
                body(input, row * width, width, output)
                output += width
            }
        }
    }
}
