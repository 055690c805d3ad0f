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

    @Test(.enabled(if: KerasArchive.isSupported), arguments: ["chain", "branches"])
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
