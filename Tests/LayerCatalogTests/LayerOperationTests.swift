import Faults
import LayerCatalog
import Layers
import Tensors
import TestSupport
import Testing

/// What kinds compute: shapes, parameters, activations, and the refusals of what does not fit.
@Suite struct LayerOperationTests {
    @Test(arguments: Example.all) func theOutputHasTheShapeThatItSays(example: Example) throws {
        switch try example.kind.options.operation(at: example.place) {
        case .input(let shape), .reshape(let shape): #expect(shape == example.output)
        case .activation: #expect(example.inputs == [example.output])
        case .layer(let layer, _):
            #expect(layer.outputShape == example.output)
            #expect(layer.name == "layer")
        }
    }

    /// Keras numbers a layer's variables; the same parameters in the same order have these names.
    @Test(arguments: Example.all) func parametersAreKerasVariablesInTheirOrder(example: Example) throws {
        guard case .layer(let layer, _) = try example.kind.options.operation(at: example.place) else {
            #expect(example.kind.entry.kerasVariables.isEmpty)
            return
        }
        let names = layer.parameters.map(\.name)
        #expect(names == example.kind.entry.kerasVariables.filter(names.contains))
    }

    @Test(arguments: Example.all) func theNumberOfInputsIsChecked(example: Example) throws {
        let kind = example.kind
        for count in 0...3 where count != example.inputs.count {
            if kind.entry.inputCount == .several, count >= 2 { continue }
            let shape: Shape = example.inputs.first ?? [2, 2, 1]
            let place = LayerPlace(
                layer: "layer", network: "mine", inputs: (0..<count).map { "input\($0)" },
                inputShapes: Array(repeating: shape, count: count), number: 1)
            let fault = try #require(#expect(throws: Fault.self) { try kind.options.operation(at: place) })
            #expect(fault.kind == .badData && fault.subject == "layer layer of mine")
            #expect(fault.problem.contains("input"))
        }
    }

    @Test func activationsGoAlong() throws {
        guard
            case .layer(let layer, .elu(alpha: 0.5)) = try Example.all[1].kind.options.operation(
                at: Example.all[1].place)
        else {
            Issue.record("the dense layer has lost its activation")
            return
        }
        #expect(!layer.isRectified)
    }

    /// What is refused, on which inputs, and with which words.
    static let refusals: [(kind: LayerKind, inputs: [Shape], problem: String)] = [
        (.input(shape: [21, 21]), [], "it is an input of shape (21, 21)"),
        (.input(shape: [5, 5, 1]), [[5, 5, 1]], "an input is fed by 1 inputs"),
        (.input(shape: [1 << 34]), [], "it is larger than any memory"),
        (.input(shape: [1 << 20, 1 << 20, 1]), [], "it is larger than any memory"),
        (.dense(units: 0, activation: .relu), [[4]], "it has 0 units"),
        (.dense(units: 1 << 60, activation: .relu), [[4]], "it is larger than any memory"),
        (.dense(units: 2, activation: .elu(alpha: .infinity)), [], "its activation has the factor inf"),
        (convolution(filters: 0), [[5, 5, 1]], "it has 0 filters"),
        (convolution(), [[25]], "its input has shape (25,)"),
        (convolution(kernel: 0), [[5, 5, 1]], "its window or strides are not positive"),
        (convolution(stride: -1), [[5, 5, 1]], "its window or strides are not positive"),
        (convolution(kernel: 6), [[5, 5, 1]], "its 6×6 window is larger than its 5×5 map"),
        (convolution(kernel: 1 << 40), [[5, 5, 1]], "it is larger than any memory"),
        (depthwise(multiplier: 0), [[5, 5, 1]], "its depth multiplier is 0"),
        (depthwise(multiplier: 1 << 60), [[5, 5, 1]], "it is larger than any memory"),
        (depthwise(dilation: 0), [[5, 5, 1]], "its dilation rate is not positive"),
        (depthwise(dilation: 3), [[5, 5, 1]], "its 7×7 window is larger than its 5×5 map"),
        (depthwise(dilation: 1 << 40), [[5, 5, 1]], "it is larger than any memory"),
        (depthwise(), [[25]], "its input has shape (25,)"),
        (separable(filters: 0), [[5, 5, 1]], "it has 0 filters"),
        (separable(multiplier: 0), [[5, 5, 1]], "its depth multiplier is 0"),
        (separable(filters: 1 << 40), [[5, 5, 1]], "it is larger than any memory"),
        (
            convolution(filters: 4, groups: 3), [[5, 5, 6]],
            "its 6 channels and 4 filters do not fall into 3 groups"
        ),
        (
            convolution(filters: 6, groups: 3), [[5, 5, 4]],
            "its 4 channels and 6 filters do not fall into 3 groups"
        ),
        (convolution(groups: 0), [[5, 5, 2]], "its 2 channels and 2 filters do not fall into 0 groups"),
        (convolution(dilation: 3), [[5, 5, 1]], "its 7×7 window is larger than its 5×5 map"),
        (
            convolution(stride: 2, dilation: 2), [[5, 5, 1]],
            "its strides and its dilation rate are both above 1, which Keras refuses"
        ),
        (transposed(filters: 0), [[5, 5, 1]], "it has 0 filters"),
        (transposed(padding: .same, outputPadding: 0), [[1, 1, 1]], "its output has no pixels"),
        (transposed(outputPadding: 1), [[5, 5, 1]], "its output padding is 1×1"),
        (transposed(outputPadding: -1), [[5, 5, 1]], "its output padding is -1×-1"),
        (transposed(stride: 1 << 40), [[5, 5, 1]], "it is larger than any memory"),
        (transposed(stride: 1 << 20), [[5, 5, 1]], "it is larger than any memory"),
        (.zeroPadding2D(top: 0, bottom: 0, left: -1, right: 0), [[5, 5, 1]], "its padding is negative"),
        (.zeroPadding2D(top: 0, bottom: 0, left: 0, right: 0), [[5]], "its input has shape (5,)"),
        (.zeroPadding2D(top: .max, bottom: 0, left: 0, right: 0), [[5, 5, 1]], "it is larger than any memory"),
        (pooling(4097, padding: .same), [[5, 5, 1]], "its window holds more than 2²⁴ pixels"),
        (pooling(6), [[5, 5, 1]], "its 6×6 window is larger than its 5×5 map"),
        (pooling(2), [[25]], "its input has shape (25,)"),
        (
            .averagePooling2D(poolSize: Extent2D(6, 1), strides: Extent2D(1, 1), padding: .valid), [[5, 5, 1]],
            "its 6×1 window is larger than its 5×5 map"
        ),
        (.globalAveragePooling2D(keepDimensions: false), [[5]], "its input has shape (5,)"),
        (.globalMaxPooling2D(keepDimensions: false), [[5]], "its input has shape (5,)"),
        (.batchNormalization(momentum: 0.9, epsilon: 0), [[5]], "its momentum is 0.9 and its epsilon 0.0"),
        (.batchNormalization(momentum: 2, epsilon: 1), [[5]], "its momentum is 2.0 and its epsilon 1.0"),
        (.activation(.leakyReLU(slope: .nan)), [[5]], "its activation has the factor nan"),
        (.activation(.celu(alpha: 0)), [[5]], "its activation has the factor 0.0"),
        (.activation(.softShrink(threshold: -1)), [[5]], "its activation has the limit -1.0"),
        (
            .activation(.rectifier(maximum: -1)), [[5]],
            "its ReLU has a maximum, slope or threshold of -1.0"
        ),
        (.prelu(sharedAxes: [0]), [[5]], "it shares the axes [0] of inputs of shape (5,)"),
        (.prelu(sharedAxes: [1, 2]), [[5]], "it shares the axes [1, 2] of inputs of shape (5,)"),
        (.dropout(rate: 0.5, noiseShape: [2]), [[5]], "its noise has the shape [2], and its input (5,)"),
        (.dropout(rate: 0.5, noiseShape: [1, 5]), [[5]], "its noise has the shape [1, 5], and its input (5,)"),
        (.spatialDropout2D(rate: 0.5), [[5]], "its input has shape (5,)"),
        (.spatialDropout2D(rate: -1), [[5, 5, 1]], "its rate is -1.0"),
        (.stochasticDepth(rate: 1), [[5]], "its rate is 1.0"),
        (.gaussianDropout(rate: 1), [[5]], "its rate is 1.0"),
        (.gaussianNoise(deviation: -1), [[5]], "its standard deviation is -1.0"),
        (.layerNormalization(epsilon: 0), [[5]], "its epsilon is 0.0"),
        (.softmax(axes: [0]), [[5]], "its axes are [0], and its input has shape (5,)"),
        (.reduction(.mean, axes: [1]), [[5]], "it leaves no axis of (5,)"),
        (.reduction(.sum, axes: [4], keepDimensions: true), [[5]], "its axes are [4], and its input has shape (5,)"),
        (
            .layerNormalization(axes: [3, -1], epsilon: 1), [[5, 5, 1]],
            "its axes are [3, -1], and its input has shape (5, 5, 1)"
        ),
        (.groupNormalization(groups: 4, epsilon: 1), [[5, 5, 6]], "it has 4 groups of 6 channels"),
        (.groupNormalization(groups: 0, epsilon: 1), [[5, 5, 6]], "it has 0 groups of 6 channels"),
        (.unitNormalization(axes: [0]), [[5]], "its axes are [0], and its input has shape (5,)"),
        (.normalization(axes: [2]), [[5]], "its axes are [2], and its input has shape (5,)"),
        (
            .normalization(mean: [1], variance: [-1]), [[5]],
            "its mean and variance do not fit inputs of shape (5,)"
        ),
        (
            .rescaling(scale: [1, 2], offset: [0]), [[5, 5, 3]],
            "it has 2 scales and 1 offsets for inputs of shape (5, 5, 3)"
        ),
        (
            .layerScale(initialValue: 1, channels: 2), [[5]],
            "it scales 2 channels from 1.0 on, and its input has shape (5,)"
        ),
        (
            .cropping2D(top: 3, bottom: 2, left: 0, right: 0), [[5, 5, 1]],
            "it leaves nothing of maps of shape (5, 5, 1)"
        ),
        (.cropping2D(top: 0, bottom: 0, left: -1, right: 0), [[5, 5, 1]], "its cropping is negative"),
        (
            .upSampling2D(size: Extent2D(0, 1), interpolation: .nearest), [[5, 5, 1]], "its size is not positive"
        ),
        (
            .upSampling2D(size: Extent2D(1 << 20, 1 << 20), interpolation: .nearest), [[5, 5, 1]],
            "it is larger than any memory"
        ),
        (.reshape([-1, -1]), [[4]], "it makes [-1, -1] of inputs of shape (4,)"),
        (.reshape([3, -1]), [[4]], "it makes [3, -1] of inputs of shape (4,)"),
        (.reshape([2, 3]), [[4]], "it makes [2, 3] of inputs of shape (4,)"),
        (.reshape([.min, .min, 2]), [[4]], "it makes [\(Int.min), \(Int.min), 2] of inputs of shape (4,)"),
        (.reshape([0]), [[4]], "it makes [0] of inputs of shape (4,)"),
        (.permute([1, 1]), [[4, 4]], "it puts the axes of inputs of shape (4, 4) in the order [1, 1]"),
        (.dropout(rate: 1), [[5]], "its rate is 1.0"),
        (.dropout(rate: .nan), [[5]], "its rate is nan"),
        (.add, [[5], [6]], "its inputs have the shapes (5,), (6,)"),
        (.add, [[2, 3, 4], [3, 3, 4]], "its inputs have the shapes (2, 3, 4), (3, 3, 4)"),
        (.merge(.product), [[2, 3], [4]], "its inputs have the shapes (2, 3), (4,)"),
        (.merge(.difference), [[3], [3], [3]], "it has 3 inputs"),
        (.divide, [[3], [3], [3]], "it has 3 inputs"),
        (.scaledSum(scale: .nan), [[3], [3]], "it has 2 inputs and the scale nan"),
        (.arithmetic(.add, .infinity), [[3]], "its number is inf"),
        (.arithmetic(.power, 2, isNumberFirst: true), [[3]], "it raises a number to the power of its input"),
        (
            .merge(.product), [[1 << 12, 1, 1], [1, 1 << 12, 1], [1, 1, 1 << 12]], "it is larger than any memory"
        ),
        (.concatenate(axis: 0), [[3], [3]], "its axis is 0, and its inputs have the shapes (3,), (3,)"),
        (.concatenate(axis: 2), [[3], [3]], "its axis is 2, and its inputs have the shapes (3,), (3,)"),
        (.concatenate(axis: 1), [[3, 2], [3, 1]], "its inputs have the shapes (3, 2), (3, 1)"),
        (.concatenate(axis: 1), [[3, 2], [3]], "its inputs have the shapes (3, 2), (3,)"),
        (.concatenate, [[5, 5, 1], [5, 6, 1]], "its inputs have the shapes (5, 5, 1), (5, 6, 1)"),
    ]

    private static func convolution(
        filters: Int = 2, kernel: Int = 3, stride: Int = 1, dilation: Int = 1, groups: Int = 1
    ) -> LayerKind {
        .convolution2D(
            filters: filters, kernelSize: Extent2D(kernel, kernel), strides: Extent2D(stride, stride), padding: .valid,
            dilationRate: Extent2D(dilation, dilation), groups: groups, activation: .linear)
    }

    private static func separable(filters: Int = 2, multiplier: Int = 1) -> LayerKind {
        .separableConvolution2D(
            filters: filters, kernelSize: Extent2D(3, 3), strides: Extent2D(1, 1), padding: .valid,
            depthMultiplier: multiplier, activation: .linear)
    }

    private static func transposed(
        filters: Int = 2, stride: Int = 1, padding: Padding = .valid, outputPadding: Int? = nil
    ) -> LayerKind {
        .transposedConvolution2D(
            filters: filters, kernelSize: Extent2D(2, 2), strides: Extent2D(stride, stride), padding: padding,
            outputPadding: outputPadding.map { Extent2D($0, $0) }, activation: .linear)
    }

    private static func depthwise(multiplier: Int = 1, dilation: Int = 1) -> LayerKind {
        .depthwiseConvolution2D(
            kernelSize: Extent2D(3, 3), strides: Extent2D(1, 1), padding: .valid,
            dilationRate: Extent2D(dilation, dilation), depthMultiplier: multiplier, activation: .linear)
    }

    private static func pooling(_ size: Int, padding: Padding = .valid) -> LayerKind {
        .maxPooling2D(poolSize: Extent2D(size, size), strides: Extent2D(1, 1), padding: padding)
    }

    @Test(arguments: refusals.indices) func whatDoesNotFitIsRefused(number: Int) throws {
        let (kind, inputs, problem) = Self.refusals[number]
        let place = LayerPlace(
            layer: "layer", network: "mine", inputs: inputs.indices.map { "input\($0)" }, inputShapes: inputs,
            number: inputs.isEmpty ? 0 : 1)
        let fault = try #require(#expect(throws: Fault.self) { try kind.options.operation(at: place) })
        #expect(fault.kind == .badData && fault.subject == "layer layer of mine")
        #expect(fault.problem == problem)
        #expect(!fault.remedy.isEmpty)
    }

    @Test(arguments: [LayerKind.add, .merge(.product), .concatenate]) func oneLayerMayFeedAnotherTwice(
        kind: LayerKind
    ) throws {
        let place = LayerPlace(
            layer: "layer", network: "mine", inputs: ["a", "a"], inputShapes: [[4], [4]], number: 1)
        guard case .layer(let layer, _) = try kind.options.operation(at: place) else {
            Issue.record("nothing is computed")
            return
        }
        #expect(layer.outputShape == (kind == .concatenate ? [8] : [4]))
    }
}
