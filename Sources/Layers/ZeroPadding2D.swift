import Tensors

/// Rows and columns of zeros around a map. Results equal `keras.layers.ZeroPadding2D`.
public struct ZeroPadding2D: Layer {
    public let name: String
    public let inputShape: Shape
    public let outputShape: Shape
    private let top: Int
    private let bottom: Int
    private let left: Int
    private let right: Int
    private let frame: FramedMap

    /// - Precondition: no negative padding; the network's builder checks it.
    public init(name: String, inputShape: Shape, top: Int, bottom: Int, left: Int, right: Int) {
        precondition(min(top, bottom, left, right) >= 0, "\(name): negative padding")
        self.name = name
        self.inputShape = inputShape
        (self.top, self.bottom, self.left, self.right) = (top, bottom, left, right)
        let extents = inputShape.extents
        outputShape = [extents[0] + top + bottom, extents[1] + left + right, extents[2]]
        frame = FramedMap(inner: inputShape, outer: outputShape, top: top, left: left)
    }

    /// Windows over the padded map as windows over the map inside; nil where they cannot be.
    func inner(_ rows: Axis, _ columns: Axis) -> (rows: Axis, columns: Axis)? {
        guard let rows = rows.padded(before: top, behind: bottom),
            let columns = columns.padded(before: left, behind: right)
        else { return nil }
        return (rows, columns)
    }

    public func valuesReadBackward(rectifiesInputGradient: Bool, isOutputGradientRectified: Bool) -> ValuesRead {
        ValuesRead(inputs: false, output: false)
    }

    public func forward(_ pass: LayerPass) {
        pass.output.slice(pass.samples * outputShape.count).update(repeating: 0)
        frame.eachLine(samples: pass.samples) { inner, outer, count in
            pass.output.slice(count, at: outer).update(from: pass.inputs[0].slice(count, at: inner))
        }
    }

    public func backward(_ pass: LayerPass) {
        guard let inputGradient = pass.inputGradients[0] else { return }
        frame.eachLine(samples: pass.samples) { inner, outer, count in
            inputGradient.slice(count, at: inner).update(from: pass.outputGradient.slice(count, at: outer))
        }
    }
}
