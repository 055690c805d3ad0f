import Tensors

/// A map without some of its outer rows and columns. Results equal `keras.layers.Cropping2D`.
public struct Cropping2D: Layer {
    public let name: String
    public let outputShape: Shape
    private let frame: FramedMap

    /// - Precondition: something is left.
    public init(name: String, inputShape: Shape, top: Int, bottom: Int, left: Int, right: Int) {
        self.name = name
        outputShape = [
            inputShape.extents[0] - top - bottom, inputShape.extents[1] - left - right, inputShape.extents[2],
        ]
        frame = FramedMap(inner: outputShape, outer: inputShape, top: top, left: left)
    }

    public func valuesReadBackward(rectifiesInputGradient: Bool, isOutputGradientRectified: Bool) -> ValuesRead {
        ValuesRead(inputs: false, output: false)
    }

    public func forward(_ pass: LayerPass) {
        frame.eachLine(samples: pass.samples) { inner, outer, count in
            pass.output.slice(count, at: inner).update(from: pass.inputs[0].slice(count, at: outer))
        }
    }

    public func backward(_ pass: LayerPass) {
        guard let inputGradient = pass.inputGradients[0] else { return }
        inputGradient.slice(pass.samples * frame.outer.count).update(repeating: 0)
        frame.eachLine(samples: pass.samples) { inner, outer, count in
            inputGradient.slice(count, at: outer).update(from: pass.outputGradient.slice(count, at: inner))
        }
    }
}
