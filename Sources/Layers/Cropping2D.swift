import Tensors

/// A map without some of its outer rows and columns. Results equal `keras.layers.Cropping2D`.
public struct Cropping2D: Layer {
    public let name: String
    public let outputShape: Shape
    private let inputShape: Shape
    private let top: Int
    private let left: Int

    /// - Precondition: something is left.
    public init(name: String, inputShape: Shape, top: Int, bottom: Int, left: Int, right: Int) {
        self.name = name
        self.inputShape = inputShape
        (self.top, self.left) = (top, left)
        outputShape = [
            inputShape.extents[0] - top - bottom, inputShape.extents[1] - left - right, inputShape.extents[2],
        ]
    }

    public func valuesReadBackward(rectifiesInputGradient: Bool, isOutputGradientRectified: Bool) -> ValuesRead {
        ValuesRead(inputs: false, output: false)
    }

    public func forward(_ pass: LayerPass) {
        eachRow(pass.samples) { from, to, count in
            pass.output.slice(count, at: to).update(from: pass.inputs[0].slice(count, at: from))
        }
    }

    public func backward(_ pass: LayerPass) {
        guard let inputGradient = pass.inputGradients[0] else { return }
        inputGradient.slice(pass.samples * inputShape.count).update(repeating: 0)
        eachRow(pass.samples) { from, to, count in
            inputGradient.slice(count, at: from).update(from: pass.outputGradient.slice(count, at: to))
        }
    }

    private func eachRow(_ samples: Int, _ body: (_ from: Int, _ to: Int, _ count: Int) -> Void) {
        let (height, channels) = (outputShape.extents[0], outputShape.extents[2])
        let count = outputShape.extents[1] * channels
        for sample in 0..<samples {
            for row in 0..<height {
                let pixel = (sample * inputShape.extents[0] + top + row) * inputShape.extents[1] + left
                body(pixel * channels, (sample * height + row) * count, count)
            }
        }
    }
}
