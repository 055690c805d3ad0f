import Tensors

/// A layer that works along the last axes, put to work along others: it sees each sample with its axes in another order,
/// and what it gives has the input's order again.
public struct ReorderedLayer: Layer {
    public let outputShape: Shape
    private let layer: any Layer
    private let permute: Permute

    /// - Parameters:
    ///   - axes: the input's axes, counted from 0, that are the last ones for the layer.
    ///   - make: makes a layer without state that gives as many values as it takes, each in the place of one of its input,
    ///     whose shape is the one that it is called with.
    public init(name: String, inputShape: Shape, last axes: [Int], _ make: (Shape) -> any Layer) {
        let others = inputShape.extents.indices.filter { !axes.contains($0) }
        permute = Permute(name: name, inputShape: inputShape, order: others + axes)
        layer = make(permute.outputShape)
        precondition(
            layer.outputShape.count == inputShape.count && layer.stateCount == 0, "\(name) changes its input's size")
        outputShape = inputShape
    }

    public var name: String { layer.name }
    public var parameters: [ParameterSpecification] { layer.parameters }
    public var keptBytes: Int { layer.keptBytes }
    public var multiplyAdds: Int { layer.multiplyAdds }

    /// What the layer needs, behind its input, its output and the gradients of both.
    public func workspaceCount(samples: Int) -> Int {
        4 * samples * outputShape.count + layer.workspaceCount(samples: samples)
    }

    public func valuesReadBackward(rectifiesInputGradient: Bool, isOutputGradientRectified: Bool) -> ValuesRead {
        layer.valuesReadBackward(rectifiesInputGradient: false, isOutputGradientRectified: isOutputGradientRectified)
    }

    /// The layer's own pass, whose arrays of one value for each of the input's lie one after another in the workspace.
    private func inner(_ pass: LayerPass) -> LayerPass {
        let count = pass.samples * outputShape.count
        var own = pass
        // Doubles may lie there, so that it starts where the workspace does.
        let needed = layer.workspaceCount(samples: pass.samples)
        own.workspace = pass.workspace.slice(needed)
        let arrays = pass.workspace.dropFirst(needed)
        own.inputs = [FloatView(arrays.slice(count))]
        own.output = arrays.slice(count, at: count)
        own.outputGradient = arrays.slice(count, at: 2 * count)
        own.inputGradients = pass.inputGradients.map { $0 == nil ? nil : arrays.slice(count, at: 3 * count) }
        return own
    }

    public func forward(_ pass: LayerPass) {
        let count = pass.samples * outputShape.count
        let own = inner(pass)
        reorder(pass.inputs[0], in: pass, at: 0)
        layer.forward(own)
        permute.restore(own.output.pointer(count), samples: pass.samples, into: pass.output.pointer(count))
    }

    public func backward(_ pass: LayerPass) {
        let count = pass.samples * outputShape.count
        let own = inner(pass)
        let read = layer.valuesReadBackward(rectifiesInputGradient: false, isOutputGradientRectified: false)
        if read.inputs { reorder(pass.inputs[0], in: pass, at: 0) }
        if read.output { reorder(FloatView(pass.output), in: pass, at: 1) }
        reorder(FloatView(pass.outputGradient), in: pass, at: 2)
        layer.backward(own)
        if let inputGradient = pass.inputGradients[0], let gradient = own.inputGradients[0] {
            permute.restore(gradient.pointer(count), samples: pass.samples, into: inputGradient.pointer(count))
        }
    }

    /// Writes values as the layer sees them into one of the workspace's arrays.
    private func reorder(_ values: FloatView, in pass: LayerPass, at place: Int) {
        let count = pass.samples * outputShape.count
        let start = layer.workspaceCount(samples: pass.samples) + place * count
        permute.reorder(
            values.pointer(count), samples: pass.samples, into: pass.workspace.pointer(count, at: start))
    }
}
