import Tensors

/// A depthwise convolution, and a convolution of one pixel that mixes what it gives, with bias and optional ReLU.
///
///     y = f(bias + Σ depthwise(x)[c·M + m] · pointwise_kernel[c·M + m, co])
///
/// Input (height, width, channels), kernels (height, width, channels, M) and (1, 1, channels·M, out), output (height,
/// width, out). Results equal `keras.layers.SeparableConv2D`.
public struct SeparableConvolution2D: Layer {
    public let name: String
    public let outputShape: Shape
    private let depthwise: DepthwiseConvolution2D
    private let pointwise: Convolution2D

    /// - Precondition: the window fits the (padded) map; the network's builder checks it and names the layer.
    public init(
        name: String, inputShape: Shape, filters: Int, kernelSize: Extent2D, strides: Extent2D = Extent2D(1, 1),
        padding: Padding = .valid, dilation: Extent2D = Extent2D(1, 1), depthMultiplier: Int = 1,
        isRectified: Bool = false, hasBias: Bool = true
    ) {
        let depthwise = DepthwiseConvolution2D(
            name: name, inputShape: inputShape, kernelSize: kernelSize, strides: strides, padding: padding,
            dilation: dilation, depthMultiplier: depthMultiplier, hasBias: false)
        self.init(
            depthwise,
            Convolution2D(
                name: name, inputShape: depthwise.outputShape, filters: filters, kernelSize: Extent2D(1, 1),
                isRectified: isRectified, hasBias: hasBias))
    }

    private init(_ depthwise: DepthwiseConvolution2D, _ pointwise: Convolution2D) {
        self.depthwise = depthwise
        self.pointwise = pointwise
        name = pointwise.name
        outputShape = pointwise.outputShape
    }

    public var isRectified: Bool { pointwise.isRectified }

    public func rectified() -> (any Layer)? {
        let mixing = pointwise
        return SeparableConvolution2D(
            depthwise,
            Convolution2D(
                name: name, inputShape: mixing.inputShape, filters: mixing.outputShape.channels,
                kernelSize: Extent2D(1, 1), isRectified: true, hasBias: mixing.hasBias))
    }

    public var parameters: [ParameterSpecification] {
        (depthwise.parameters + pointwise.parameters).enumerated().map { number, parameter in
            // The two kernels, and a bias that keeps its name.
            let name = number < 2 ? ["depthwise_kernel", "pointwise_kernel"][number] : parameter.name
            return ParameterSpecification(name, parameter.shape, parameter.initializer)
        }
    }

    public var multiplyAdds: Int { depthwise.multiplyAdds + pointwise.multiplyAdds }

    // MARK: Memory: the map between the two, which the backward pass computes again, and its gradient.

    private func betweenCount(samples: Int) -> Int { samples * depthwise.outputShape.count }

    public func workspaceCount(samples: Int) -> Int {
        2 * betweenCount(samples: samples)
            + max(depthwise.workspaceCount(samples: samples), pointwise.workspaceCount(samples: samples))
    }

    public var preparedCount: Int { pointwise.preparedCount }

    public func prepare(_ parameters: FloatView, into prepared: MutableFloatView) {
        pointwise.prepare(parameters.dropFirst(depthwise.trainableCount), into: prepared)
    }

    public func valuesReadBackward(rectifiesInputGradient: Bool, isOutputGradientRectified: Bool) -> ValuesRead {
        ValuesRead(inputs: true, output: isRectified && !isOutputGradientRectified)
    }

    // MARK: Passes

    /// The first half's pass, whose output is the map between.
    private func depthwisePass(_ pass: LayerPass, output: MutableFloatView, workspace: MutableFloatView) -> LayerPass {
        var first = pass
        first.output = output
        first.workspace = workspace
        first.parameters = pass.parameters.slice(depthwise.trainableCount)
        return first
    }

    /// The second half's pass, whose input is the map between.
    private func pointwisePass(_ pass: LayerPass, input: MutableFloatView, workspace: MutableFloatView) -> LayerPass {
        var second = pass
        second.inputs = [FloatView(input)]
        second.workspace = workspace
        second.parameters = pass.parameters.dropFirst(depthwise.trainableCount)
        return second
    }

    public func forward(_ pass: LayerPass) {
        let count = betweenCount(samples: pass.samples)
        let (between, workspace) = (pass.workspace.slice(count), pass.workspace.dropFirst(count))
        depthwise.forward(depthwisePass(pass, output: between, workspace: workspace))
        pointwise.forward(pointwisePass(pass, input: between, workspace: workspace))
    }

    public func backward(_ pass: LayerPass) {
        let count = betweenCount(samples: pass.samples)
        let (between, gradient) = (pass.workspace.slice(count), pass.workspace.slice(count, at: count))
        let workspace = pass.workspace.dropFirst(2 * count)
        var first = depthwisePass(pass, output: between, workspace: workspace)
        if pass.needsParameterGradient { depthwise.forward(first) }
        var second = pointwisePass(pass, input: between, workspace: workspace)
        second.parameterGradient = pass.parameterGradient.dropFirst(depthwise.trainableCount)
        second.inputGradients = [gradient]
        second.rectifiesInputGradient = false
        pointwise.backward(second)
        first.outputGradient = gradient
        first.isOutputGradientRectified = false
        first.parameterGradient = pass.parameterGradient.slice(depthwise.trainableCount)
        depthwise.backward(first)
    }
}
