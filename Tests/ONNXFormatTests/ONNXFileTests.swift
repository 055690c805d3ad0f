import Faults
import LayerCatalog
import Layers
import Models
import ONNXFormat
import TestSupport
import Testing

/// The file as a whole: what it says of itself, and that its graph holds together.
@Suite struct ONNXFileTests {
    @Test func fileSaysWhatItIs() throws {
        let written = try WrittenModel(StandardNetwork.vgg6.description(height: 21, width: 25, classes: 2))
        let message = written.message
        #expect(message.irVersion == 8 && message.producerName == "swift-run-trainer")
        #expect(message.opsetImport.map(\.version) == [17] && message.opsetImport.map(\.domain) == [""])
        #expect(message.metadataProps.map { [$0.key, $0.value] } == [["normalize", "mean"]])
        #expect(message.graph.name == "VGG6")
    }

    @Test(arguments: [1, 2]) func stampsComeInAndProbabilitiesGoOut(classes: Int) throws {
        let graph = try WrittenModel(StandardNetwork.simple.description(height: 21, width: 25, classes: classes)).graph
        for (value, name, extents) in [
            (graph.input, "stamps", [21, 25, 1]), (graph.output, "probabilities", [Int64(classes)]),
        ] {
            #expect(value.map(\.name) == [name])
            let type = try #require(value.first).type.tensorType
            #expect(type.elemType == 1)
            #expect(type.shape.dim.first?.dimParam == "N")
            #expect(type.shape.dim.dropFirst().map(\.dimValue) == extents)
        }
        #expect(graph.node.last?.output == ["probabilities"])
        #expect(graph.node.last?.opType == (classes == 1 ? "Sigmoid" : "Softmax"))
    }

    /// In the order of the network's layers, under their names.
    @Test(arguments: [false, true]) func featuresAreASecondInput(comeFirst: Bool) throws {
        var description = StandardNetwork.vgg6.description(height: 21, width: 25, channels: 2, features: 5, classes: 3)
        let place = try #require(description.layers.firstIndex { $0.name == "features" })
        if comeFirst { description.layers.insert(description.layers.remove(at: place), at: 0) }
        let graph = try WrittenModel(description).graph
        let expected: [(String, [Int64])] = [("stamps", [21, 25, 2]), ("features", [5])]
        for (input, (name, extents)) in zip(graph.input, comeFirst ? expected.reversed() : expected) {
            #expect(input.name == name)
            #expect(input.type.tensorType.shape.dim.map(\.dimParam).first == "N")
            #expect(input.type.tensorType.shape.dim.dropFirst().map(\.dimValue) == extents)
        }
        #expect(graph.input.count == 2)
        #expect(graph.node.first { $0.opType == "Concat" }?.input.last == "features")
    }

    @Test func twoInputsHaveTheNamesOfTheirLayersUnlessOneIsTheOutputs() throws {
        for (names, expected) in [
            (["cutout", "table"], ["cutout", "table"]), (["cutout", "probabilities"], ["stamps", "features"]),
        ] {
            let layers: [LayerDescription] = [
                LayerDescription(name: names[0], kind: .input(shape: [2, 2, 1]), inputs: []),
                LayerDescription(name: "flatten", kind: .flatten, inputs: [names[0]]),
                LayerDescription(name: names[1], kind: .input(shape: [3]), inputs: []),
                LayerDescription(name: "both", kind: .concatenate, inputs: [names[1], "flatten"]),
                LayerDescription(name: "end", kind: .dense(units: 2, activation: .softmax), inputs: ["both"]),
            ]
            let graph = try WrittenModel(NetworkDescription(name: "names", layers: layers)).graph
            #expect(graph.input.map(\.name) == expected)
            #expect(graph.node.first { $0.opType == "Concat" }?.input.first == expected[1])
        }
    }

    @Test func equalModelsGiveEqualBytes() throws {
        let description = StandardNetwork.vgg6.description(height: 21, width: 21, classes: 2)
        let files = try withTemporaryFolder { folder in
            try (0..<2).map { number in
                let file = "\(folder)/\(number).onnx"
                try ONNXFile.write(randomModel(description), to: file)
                return try bytes(file)
            }
        }
        #expect(files[0] == files[1])
    }

    /// Layers may be called as the graph's own values, or so that their constants' names would meet.
    @Test func eachNameStandsOnceAndBeforeItsUse() throws {
        let layers: [LayerDescription] = [
            LayerDescription(name: "stamps", kind: .input(shape: [6, 6, 1]), inputs: []),
            LayerDescription(
                name: "a", kind: .dense(units: 3, activation: .gelu(approximate: true)), inputs: ["stamps"]),
            LayerDescription(name: "a/kernel", kind: .activation(.gelu(approximate: false)), inputs: ["a"]),
            LayerDescription(name: "a/Conv", kind: .add, inputs: ["a", "a/kernel"]),
            LayerDescription(name: "probabilities", kind: .flatten, inputs: ["a/Conv"]),
            LayerDescription(name: "dropout", kind: .dropout(rate: 0.5), inputs: ["probabilities"]),
            LayerDescription(name: "end", kind: .dense(units: 2, activation: .softmax), inputs: ["dropout"]),
        ]
        let graph = try WrittenModel(NetworkDescription(name: "names", layers: layers)).graph
        var known: Set<String> = ["stamps"]
        for constant in graph.initializer { #expect(known.insert(constant.name).inserted) }
        for node in graph.node {
            #expect(known.isSuperset(of: node.input))
            for output in node.output { #expect(known.insert(output).inserted) }
        }
        #expect(known.contains("probabilities"))
        #expect(Set(graph.node.map(\.name)).count == graph.node.count)
    }

    @Test func missingFolderIsAFault() throws {
        let model = try randomModel(StandardNetwork.simple.description(height: 5, width: 5, classes: 2))
        let fault = #expect(throws: Fault.self) { try ONNXFile.write(model, to: "/nowhere/model.onnx") }
        #expect(fault?.kind == .cannotWrite && fault?.subject == "/nowhere/model.onnx")
    }
}
