import LayerCatalog
import Layers
import Models
import Tensors
import Testing

/// Which operators, options and constants stand for which layers.
@Suite struct NetworkConversionTests {
    @Test func vgg6IsItsLayersWithoutDropout() throws {
        let written = try WrittenModel(StandardNetwork.vgg6.description(height: 21, width: 21, classes: 2))
        #expect(
            written.operators == [
                "Reshape", "Conv", "Relu", "Conv", "Relu", "MaxPool", "Conv", "Relu", "Conv", "Relu",
                "BatchNormalization", "MaxPool", "Flatten", "Gemm", "Relu", "Gemm", "Softmax",
            ])
        #expect(written.integers("input/shape") == [0, 1, 21, 21])
        #expect(written.integers("strides", of: "max_pooling2d_1/MaxPool") == [4, 4])
    }

    @Test func stampsOfSeveralChannelsAreTransposed() throws {
        let written = try WrittenModel(classifier([4, 5, 3], [("flatten", .flatten)]))
        #expect(written.operators == ["Transpose", "Flatten", "Gemm", "Softmax"])
        #expect(written.integers("perm", of: "input/Transpose") == [0, 3, 1, 2])
    }

    @Test func convolutionKernelsAreOutInHeightWidth() throws {
        let kind = LayerKind.convolution2D(
            filters: 4, kernelSize: Extent2D(3, 2), strides: Extent2D(1, 1), padding: .valid, activation: .linear)
        let written = try WrittenModel(classifier([6, 5, 3], [("conv", kind), ("flatten", .flatten)]))
        let (kernel, result) = (written.values("conv/kernel"), try #require(written.floats("conv/kernel")))
        #expect(written.shape("conv/kernel") == [4, 3, 3, 2])
        for row in 0..<3 {
            for column in 0..<2 {
                for input in 0..<3 {
                    for output in 0..<4 {
                        #expect(
                            result[((output * 3 + input) * 3 + row) * 2 + column]
                                == kernel[((row * 2 + column) * 3 + input) * 4 + output])
                    }
                }
            }
        }
        #expect(written.floats("conv/bias") == written.values("conv/bias"))
    }

    /// Keras flattens (row, column, channel), the graph (channel, row, column).
    @Test func denseRowsFollowTheFlattenedMap() throws {
        let written = try WrittenModel(
            classifier([2, 3, 4], [("flatten", .flatten), ("dropout", .dropout(rate: 0.5))]))
        let (kernel, result) = (written.values("output/kernel"), try #require(written.floats("output/kernel")))
        #expect(written.shape("output/kernel") == [24, 2])
        for channel in 0..<4 {
            for pixel in 0..<6 {
                for unit in 0..<2 {
                    #expect(result[(channel * 6 + pixel) * 2 + unit] == kernel[(pixel * 4 + channel) * 2 + unit])
                }
            }
        }
    }

    @Test func batchNormalizationFollowsTheFlattenedMap() throws {
        let written = try WrittenModel(
            classifier(
                [2, 1, 3], [("flatten", .flatten), ("bn", .batchNormalization(momentum: 0.9, epsilon: 0.01))]))
        for name in ["bn/gamma", "bn/beta", "bn/moving_mean", "bn/moving_variance"] {
            let values = written.values(name)
            #expect(values.count == 6)
            #expect(written.floats(name) == [0, 3, 1, 4, 2, 5].map { values[$0] })
        }
        #expect(written.node("bn/BatchNormalization")?.attribute.map(\.f) == [0.01, 0.9])
    }

    @Test func batchNormalizationWithoutScaleAndCenterHasOnesAndZeros() throws {
        let kind = LayerKind.batchNormalization(momentum: 0.9, epsilon: 0.001, center: false, scale: false)
        let written = try WrittenModel(classifier([4, 4, 2], [("bn", kind), ("flatten", .flatten)]))
        #expect(written.floats("bn/gamma") == [1, 1] && written.floats("bn/beta") == [0, 0])
        #expect(written.floats("bn/moving_mean") == written.values("bn/moving_mean"))
    }

    @Test func denseOnMapsIsAConvolutionOfOnePixel() throws {
        let written = try WrittenModel(
            classifier(
                [4, 4, 2], [("dense", .dense(units: 3, activation: .tanh, useBias: false)), ("flatten", .flatten)]))
        #expect(written.operators == ["Transpose", "Conv", "Tanh", "Flatten", "Gemm", "Softmax"])
        #expect(written.shape("dense/kernel") == [3, 2, 1, 1])
        let kernel = written.values("dense/kernel")
        #expect(written.floats("dense/kernel") == [0, 3, 1, 4, 2, 5].map { kernel[$0] })
        #expect(written.node("dense/Conv")?.input.count == 2)
    }

    /// (extent, window, stride) and what Keras' `same` adds before and after.
    @Test(arguments: [
        (5, 3, 1, 1, 1), (6, 3, 2, 0, 1), (5, 2, 1, 0, 1), (5, 4, 2, 1, 2), (4, 1, 3, 0, 0), (7, 2, 3, 0, 1),
        (6, 2, 3, 0, 0),
    ])
    func samePaddingHasItsOddPixelAtTheEnd(extent: Int, window: Int, stride: Int, before: Int64, after: Int64) throws {
        // Rows as told, columns so that nothing is padded.
        let (size, strides) = (Extent2D(window, 1), Extent2D(stride, 1))
        let layers: [(name: String, kind: LayerKind)] = [
            ("max", .maxPooling2D(poolSize: size, strides: strides, padding: .same)), ("flatten", .flatten),
        ]
        let written = try WrittenModel(classifier([extent, 4, 1], layers))
        #expect(written.integers("pads", of: "max/MaxPool") == [before, 0, after, 0])
        let turned = try WrittenModel(
            classifier(
                [4, extent, 1],
                [
                    (
                        "mean",
                        .averagePooling2D(poolSize: Extent2D(1, window), strides: Extent2D(1, stride), padding: .same)
                    ), ("flatten", .flatten),
                ]))
        #expect(turned.integers("pads", of: "mean/AveragePool") == [0, before, 0, after])
        #expect(turned.integers("count_include_pad", of: "mean/AveragePool") == [0])
    }

    @Test func zeroPaddingSurroundsRowsAndColumnsOnly() throws {
        let written = try WrittenModel(
            classifier(
                [4, 4, 2], [("pad", .zeroPadding2D(top: 1, bottom: 2, left: 3, right: 4)), ("flatten", .flatten)]))
        #expect(written.node("pad/Pad")?.input == ["input/Transpose", "pad/pads"])
        #expect(written.integers("pad/pads") == [0, 0, 1, 3, 0, 0, 2, 4])
    }

    @Test(arguments: [true, false]) func globalPoolingKeepsItsMapsWhenAsked(keepDimensions: Bool) throws {
        let layers: [(name: String, kind: LayerKind)] = [
            ("mean", .globalAveragePooling2D(keepDimensions: keepDimensions)),
            ("dense", .dense(units: 3, activation: .relu)), ("flatten", .flatten),
        ]
        let operators = try WrittenModel(classifier([4, 4, 2], layers)).operators
        #expect(
            operators
                == (keepDimensions
                    ? ["Transpose", "GlobalAveragePool", "Conv", "Relu", "Flatten", "Gemm", "Softmax"]
                    : ["Transpose", "GlobalAveragePool", "Flatten", "Gemm", "Relu", "Gemm", "Softmax"]))
    }

    @Test func concatenatedVectorsKeepTheirOrders() throws {
        let layers: [LayerDescription] = [
            LayerDescription(name: "input", kind: .input(shape: [2, 1, 2]), inputs: []),
            LayerDescription(name: "mean", kind: .globalAveragePooling2D(keepDimensions: false), inputs: ["input"]),
            LayerDescription(name: "flatten", kind: .flatten, inputs: ["input"]),
            LayerDescription(name: "both", kind: .concatenate, inputs: ["mean", "flatten"]),
            LayerDescription(name: "output", kind: .dense(units: 1, activation: .sigmoid), inputs: ["both"]),
        ]
        let written = try WrittenModel(NetworkDescription(name: "branches", layers: layers))
        #expect(written.integers("axis", of: "both/Concat") == [1])
        let kernel = written.values("output/kernel")
        #expect(written.floats("output/kernel") == [0, 1, 2, 4, 3, 5].map { kernel[$0] })
    }

    /// A dense layer gives its features as Keras does, a flattened map does not: their sum needs one of them moved.
    @Test func addedVectorsAreBroughtToOneOrder() throws {
        let layers: [LayerDescription] = [
            LayerDescription(name: "input", kind: .input(shape: [2, 1, 2]), inputs: []),
            LayerDescription(name: "flatten", kind: .flatten, inputs: ["input"]),
            LayerDescription(name: "dense", kind: .dense(units: 4, activation: .linear), inputs: ["flatten"]),
            LayerDescription(name: "relu", kind: .activation(.relu), inputs: ["flatten"]),
            LayerDescription(name: "sum", kind: .add, inputs: ["dense", "relu"]),
            LayerDescription(name: "output", kind: .dense(units: 1, activation: .sigmoid), inputs: ["sum"]),
        ]
        let written = try WrittenModel(NetworkDescription(name: "branches", layers: layers))
        #expect(
            written.operators == ["Transpose", "Flatten", "Gemm", "Relu", "Gather", "Add", "Gemm", "Sigmoid"])
        #expect(written.integers("sum/order") == [0, 2, 1, 3])
        #expect(written.floats("output/kernel") == written.values("output/kernel"))
    }

    @Test func activationsCarryTheirOptions() throws {
        let written = try WrittenModel(
            classifier(
                [4, 4, 2],
                [
                    ("leaky", .activation(.leakyReLU(slope: 0.3))), ("elu", .activation(.elu(alpha: 0.5))),
                    ("softmax", .activation(.softmax)), ("linear", .activation(.linear)), ("flatten", .flatten),
                ]))
        #expect(written.operators == ["Transpose", "LeakyRelu", "Elu", "Softmax", "Flatten", "Gemm", "Softmax"])
        #expect(written.node("leaky/LeakyRelu")?.attribute.map(\.f) == [0.3])
        #expect(written.node("elu/Elu")?.attribute.map(\.f) == [0.5])
        #expect(written.integers("axis", of: "softmax/Softmax") == [1])
    }
}
