import Layers
import Tensors
import Testing

/// Convolutions that are more than plain ones beside what Keras computes for them
/// (`Tests/ReferenceValues/make_keras_convolution_reference.py`).
@Suite struct KerasConvolutionTests {
    static func cases(_ kinds: String...) -> [String] {
        KerasLayerReference.cases(kinds, in: KerasLayerReference.convolutions)
    }

    /// One case with its options.
    private struct Convolution {
        let reference: KerasLayerReference
        let inputShape: Shape
        let kernelSize: Extent2D
        let strides: Extent2D
        let dilation: Extent2D
        let padding: Padding
        let isRectified: Bool
        let hasBias: Bool

        init(_ name: String) throws {
            reference = try KerasLayerReference(name, in: KerasLayerReference.convolutions)
            let configuration = reference.configuration
            func extent(_ values: [Int]?) throws -> Extent2D {
                let values = try #require(values)
                return Extent2D(values[0], values[1])
            }
            inputShape = try reference.inputShape
            kernelSize = try extent(configuration.kernel_size)
            strides = try extent(configuration.strides)
            dilation = try extent(configuration.dilation_rate)
            padding = try configuration.windowPadding()
            isRectified = configuration.activation == "relu"
            hasBias = try #require(configuration.use_bias as Bool?)
        }
    }

    @Test func thereAreCasesOfEachKind() {
        #expect(Self.cases("DepthwiseConv2D").count >= 38 && Self.cases("SeparableConv2D").count >= 8)
        #expect(Self.cases("Conv2D").count >= 16 && Self.cases("Conv2DTranspose").count >= 18)
    }

    /// No kind of layer in the file is left out.
    @Test func everyCaseIsCompared() throws {
        let names = Set(try KerasLayerReference.convolutions.get().metadata.keys)
        let compared = Self.cases("DepthwiseConv2D", "SeparableConv2D", "Conv2D", "Conv2DTranspose")
        #expect(names.subtracting(["keras", "numpy", "python", "tensorflow"]) == Set(compared))
    }

    @Test(arguments: cases("DepthwiseConv2D")) func depthwiseConvolutionsAreThoseOfKeras(name: String) throws {
        let convolution = try Convolution(name)
        try convolution.reference.compare(
            with: DepthwiseConvolution2D(
                name: name, inputShape: convolution.inputShape, kernelSize: convolution.kernelSize,
                strides: convolution.strides, padding: convolution.padding, dilation: convolution.dilation,
                depthMultiplier: try #require(convolution.reference.configuration.depth_multiplier),
                isRectified: convolution.isRectified, hasBias: convolution.hasBias))
    }

    @Test(arguments: cases("SeparableConv2D")) func separableConvolutionsAreThoseOfKeras(name: String) throws {
        let convolution = try Convolution(name)
        let configuration = convolution.reference.configuration
        try convolution.reference.compare(
            with: SeparableConvolution2D(
                name: name, inputShape: convolution.inputShape, filters: try #require(configuration.filters),
                kernelSize: convolution.kernelSize, strides: convolution.strides, padding: convolution.padding,
                dilation: convolution.dilation, depthMultiplier: try #require(configuration.depth_multiplier),
                isRectified: convolution.isRectified, hasBias: convolution.hasBias))
    }

    @Test(arguments: cases("Conv2D")) func dilatedConvolutionsAndThoseInGroupsAreThoseOfKeras(name: String) throws {
        let convolution = try Convolution(name)
        let filters = try #require(convolution.reference.configuration.filters)
        let groups = try #require(convolution.reference.configuration.groups)
        if groups > 1, groups == convolution.inputShape.channels {
            try convolution.reference.compare(
                with: DepthwiseConvolution2D(
                    name: name, inputShape: convolution.inputShape, kernelSize: convolution.kernelSize,
                    strides: convolution.strides, padding: convolution.padding, dilation: convolution.dilation,
                    depthMultiplier: filters / groups, isRectified: convolution.isRectified,
                    hasBias: convolution.hasBias, isGrouped: true))
        }
        if groups > 1 {
            try convolution.reference.compare(
                with: GroupedConvolution2D(
                    name: name, inputShape: convolution.inputShape, filters: filters,
                    kernelSize: convolution.kernelSize, strides: convolution.strides, padding: convolution.padding,
                    dilation: convolution.dilation, groups: groups, isRectified: convolution.isRectified,
                    hasBias: convolution.hasBias))
        } else {
            try convolution.reference.compare(
                with: Convolution2D(
                    name: name, inputShape: convolution.inputShape, filters: filters,
                    kernelSize: convolution.kernelSize, strides: convolution.strides, padding: convolution.padding,
                    dilation: convolution.dilation, isRectified: convolution.isRectified,
                    hasBias: convolution.hasBias))
        }
    }

    @Test(arguments: cases("Conv2DTranspose")) func transposedConvolutionsAreThoseOfKeras(name: String) throws {
        let convolution = try Convolution(name)
        let configuration = convolution.reference.configuration
        try convolution.reference.compare(
            with: TransposedConvolution2D(
                name: name, inputShape: convolution.inputShape, filters: try #require(configuration.filters),
                kernelSize: convolution.kernelSize, strides: convolution.strides, padding: convolution.padding,
                outputPadding: configuration.output_padding.map { Extent2D($0[0], $0[1]) },
                dilation: convolution.dilation, isRectified: convolution.isRectified, hasBias: convolution.hasBias))
    }
}
