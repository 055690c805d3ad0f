import CKernels
import Tensors

/// A convolution in groups: the channels fall into as many blocks, and each gives its block of the outputs.
///
///     y[oh, ow, g·O + o] = f(bias[g·O + o] + Σ x[…, …, g·I + i] · kernel[kh, kw, i, g·O + o])
///
/// Input (height, width, G·I), kernel (height, width, I, G·O), output (height, width, G·O). Results equal
/// `keras.layers.Conv2D` with `groups`.
public struct GroupedConvolution2D: Layer {
    public let name: String
    public let inputShape: Shape
    public let outputShape: Shape
    /// How many groups there are: G.
    public let groups: Int
    /// What each group computes.
    private let group: Convolution2D

    /// - Precondition: the kernel fits the (padded) map, and channels and filters are multiples of `groups`; the
    ///   network's builder checks it and names the layer.
    public init(
        name: String, inputShape: Shape, filters: Int, kernelSize: Extent2D, strides: Extent2D = Extent2D(1, 1),
        padding: Padding = .valid, dilation: Extent2D = Extent2D(1, 1), groups: Int, isRectified: Bool = false,
        hasBias: Bool = true
    ) {
        let (height, width) = (inputShape.extents[0], inputShape.extents[1])
        precondition(
            inputShape.channels % groups == 0 && filters % groups == 0, "\(name): \(groups) groups do not fit")
        self.init(
            inputShape: inputShape, groups: groups,
            Convolution2D(
                name: name, inputShape: [height, width, inputShape.channels / groups], filters: filters / groups,
                kernelSize: kernelSize, strides: strides, padding: padding, dilation: dilation,
                isRectified: isRectified, hasBias: hasBias))
    }

    private init(inputShape: Shape, groups: Int, _ group: Convolution2D) {
        name = group.name
        self.inputShape = inputShape
        let extents = group.outputShape.extents
        outputShape = [extents[0], extents[1], extents[2] * groups]
        self.groups = groups
        self.group = group
    }

    public var isRectified: Bool { group.isRectified }

    public func rectified() -> (any Layer)? {
        GroupedConvolution2D(
            inputShape: inputShape, groups: groups,
            Convolution2D(
                name: name, inputShape: group.inputShape, filters: group.outputShape.channels, padding: group.padding,
                rows: group.rows, columns: group.columns, isRectified: true, hasBias: group.hasBias))
    }

    public var parameters: [ParameterSpecification] {
        let window = group.kernelSize.height * group.kernelSize.width
        let (inputs, outputs) = (group.inputShape.channels, outputShape.channels)
        let kernel = ParameterSpecification(
            "kernel", [group.kernelSize.height, group.kernelSize.width, inputs, outputs],
            .glorotUniform(fanIn: window * inputs, fanOut: window * outputs))
        return group.hasBias ? [kernel, ParameterSpecification("bias", [outputs], .zeros)] : [kernel]
    }

    public var multiplyAdds: Int { groups * group.multiplyAdds }

    // MARK: Prepared weights: for each group its own kernel and bias, and what it prepares of them.

    /// Rows of all kernels: taps and channels of one group.
    private var kernelRows: Int { group.kernelCount / group.outputShape.channels }
    private var preparedGroupCount: Int { group.trainableCount + group.preparedCount }

    public var preparedCount: Int { groups * preparedGroupCount }

    public func prepare(_ parameters: FloatView, into prepared: MutableFloatView) {
        for number in 0..<groups {
            let own = prepared.slice(preparedGroupCount, at: number * preparedGroupCount)
            copy(
                from: parameters, outputShape.channels, first: number * group.outputShape.channels, to: own,
                group.outputShape.channels, first: 0)
            group.prepare(FloatView(own.slice(group.trainableCount)), into: own.dropFirst(group.trainableCount))
        }
    }

    /// Copies one group's columns of kernel and bias, between matrices with some number of columns.
    private func copy(
        from source: FloatView, _ sourceColumns: Int, first sourceFirst: Int, to target: MutableFloatView,
        _ targetColumns: Int, first targetFirst: Int
    ) {
        let rows = kernelRows + (group.hasBias ? 1 : 0)
        let columns = group.outputShape.channels
        copy_columns(
            source.pointer(rows * sourceColumns - sourceFirst, at: sourceFirst), rows, columns, sourceColumns,
            targetColumns, target.pointer(rows * targetColumns - targetFirst, at: targetFirst))
    }

    // MARK: Memory: one group's input, output and their gradients, the gradient of its parameters, and what it needs.

    private func mapsCount(samples: Int) -> Int { samples * (group.inputShape.count + group.outputShape.count) }

    public func workspaceCount(samples: Int) -> Int {
        2 * mapsCount(samples: samples) + group.trainableCount + group.workspaceCount(samples: samples)
    }

    public func valuesReadBackward(rectifiesInputGradient: Bool, isOutputGradientRectified: Bool) -> ValuesRead {
        ValuesRead(inputs: true, output: isRectified && !isOutputGradientRectified)
    }

    // MARK: Passes

    /// The pass of one group over a copy of its channels.
    private func groupPass(_ number: Int, _ pass: LayerPass) -> LayerPass {
        var own = pass
        let (inputCount, outputCount) = (pass.samples * group.inputShape.count, pass.samples * group.outputShape.count)
        let input = pass.workspace.slice(inputCount)
        let (inputs, channels) = (group.inputShape.channels, inputShape.channels)
        copy_columns(
            pass.inputs[0].pointer(pass.samples * inputShape.count - number * inputs, at: number * inputs),
            pass.samples * inputShape.rows, inputs, channels, inputs, input.pointer(inputCount))
        own.inputs = [FloatView(input)]
        own.output = pass.workspace.slice(outputCount, at: inputCount)
        let prepared = pass.prepared.slice(preparedGroupCount, at: number * preparedGroupCount)
        own.parameters = prepared.slice(group.trainableCount)
        own.prepared = prepared.dropFirst(group.trainableCount)
        own.workspace = pass.workspace.dropFirst(2 * mapsCount(samples: pass.samples) + group.trainableCount)
        return own
    }

    /// The first of one group's outputs among all, to be read or written.
    private func firstOutput(_ number: Int, of map: MutableFloatView, samples: Int) -> UnsafeMutablePointer<Float> {
        let first = number * group.outputShape.channels
        return map.pointer(samples * outputShape.count - first, at: first)
    }

    public func forward(_ pass: LayerPass) {
        guard pass.samples > 0 else { return }
        let (outputs, channels) = (group.outputShape.channels, outputShape.channels)
        for number in 0..<groups {
            let own = groupPass(number, pass)
            group.forward(own)
            copy_columns(
                own.output.pointer(pass.samples * group.outputShape.count), pass.samples * outputShape.rows, outputs,
                outputs, channels, firstOutput(number, of: pass.output, samples: pass.samples))
        }
    }

    public func backward(_ pass: LayerPass) {
        guard pass.samples > 0 else { return pass.parameterGradient.slice(trainableCount).update(repeating: 0) }
        if isRectified { pass.undoRectifier(count: pass.samples * outputShape.count) }
        for number in 0..<groups { backward(number, pass) }
    }

    /// The gradients of one group, after the rectifier's.
    private func backward(_ number: Int, _ pass: LayerPass) {
        let mapsCount = mapsCount(samples: pass.samples)
        let (inputCount, outputCount) = (pass.samples * group.inputShape.count, pass.samples * group.outputShape.count)
        let (outputs, inputs) = (group.outputShape.channels, group.inputShape.channels)
        var own = groupPass(number, pass)
        own.isOutputGradientRectified = true
        own.outputGradient = pass.workspace.slice(outputCount, at: mapsCount)
        copy_columns(
            firstOutput(number, of: pass.outputGradient, samples: pass.samples), pass.samples * outputShape.rows,
            outputs, outputShape.channels, outputs, own.outputGradient.pointer(outputCount))
        let gradient = pass.workspace.slice(inputCount, at: mapsCount + outputCount)
        own.inputGradients = [pass.inputGradients[0] == nil ? nil : gradient]
        own.parameterGradient = pass.workspace.slice(group.trainableCount, at: 2 * mapsCount)
        group.backward(own)
        if pass.needsParameterGradient {
            copy(
                from: FloatView(own.parameterGradient), outputs, first: 0, to: pass.parameterGradient,
                outputShape.channels, first: number * outputs)
        }
        guard let inputGradient = pass.inputGradients[0] else { return }
        copy_columns(
            gradient.pointer(inputCount), pass.samples * inputShape.rows, inputs, inputs, inputShape.channels,
            inputGradient.pointer(pass.samples * inputShape.count - number * inputs, at: number * inputs))
    }
}
