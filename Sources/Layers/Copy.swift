import Tensors

/// The same values under another shape, in memory of their own.
public struct Copy: Layer {
    public let name: String
    public let outputShape: Shape

    public init(name: String, outputShape: Shape) {
        self.name = name
        self.outputShape = outputShape
    }

    public func valuesReadBackward(rectifiesInputGradient: Bool, isOutputGradientRectified: Bool) -> ValuesRead {
        ValuesRead(inputs: false, output: false)
    }

    public func forward(_ pass: LayerPass) {
        pass.output.update(from: pass.inputs[0].slice(pass.samples * outputShape.count))
    }

    public func backward(_ pass: LayerPass) {
        pass.inputGradients[0]?.update(from: pass.outputGradient.slice(pass.samples * outputShape.count))
    }
}
