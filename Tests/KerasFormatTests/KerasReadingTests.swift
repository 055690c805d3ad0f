import Files
import FoundationEssentials
import KerasFormat
import LayerCatalog
import Layers
import Models
import Preparation
import Tensors
import TestSupport
import Testing

/// What Keras saved is what is read.
@Suite struct KerasReadingTests {
    /// `sequential()` of the script.
    static let chain = NetworkDescription(
        name: "chain",
        sequence: [
            ("stamp", .input(shape: [9, 8, 1])),
            (
                "z_first",
                .convolution2D(
                    filters: 3, kernelSize: Extent2D(3, 2), strides: Extent2D(1, 1), padding: .valid, activation: .relu)
            ),
            (
                "a_second",
                .convolution2D(
                    filters: 4, kernelSize: Extent2D(3, 3), strides: Extent2D(2, 1), padding: .same,
                    activation: .linear, useBias: false)
            ),
            ("bn", .batchNormalization(momentum: 0.9, epsilon: 0.01)),
            ("leaky", .activation(.leakyReLU(slope: 0.1))),
            ("pool", .maxPooling2D(poolSize: Extent2D(2, 2), strides: Extent2D(2, 2), padding: .valid)),
            ("drop", .dropout(rate: 0.25)),
            ("flat", .flatten),
            ("fc_2", .dense(units: 5, activation: .elu(alpha: 0.5))),
            ("fc_1", .dense(units: 4, activation: .leakyReLU(slope: 0.2))),
            ("relu", .activation(.relu)),
            ("fc_out", .dense(units: 2, activation: .softmax)),
        ])

    /// `functional()` of the script, but for the order of layers.
    static let branches: [String: LayerDescription] = {
        func convolution(_ size: Int, _ padding: Padding, _ activation: ActivationFunction) -> LayerKind {
            .convolution2D(
                filters: 2, kernelSize: Extent2D(size, size), strides: Extent2D(1, 1), padding: padding,
                activation: activation)
        }
        let layers: [(String, LayerKind, [String])] = [
            ("stamp", .input(shape: [7, 7, 1]), []),
            ("late", convolution(3, .same, .gelu(approximate: false)), ["stamp"]),
            ("pad", .zeroPadding2D(top: 1, bottom: 2, left: 0, right: 3), ["stamp"]),
            ("early", convolution(4, .valid, .tanh), ["pad"]),
            ("bn_center", .batchNormalization(momentum: 0.99, epsilon: 0.001, scale: false), ["early"]),
            ("act", .activation(.elu(alpha: 1)), ["bn_center"]),
            ("sum", .add, ["act", "late"]),
            ("join", .concatenate, ["sum", "stamp", "act"]),
            ("bn_scale", .batchNormalization(momentum: 0.99, epsilon: 0.001, center: false), ["join"]),
            (
                "average", .averagePooling2D(poolSize: Extent2D(3, 3), strides: Extent2D(2, 2), padding: .same),
                ["bn_scale"]
            ),
            ("mean", .globalAveragePooling2D(keepDimensions: false), ["average"]),
            ("most", .globalMaxPooling2D(keepDimensions: true), ["average"]),
            ("flat", .flatten, ["most"]),
            ("both", .concatenate, ["flat", "mean"]),
            ("fc_out", .dense(units: 1, activation: .sigmoid), ["both"]),
        ]
        return Dictionary(
            uniqueKeysWithValues: layers.map { ($0, LayerDescription(name: $0, kind: $1, inputs: $2)) })
    }()

    /// `with_features()` of the script: the order of inputs is that of the model, not that of Keras' layers.
    static let features: NetworkDescription = {
        let layers: [(String, LayerKind, [String])] = [
            ("table", .input(shape: [3]), []),
            ("cutout", .input(shape: [6, 5, 2]), []),
            (
                "conv",
                .convolution2D(
                    filters: 3, kernelSize: Extent2D(3, 3), strides: Extent2D(1, 1), padding: .valid, activation: .relu),
                ["cutout"]
            ),
            ("bn", .batchNormalization(momentum: 0.99, epsilon: 0.001), ["conv"]),
            ("flat", .flatten, ["bn"]),
            ("own", .dense(units: 4, activation: .tanh), ["table"]),
            ("join", .concatenate, ["flat", "table", "own"]),
            ("fc_out", .dense(units: 2, activation: .softmax), ["join"]),
        ]
        return NetworkDescription(
            name: "features", layers: layers.map { LayerDescription(name: $0, kind: $1, inputs: $2) })
    }()

    /// The order of layers that Keras told the script.
    static func order(_ name: String) throws -> [String] {
        let file = try SafetensorsFile(contentsOf: ReferenceValues.path("keras_archives/\(name).safetensors"))
        return try #require(file.metadata["layers"]).split(separator: " ").map(String.init)
    }

    @Test func everyOptionOfASequentialModelIsRead() throws {
        let description = try NetworkDescription(
            kerasJSON: ReferenceValues.bytes("keras_archives/chain.json"), from: "chain.json")
        #expect(description == Self.chain)
        #expect(try description.layers.map(\.name) == Self.order("chain"))
    }

    @Test func everyOptionOfAFunctionalModelIsRead() throws {
        let description = try NetworkDescription(
            kerasJSON: ReferenceValues.bytes("keras_archives/branches.json"), from: "branches.json")
        #expect(description.name == "branches")
        #expect(try description.layers.map(\.name) == Self.order("branches"))
        for layer in description.layers { #expect(layer == Self.branches[layer.name]) }
    }

    /// `with_convolutions()` of the script.
    @Test func everyOptionOfConvolutionsIsRead() throws {
        let description = try NetworkDescription(
            kerasJSON: ReferenceValues.bytes("keras_archives/convolutions.json"), from: "convolutions.json")
        let one = Extent2D(1, 1)
        #expect(
            description.layers.dropFirst().dropLast(2).map(\.kind) == [
                .depthwiseConvolution2D(
                    kernelSize: Extent2D(3, 2), strides: Extent2D(2, 2), padding: .same, depthMultiplier: 3,
                    activation: .linear),
                .transposedConvolution2D(
                    filters: 4, kernelSize: Extent2D(3, 3), strides: Extent2D(2, 3), padding: .same,
                    outputPadding: Extent2D(1, 2), activation: .linear),
                .convolution2D(
                    filters: 6, kernelSize: Extent2D(3, 3), strides: one, padding: .valid, groups: 2, activation: .relu),
                .separableConvolution2D(
                    filters: 5, kernelSize: Extent2D(2, 3), strides: one, padding: .valid, depthMultiplier: 2,
                    activation: .tanh, useBias: false),
                .convolution2D(
                    filters: 3, kernelSize: Extent2D(2, 2), strides: one, padding: .valid,
                    dilationRate: Extent2D(2, 3), activation: .linear),
                .depthwiseConvolution2D(
                    kernelSize: Extent2D(2, 2), strides: one, padding: .valid, dilationRate: Extent2D(1, 2),
                    activation: .linear, useBias: false),
                .transposedConvolution2D(
                    filters: 2, kernelSize: Extent2D(1, 2), strides: one, padding: .valid, activation: .elu(alpha: 1),
                    useBias: false),
            ])
        #expect(try description.layers.map(\.name) == Self.order("convolutions"))
    }

    @Test func bothInputsAreReadInTheirOrder() throws {
        let description = try NetworkDescription(
            kerasJSON: ReferenceValues.bytes("keras_archives/features.json"), from: "features.json")
        #expect(description == Self.features)
        let order = try Self.order("features")
        #expect(description.layers.map(\.name).filter { $0 != "table" } == order.filter { $0 != "table" })
        #expect(order[0] == "cutout")
        let network = try Network(description)
        #expect(network.inputShape == [6, 5, 2] && network.featureCount == 3 && network.sampleValues == 63)
    }

    /// As lists and by name, in which case Keras takes the inputs in the order of their names.
    @Test(arguments: [
        (#"[["cutout", 0, 0], ["table", 0, 0]]"#, ["cutout", "table"]),
        (#"{"table": ["table", 0, 0], "cutout": ["cutout", 0, 0]}"#, ["cutout", "table"]),
        (#"{"b": ["cutout", 0, 0], "a": ["table", 0, 0]}"#, ["table", "cutout"]),
        (#"[[["table", 0, 0], ["cutout", 0, 0]]]"#, ["table", "cutout"]),
    ]) func inputsComeInAnyNesting(inputs: String, order: [String]) throws {
        let text = String(decoding: try ReferenceValues.bytes("keras_archives/features.json"), as: UTF8.self)
        let changed = text.replacing(#"[["table", 0, 0], ["cutout", 0, 0]]"#, with: inputs)
        try #require(changed != text || order == ["table", "cutout"])
        let description = try NetworkDescription(kerasJSON: changed.utf8, from: "features.json")
        #expect(description.layers.filter(\.inputs.isEmpty).map(\.name) == order)
        #expect(Set(description.layers) == Set(Self.features.layers))
        _ = try Network(description)
    }

    /// The names of weights in a file follow from the order of layers.
    @Test func layersOfAnyGraphComeInTheOrderOfKeras() throws {
        struct Graph: Decodable {
            let layers: [String: [String]]
            let order: [String]
        }
        let graphs = try JSONDecoder().decode(
            [Graph].self, from: Data(ReferenceValues.bytes("keras_archives/graphs.json")))
        #expect(graphs.count == 12)
        for graph in graphs {
            var layers = [LayerDescription(name: "stamp", kind: .input(shape: [2, 2, 1]), inputs: [])]
            for name in (0..<graph.layers.count - 1).map({ "layer_\($0)" }) + ["last"] {
                let inputs = try #require(graph.layers[name])
                layers.append(
                    LayerDescription(name: name, kind: inputs.count > 1 ? .add : .activation(.relu), inputs: inputs))
            }
            layers.append(LayerDescription(name: "flat", kind: .flatten, inputs: ["last"]))
            layers.append(
                LayerDescription(name: "out", kind: .dense(units: 1, activation: .sigmoid), inputs: ["flat"]))
            let json = try NetworkDescription(name: "graph", layers: layers).kerasJSON()
            let read = try NetworkDescription(kerasJSON: json.utf8, from: "graph")
            #expect(read.layers.map(\.name) == graph.order)
            #expect(Set(read.layers) == Set(layers))
        }
    }

    @Test(.enabled(if: KerasArchive.isSupported), arguments: ["chain", "branches", "features", "convolutions"])
    func weightsOfAnArchiveAreThoseOfKeras(_ name: String) throws {
        let model = try TrainedModel(kerasArchive: ReferenceValues.path("keras_archives/\(name).keras"))
        let expected = try SafetensorsFile(contentsOf: ReferenceValues.path("keras_archives/\(name).safetensors"))
        let description = try NetworkDescription(
            kerasJSON: ReferenceValues.bytes("keras_archives/\(name).json"), from: name)
        #expect(model.network.description == description)
        #expect(Set(model.network.parameters.map(\.name)) == Set(expected.tensors.map(\.name)))
        for parameter in model.network.parameters {
            #expect(expected.tensor(named: parameter.name)?.shape == parameter.shape.extents)
            #expect(try model.weights.values(parameter) == expected.floats(parameter.name), "\(parameter.name)")
        }
        #expect(model.preparation == StampPreparation(.notebook))
    }
}
