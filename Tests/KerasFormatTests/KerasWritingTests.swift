import Faults
import FoundationEssentials
import KerasFormat
import LayerCatalog
import Layers
import Models
import Preparation
import Tensors
import TestSupport
import Testing

/// What is written is read again as it was.
@Suite struct KerasWritingTests {
    @Test(arguments: ["chain", "branches", "features", "convolutions"]) func configurationsSurviveARoundTrip(
        _ name: String
    ) throws {
        let read = try NetworkDescription(kerasJSON: ReferenceValues.bytes("keras_archives/\(name).json"), from: name)
        let json = try read.kerasJSON()
        #expect(try NetworkDescription(kerasJSON: json.utf8, from: name) == read)
        #expect(
            json.contains(
                name == "chain" || name == "convolutions"
                    ? #""class_name":"Sequential""# : #""class_name":"Functional""#))
    }

    /// One input as Keras writes one, several in a list of them.
    @Test func inputsAreWrittenAsKerasNestsThem() throws {
        let branches = try NetworkDescription(
            kerasJSON: ReferenceValues.bytes("keras_archives/branches.json"), from: "branches")
        #expect(try branches.kerasJSON().contains(#""input_layers":["stamp",0,0]"#))
        #expect(
            try KerasReadingTests.features.kerasJSON().contains(
                #""input_layers":[["table",0,0],["cutout",0,0]]"#))
        for network in StandardNetwork.allCases {
            let description = network.description(height: 21, width: 21, channels: 2, features: 3, classes: 3)
            let json = try description.kerasJSON()
            #expect(json.contains(#""input_layers":[["stamps",0,0],["features",0,0]]"#))
            let read = try NetworkDescription(kerasJSON: json.utf8, from: "standard")
            // Keras has layers of one depth in an order of its own.
            #expect(Set(read.layers) == Set(description.layers))
            #expect(read.layers.filter(\.inputs.isEmpty).map(\.name) == ["stamps", "features"])
        }
    }

    /// 0.99 in single precision is not 0.9900000095367432 to whoever reads the file.
    @Test func numbersAreWrittenShort() throws {
        #expect(try KerasReadingTests.chain.kerasJSON().contains(#""rate":0.25"#))
        #expect(try KerasReadingTests.chain.kerasJSON().contains(#""momentum":0.9,"#))
    }

    /// As an operator's option the function can be written, and as a layer's activation it cannot.
    @Test func whatOnlyCodeCanExpressIsRefused() throws {
        var description = KerasReadingTests.chain
        description.layers[4].kind = .activation(.gelu(approximate: true))
        #expect(try NetworkDescription(kerasJSON: description.kerasJSON().utf8, from: "model.json") == description)
        description.layers[8].kind = .dense(units: 5, activation: .gelu(approximate: true))
        let fault = try fault { _ = try description.kerasJSON() }
        #expect(fault.description.contains("fc_2"))
        #expect(fault.description.contains("gelu"))
    }

    @Test(
        .enabled(if: KerasArchive.isSupported),
        arguments: ["chain", "branches", "features", "elements-13x12x2", "convolutions", "regularized-13x12"])
    func modelsSurviveARoundTrip(_ name: String) throws {
        let folder = try TemporaryFolder()
        let read = try TrainedModel(kerasArchive: ReferenceValues.path("keras_archives/\(name).keras"))
        let model = TrainedModel(network: read.network, weights: read.weights, preparation: StampPreparation(.mean))
        try KerasArchive.write(model, to: folder.path("model.keras"))
        let again = try TrainedModel(kerasArchive: folder.path("model.keras"))
        #expect(again.network.description == model.network.description)
        #expect(values(again) == values(model))
        #expect(again.preparation == StampPreparation(.mean))
        #expect(try folder.contents == ["model.keras"])
    }

    @Test(.enabled(if: KerasArchive.isSupported)) func equalModelsGiveEqualBytes() throws {
        let folder = try TemporaryFolder()
        let model = try TrainedModel(kerasArchive: ReferenceValues.path("keras_archives/branches.keras"))
        let written = try (0..<2).map { number in
            let path = folder.path("\(number).keras")
            try KerasArchive.write(model, to: path)
            return try Data(contentsOf: URL(filePath: path))
        }
        #expect(written[0] == written[1])
    }

    @Test(.enabled(if: KerasArchive.isSupported)) func aFolderThatDoesNotExistIsSaidToBeMissing() throws {
        let model = try TrainedModel(kerasArchive: ReferenceValues.path("keras_archives/chain.keras"))
        let fault = try fault { try KerasArchive.write(model, to: "/nowhere/model.keras") }
        #expect(fault.kind == .cannotWrite)
    }

    @Test(.enabled(if: !KerasArchive.isSupported)) func aBuildWithoutTheLibrariesSaysSo() throws {
        let path = ReferenceValues.path("keras_archives/chain.keras")
        let fault = try fault { _ = try TrainedModel(kerasArchive: path) }
        #expect(fault.kind == .usage)
        #expect(fault.description.contains("no Keras support"))
    }
}
