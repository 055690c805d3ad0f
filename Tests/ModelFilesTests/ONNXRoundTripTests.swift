import Communication
import Engine
import EngineTestSupport
import Faults
import Files
import Lanes
import LayerCatalog
import Layers
import ModelFiles
import Models
import Preparation
import StampData
import Tensors
import TestSupport
import Testing

/// What is written as ONNX is read as a network that says the same, layer by layer.
@Suite struct ONNXRoundTripTests {
    private static let one = Extent2D(1, 1)

    static let activations: [ActivationFunction] = [
        .linear, .relu, .sigmoid, .softmax, .tanh, .leakyReLU(slope: 0.3), .elu(alpha: 0.7), .gelu(approximate: false),
        .gelu(approximate: true), .relu6, .rectifier(maximum: 1, slope: 0.25, threshold: 0.5),
        .rectifier(slope: 0.25, threshold: 0.5), .rectifier(maximum: 0.5, threshold: 0.25), .silu, .hardSigmoid,
        .hardSilu,
        .softplus, .softsign, .selu, .celu(alpha: 0.7), .mish, .exponential, .logSigmoid, .logSoftmax, .hardTanh,
        .tanhShrink, .softShrink(threshold: 0.25), .hardShrink(threshold: 0.25), .squareplus(b: 4), .sparsePlus,
        .sparseSigmoid,
    ]

    /// Layers on maps of 7×7 pixels and four channels.
    static let kinds: [LayerKind] =
        activations.map { .activation($0) } + [
            .dense(units: 3, activation: .tanh), .dense(units: 3, activation: .linear, useBias: false),
            convolution(Extent2D(3, 2), Extent2D(2, 1), .same), convolution(Extent2D(2, 3), Extent2D(1, 3), .valid),
            convolution(Extent2D(3, 3), one, .same, dilation: Extent2D(2, 3)),
            convolution(Extent2D(3, 3), one, .valid, groups: 2),
            .depthwiseConvolution2D(
                kernelSize: Extent2D(3, 2), strides: Extent2D(2, 2), padding: .same, depthMultiplier: 2,
                activation: .relu),
            .depthwiseConvolution2D(
                kernelSize: Extent2D(2, 2), strides: one, padding: .valid, dilationRate: Extent2D(2, 1),
                activation: .linear, useBias: false),
            .separableConvolution2D(
                filters: 5, kernelSize: Extent2D(3, 2), strides: Extent2D(2, 1), padding: .same, depthMultiplier: 2,
                activation: .tanh),
            transposed(Extent2D(3, 2), Extent2D(2, 3), .valid), transposed(Extent2D(3, 3), Extent2D(2, 2), .same),
            transposed(Extent2D(3, 2), Extent2D(2, 3), .same, Extent2D(0, 2)),
            transposed(Extent2D(4, 5), Extent2D(2, 2), .valid, Extent2D(1, 0)),
            transposed(Extent2D(1, 2), Extent2D(3, 2), .same),
            .zeroPadding2D(top: 1, bottom: 2, left: 3, right: 0), .cropping2D(top: 1, bottom: 0, left: 2, right: 1),
            .maxPooling2D(poolSize: Extent2D(3, 2), strides: Extent2D(2, 2), padding: .same),
            .maxPooling2D(poolSize: Extent2D(2, 3), strides: Extent2D(1, 2), padding: .valid),
            .averagePooling2D(poolSize: Extent2D(3, 2), strides: Extent2D(2, 2), padding: .same),
            .averagePooling2D(poolSize: Extent2D(2, 3), strides: Extent2D(1, 2), padding: .valid),
            .globalAveragePooling2D(keepDimensions: true), .globalAveragePooling2D(keepDimensions: false),
            .globalMaxPooling2D(keepDimensions: true), .globalMaxPooling2D(keepDimensions: false),
            .batchNormalization(momentum: 0.75, epsilon: 0.01),
            .batchNormalization(momentum: 0.9, epsilon: 0.001, center: false, scale: false),
            .prelu(sharedAxes: [1, 2]), .prelu(sharedAxes: []), .prelu(sharedAxes: [3]),
            .layerNormalization(epsilon: 0.01), .layerNormalization(axes: [2, 3], epsilon: 0.01, scale: false),
            .layerNormalization(axes: [1, 2, 3], epsilon: 0.01, center: false),
            .groupNormalization(groups: 2, epsilon: 0.01), .groupNormalization(groups: -1, epsilon: 0.01),
            .groupNormalization(groups: 1, epsilon: 0.01, center: false, scale: false),
            .groupNormalization(groups: 4, epsilon: 0.01, scale: false),
            .unitNormalization(axes: [-1]), .unitNormalization(axes: [1, 3]),
            .normalization(mean: [1, 2, 3, 4], variance: [0.5, 1, 2, 3]), .normalization(mean: [0.5], variance: [2]),
            .normalization(axes: [1, 3], invert: true, mean: places(28), variance: places(28)),
            .normalization(axes: [1, 2], mean: places(49), variance: places(49)),
            .rescaling(scale: [0.5], offset: [1, 2, 3, 4]), .rescaling(scale: [1, 2, 3, 4], offset: [-1]),
            .layerScale(initialValue: 0.5, channels: 4), .dropout(rate: 0.25), .spatialDropout2D(rate: 0.25),
            .gaussianNoise(deviation: 0.25), .gaussianDropout(rate: 0.25), .stochasticDepth(rate: 0.25),
            .upSampling2D(size: Extent2D(2, 3), interpolation: .nearest),
            .upSampling2D(size: Extent2D(2, 3), interpolation: .bilinear),
            .reshape([14, 14]), .reshape([7, 14, -1]), .reshape([-1, 4]), .permute([3, 1, 2]), .permute([2, 1, 3]),
        ]
        + NumberArithmetic.Operator.allCases.filter { $0 != .power }.flatMap { type -> [LayerKind] in
            [.arithmetic(type, 0.75), .arithmetic(type, 0.75, isNumberFirst: type != .divide)]
        } + [.arithmetic(.power, 2), .arithmetic(.divide, 4)]

    private static func places(_ count: Int) -> [Float] { (0..<count).map { 0.5 + Float($0 % 5) / 4 } }

    private static func convolution(
        _ size: Extent2D, _ strides: Extent2D, _ padding: Padding, dilation: Extent2D = one, groups: Int = 1
    ) -> LayerKind {
        .convolution2D(
            filters: 6, kernelSize: size, strides: strides, padding: padding, dilationRate: dilation, groups: groups,
            activation: .relu)
    }

    private static func transposed(
        _ size: Extent2D, _ strides: Extent2D, _ padding: Padding, _ outputPadding: Extent2D? = nil
    ) -> LayerKind {
        .transposedConvolution2D(
            filters: 3, kernelSize: size, strides: strides, padding: padding, outputPadding: outputPadding,
            activation: .linear)
    }

    @Test(arguments: kinds) func aLayerOnMapsStaysWhatItIs(kind: LayerKind) throws {
        try expectSame([
            LayerDescription(name: "layer", kind: kind, inputs: ["maps"]),
            LayerDescription(name: "end", kind: .dense(units: 3, activation: .relu), inputs: ["layer"]),
            LayerDescription(name: "flatten", kind: .flatten, inputs: ["end"]),
        ])
    }

    /// Flattened maps have their values in another order in the graph.
    @Test(
        arguments: [
            .batchNormalization(momentum: 0.75, epsilon: 0.01), .prelu(sharedAxes: []), .activation(.selu),
            .layerNormalization(epsilon: 0.01), .groupNormalization(groups: 7, epsilon: 0.01),
            .normalization(axes: [1], mean: places(196), variance: places(196)), .dropout(rate: 0.5),
            .unitNormalization(axes: [-1]), .reshape([7, 7, 4]), .dense(units: 5, activation: .relu),
            .rescaling(scale: [0.5], offset: places(196)), .layerScale(initialValue: 1, channels: 196),
        ] as [LayerKind])
    func aLayerOnFeaturesStaysWhatItIs(kind: LayerKind) throws {
        try expectSame([
            LayerDescription(name: "flat", kind: .flatten, inputs: ["maps"]),
            LayerDescription(name: "layer", kind: kind, inputs: ["flat"]),
            LayerDescription(name: "flatten", kind: .flatten, inputs: ["layer"]),
        ])
    }

    /// Maps, their means as maps of one pixel and as features, and flattened maps with features of a dense layer.
    @Test(
        arguments: [
            .add, .merge(.product), .merge(.difference), .merge(.mean), .merge(.maximum), .merge(.minimum), .divide,
            .scaledSum(scale: 0.25),
        ] as [LayerKind])
    func layersOfTwoInputsStayWhatTheyAre(kind: LayerKind) throws {
        func layers(_ layers: [LayerDescription]) -> [LayerDescription] {
            layers + [LayerDescription(name: "flatten", kind: .flatten, inputs: ["layer"])]
        }
        let gates = LayerDescription(name: "gates", kind: .activation(.softplus), inputs: ["maps"])
        let means = [true, false].map {
            LayerDescription(name: "other", kind: .globalMaxPooling2D(keepDimensions: $0), inputs: ["gates"])
        }
        let layer = LayerDescription(name: "layer", kind: kind, inputs: ["maps", "other"])
        for mean in means { try expectSame(layers([gates, mean, layer])) }
        let flat = LayerDescription(name: "flat", kind: .flatten, inputs: ["maps"])
        let dense = LayerDescription(name: "other", kind: .dense(units: 196, activation: .sigmoid), inputs: ["flat"])
        let features = LayerDescription(name: "layer", kind: kind, inputs: ["flat", "other"])
        try expectSame(layers([flat, dense, features]))
    }

    @Test(arguments: [nil, 1, 2, 3] as [Int?]) func concatenationsStayWhatTheyAre(axis: Int?) throws {
        try expectSame([
            LayerDescription(name: "other", kind: .activation(.tanh), inputs: ["maps"]),
            LayerDescription(name: "layer", kind: .concatenate(axis: axis), inputs: ["maps", "other"]),
            LayerDescription(name: "flat", kind: .flatten, inputs: ["layer"]),
            LayerDescription(name: "mean", kind: .globalAveragePooling2D(keepDimensions: false), inputs: ["other"]),
            LayerDescription(name: "flatten", kind: .concatenate, inputs: ["mean", "flat"]),
        ])
    }

    /// A layer that stands twice keeps one kernel.
    @Test func sharedKernelsStayShared() throws {
        let kind = LayerKind.dense(units: 4, activation: .linear)
        let model = try self.model([
            LayerDescription(name: "a", kind: kind, inputs: ["maps"]),
            LayerDescription(name: "mean", kind: .globalAveragePooling2D(keepDimensions: false), inputs: ["a"]),
            LayerDescription(name: "b", kind: kind, inputs: ["mean"]),
            LayerDescription(name: "c", kind: kind, inputs: ["b"], sharedWith: "b"),
            LayerDescription(name: "flatten", kind: .flatten, inputs: ["c"]),
        ])
        let folder = try TemporaryFolder()
        let read = try readAgain(model, folder)
        #expect(try logits(read) == logits(model))
        #expect(read.network.parameters.count == model.network.parameters.count + 2)
    }

    @Test func whatTheFileSaysOfTheModelStays() throws {
        let network = try Network.standard(.simpleBN, classes: 2)
        let rule = DecisionRule(threshold: 0.125, temperature: 1.5)
        let model = TrainedModel(
            network: network, weights: network.variedWeights(seed: 3), preparation: StampPreparation(.robust),
            decision: rule, classNames: ["bogus", "real"])
        let folder = try TemporaryFolder()
        let read = try readAgain(model, folder)
        #expect(read.preparation == model.preparation && read.decision == rule && read.classNames == model.classNames)
        #expect(read.network.parameters.map(\.name) == network.parameters.map(\.name))
        #expect(read.weights.trainable.array == model.weights.trainable.array)
        #expect(read.weights.state.array == model.weights.state.array)
        // So do names and bytes from there on.
        try ModelFiles.write(read, to: output(folder.path("again.onnx")))
        #expect(try ModelFiles.description(folder.path("again.onnx")) == read.network.description)
        #expect(
            try ModelFiles.weights(of: network, from: folder.path("again.onnx")).state.array
                == model.weights.state.array)
    }

    // MARK: Comparing

    private func model(_ layers: [LayerDescription]) throws -> TrainedModel {
        let description = NetworkDescription(
            name: "round trip",
            layers: [
                LayerDescription(name: "input", kind: .input(shape: [7, 7, 1]), inputs: []),
                LayerDescription(
                    name: "maps",
                    kind: .convolution2D(
                        filters: 4, kernelSize: Extent2D(2, 2), strides: Self.one, padding: .same, activation: .tanh),
                    inputs: ["input"]),
            ] + layers + [
                LayerDescription(name: "output", kind: .dense(units: 2, activation: .softmax), inputs: ["flatten"])
            ])
        let network = try Network(description)
        return TrainedModel(
            network: network, weights: network.variedWeights(seed: 7), preparation: StampPreparation(.none))
    }

    private func expectSame(_ layers: [LayerDescription], sourceLocation: SourceLocation = #_sourceLocation) throws {
        let model = try model(layers)
        let read = try readAgain(model, TemporaryFolder())
        let (expected, found) = try (logits(model), logits(read))
        let scale = expected.map(abs).max() ?? 0
        let largest = zip(expected, found).map { abs($0 - $1) }.max() ?? .infinity
        #expect(Set(expected).count > 5, sourceLocation: sourceLocation)
        // Other orders of the same sums.
        #expect(
            found.count == expected.count && largest <= 4e-6 * max(scale, 1), "\(largest) of \(scale)",
            sourceLocation: sourceLocation)
    }

    private func readAgain(_ model: TrainedModel, _ folder: TemporaryFolder) throws -> TrainedModel {
        let path = folder.path("model.onnx")
        try ModelFiles.write(model, to: output(path))
        return try ModelFiles.read(path)
    }

    private func output(_ path: String) throws -> OutputFile {
        try OutputFile(path, option: "--output", inputs: [], kind: ModelFiles.kind)
    }

    private func logits(_ model: TrainedModel) throws -> [Float] {
        MatrixProduct.useOneThread()
        let (collection, numbers) = try LabelledPixels(count: 6, side: 7, seed: 2).collection(in: TemporaryFolder())
        let team = try LaneTeam(count: 1)
        defer { team.finish() }
        let logits = try Inference(network: model.network, weights: model.weights, team: team, group: SingleProcess())
            .logits(of: numbers, by: StampReader(collection, .none))
        return try #require(logits)
    }
}
