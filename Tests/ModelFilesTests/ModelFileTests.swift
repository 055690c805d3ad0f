import Communication
import Engine
import EngineTestSupport
import Faults
import Files
import Foundation
import Lanes
import LayerCatalog
import ModelFiles
import Models
import Preparation
import StampData
import Tensors
import TestSupport
import Testing

/// A model that is written and read again is the same model; a file that holds something else says so.
@Suite struct ModelFileTests {
    @Test(arguments: [StandardNetwork.simple, .simpleBN, .vgg6], [2, 1])
    func writingAndReadingKeepsWeightsAndPredictions(standard: StandardNetwork, classes: Int) throws {
        let folder = try TemporaryFolder()
        let network = try Network.standard(standard, classes: classes)
        let weights = network.variedWeights(seed: 4)
        try TrainedModel(network: network, weights: weights, preparation: StampPreparation(.mean)).write(
            to: folder.path("a.safetensors"))
        let read = try TrainedModel(contentsOf: folder.path("a.safetensors"))
        #expect(read.preparation == StampPreparation(.mean))
        #expect(read.network.description == network.description)
        #expect(read.weights.trainable.array == weights.trainable.array)
        #expect(read.weights.state.array == weights.state.array)
        #expect(try predictions(read.network, read.weights) == predictions(network, weights))
        // Equal models give equal bytes.
        try read.write(to: folder.path("b.safetensors"))
        #expect(try folder.bytes("a.safetensors") == folder.bytes("b.safetensors"))
    }

    /// The name may say anything, or nothing.
    @Test(
        arguments: ["keras2.h5", "keras3.keras"], ["model", "model.safetensors", "model.keras", "model.h5", "m.json"])
    func filesAreToldApartByWhatTheyHold(file: String, name: String) throws {
        let folder = try TemporaryFolder()
        let path = try folder.file(name, ReferenceValues.bytes("keras_legacy/\(file)"))
        #expect(ModelFiles.isFile(path))
        let model = try ModelFiles.read(path)
        #expect(try ModelFiles.description(path) == model.network.description)
        try ModelFiles.write(model, to: output(folder.path("converted.safetensors")))
        let converted = try folder.file(name, folder.bytes("converted.safetensors"))
        #expect(try ModelFiles.read(converted).network.description == model.network.description)
        #expect(
            try ModelFiles.weights(of: model.network, from: converted).trainable.array == model.weights.trainable.array)
    }

    @Test func aNetworkAndItsWeightsMayStandInTwoFiles() throws {
        let (network, weights) = (
            ReferenceValues.path("keras_legacy/keras2.json"), ReferenceValues.path("keras_legacy/keras2-weights.h5")
        )
        #expect(ModelFiles.isFile("\(network)+\(weights)"))
        let model = try ModelFiles.read("\(network)+\(weights)")
        let whole = try ModelFiles.read(ReferenceValues.path("keras_legacy/keras2.h5"))
        #expect(model.weights.trainable.array == whole.weights.trainable.array)
        #expect(try ModelFiles.weights(of: model.network, from: weights).state.array == whole.weights.state.array)
        let fault = try #require(#expect(throws: Fault.self) { try ModelFiles.read(network) })
        #expect(fault.kind == .usage && fault.remedy.contains("keras2.json+weights.h5"))
    }

    @Test func logitsAreNotAskedOfProbabilities() throws {
        let path = ReferenceValues.path("keras_legacy/keras2.h5")
        let fault = try #require(
            #expect(throws: Fault.self) { try ModelFiles.read(path, ModelReading(fromLogits: true)) })
        #expect(fault.kind == .usage && fault.subject == "--from-logits")
        let logits = ReferenceValues.path("keras_legacy/logits.keras")
        let model = try ModelFiles.read(logits, ModelReading(fromLogits: true))
        #expect(
            try ModelFiles.weights(of: model.network, from: logits).trainable.array == model.weights.trainable.array)
    }

    @Test(arguments: ["model.safetensors", "model.keras"])
    func aModelRemembersHowItDecides(file: String) throws {
        let folder = try TemporaryFolder()
        let network = try Network.standard(.simple, classes: 2)
        let rule = DecisionRule(threshold: 0.123456789, temperature: 1.7)
        let model = TrainedModel(
            network: network, weights: network.initialWeights(seed: 1), preparation: StampPreparation(.mean),
            decision: rule)
        try ModelFiles.write(model, to: output(folder.path(file)))
        let read = try ModelFiles.read(folder.path(file))
        #expect(read.decision == rule && read.preparation == StampPreparation(.mean))
        // A model that decides as Keras does says nothing of it.
        try ModelFiles.write(
            TrainedModel(network: network, weights: model.weights, preparation: StampPreparation(.mean)),
            to: output(folder.path(file)))
        #expect(try ModelFiles.read(folder.path(file)).decision == .standard)
        if file.hasSuffix("safetensors") {
            #expect(try SafetensorsFile(contentsOf: folder.path(file)).metadata["threshold"] == nil)
        }
    }

    @Test(arguments: ["model.safetensors", "model.keras"])
    func aModelRemembersItsFeatures(file: String) throws {
        let folder = try TemporaryFolder()
        let network = try Network(StandardNetwork.simple.description(height: 5, width: 5, features: 2, classes: 2))
        let features = FeaturePreparation(
            names: ["g-r", "\"é\", x"], fills: [0.1, 1.0 / 3],
            scaling: StandardScaling(means: [0.7, 1e-300], deviations: [1e300, 0.3]))
        func write(_ features: FeaturePreparation?) throws {
            let model = TrainedModel(
                network: network, weights: network.initialWeights(seed: 1), preparation: StampPreparation(.mean),
                features: features)
            try ModelFiles.write(model, to: output(folder.path(file)))
        }
        try write(features)
        #expect(try ModelFiles.read(folder.path(file)).features == features)
        try write(FeaturePreparation(names: ["g-r"]))
        try expectBadData(folder.path(file), "tells of 1 features, its network takes 2", remedy: "train") {
            _ = try ModelFiles.read(folder.path(file))
        }
        try write(nil)
        #expect(try ModelFiles.read(folder.path(file)).features == nil)
    }

    @Test(arguments: [
        ["threshold": "1.5"], ["threshold": "nan"], ["threshold": "high"], ["temperature": "0"],
        ["temperature": "-1"], ["temperature": "inf"],
    ])
    func rulesThatAreNoneAreRefused(metadata: [String: String]) throws {
        try expectBadData("m.safetensors", metadata.keys.first!, remedy: "train") {
            _ = try DecisionRule(metadata: metadata, from: "m.safetensors")
        }
    }

    @Test(arguments: [StandardNetwork.simpleBN, .vgg6, .resnet50], [2, 1])
    func logitsCanBeDividedInTheWeights(standard: StandardNetwork, classes: Int) throws {
        let network = try Network.standard(standard, classes: classes)
        let weights = network.initialWeights(seed: 4)
        let before = try predictions(network, weights)
        #expect(network.divideLogits(of: weights, by: 1.7))
        let after = try predictions(network, weights)
        // Sums of up to 2048 products whose factors are rounded anew.
        let largest = before.map(abs).max()!
        for (before, after) in zip(before, after) { #expect(abs(after - before / 1.7) < 1e-5 * largest) }
        #expect(before != after)
    }

    @Test(arguments: ["model.safetensors", "model.keras", "model.onnx"])
    func namesInsideAModelLeadNowhere(file: String) throws {
        let folder = try TemporaryFolder()
        try FileManager.default.createDirectory(atPath: folder.path("a/b"), withIntermediateDirectories: true)
        let name = "../../outside"
        let network = try Network(
            NetworkDescription(
                name: name,
                sequence: [
                    ("i", .input(shape: [2, 2, 1])), ("f", .flatten),
                    (name, .dense(units: 2, activation: .softmax)),
                ]))
        let model = TrainedModel(
            network: network, weights: network.initialWeights(seed: 1), preparation: StampPreparation(.mean))
        // Keras may not take such a name: a fault is as good as a file.
        do { try ModelFiles.write(model, to: output(folder.path("a/b/\(file)"))) } catch is Fault {}
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path("")) == ["a"])
        #expect(Set(try FileManager.default.contentsOfDirectory(atPath: folder.path("a/b"))).isSubset(of: [file]))
    }

    @Test func weightsWithoutANetworkAreNoModel() throws {
        let folder = try TemporaryFolder()
        let path = folder.path("weights.safetensors")
        try SafetensorsFile.write(
            [NamedTensor(name: "fc_1/kernel", shape: [1, 30], values: [Float](repeating: 0, count: 30))], to: path)
        try expectBadData(path, "weights without a network", remedy: "--initial-weights") {
            _ = try TrainedModel(contentsOf: path)
        }
    }

    @Test func aNetworkThatCannotBeReadIsRefused() throws {
        let folder = try TemporaryFolder()
        let path = folder.path("odd.safetensors")
        for json in [
            "", "{", "{\"name\":\"odd\"}",
            "{\"name\":\"odd\",\"layers\":[{\"name\":\"x\",\"kind\":{\"warp\":{}},\"inputs\":[]}]}",
        ] {
            try SafetensorsFile.write([NamedTensor](), metadata: ["network": json], to: path)
            try expectBadData(path, "cannot be read", remedy: "this version") { _ = try TrainedModel(contentsOf: path) }
        }
    }

    @Test(arguments: ["fc_2/bias", "bn_1/moving_variance"]) func aMissingTensorIsNamed(name: String) throws {
        try expectRefusal("lacks \(name) of shape (30,)") { $0.filter { $0.name != name } }
    }

    @Test func aTensorOfAnotherShapeIsNamed() throws {
        try expectRefusal("has fc_2/kernel of shape (900,) instead of (30, 30)") { tensors in
            tensors.map { $0.name == "fc_2/kernel" ? NamedTensor(name: $0.name, shape: [900], values: $0.values) : $0 }
        }
    }

    /// A model of 9×9 stamps with other tensors is refused with its path and these words.
    private func expectRefusal(_ words: String, _ change: ([NamedTensor]) -> [NamedTensor]) throws {
        let folder = try TemporaryFolder()
        let path = folder.path("model.safetensors")
        let network = try Network.standard(.simpleBN, side: 9)
        try TrainedModel(
            network: network, weights: network.initialWeights(seed: 1), preparation: StampPreparation(.none)
        ).write(
            to: path)
        let file = try SafetensorsFile(contentsOf: path)
        let tensors = try file.tensors.map {
            NamedTensor(name: $0.name, shape: $0.shape, values: try file.floats($0.name))
        }
        try SafetensorsFile.write(change(tensors), metadata: file.metadata, to: path)
        try expectBadData(path, words, remedy: "use weights of") { _ = try TrainedModel(contentsOf: path) }
    }

    private func expectBadData(_ path: String, _ words: String, remedy: String, _ body: () throws -> Void) throws {
        let fault = try #require(#expect(throws: Fault.self) { try body() })
        #expect(fault.kind == .badData && fault.subject == path)
        #expect(fault.problem.contains(words) && fault.remedy.contains(remedy), "\(fault)")
    }

    private func predictions(_ network: Network, _ weights: Weights) throws -> [Float] {
        MatrixProduct.useOneThread()
        let (collection, numbers) = try LabelledPixels(count: 5, seed: 1).collection(in: TemporaryFolder())
        let team = try LaneTeam(count: 1)
        defer { team.finish() }
        let logits = try Inference(network: network, weights: weights, team: team, group: SingleProcess())
            .logits(of: numbers, by: StampReader(collection, .mean))
        return try #require(logits)
    }

    /// A converted model may be converted anew; what is no model, or belongs to a run, is not replaced.
    @Test(arguments: ["model.safetensors", "model.keras", "model.onnx"])
    func onlyConvertedModelsAreReplaced(_ name: String) throws {
        let folder = try TemporaryFolder()
        let network = try Network.standard(.simple, classes: 2)
        let model = TrainedModel(
            network: network, weights: network.initialWeights(seed: 1), preparation: StampPreparation(.mean),
            decision: .standard)
        let path = folder.path(name)
        for _ in 0..<2 { try ModelFiles.write(model, to: output(path)) }
        _ = try folder.file("config.json", Array("{}".utf8))
        expectFault(.cannotWrite, path, saying: "is not a converted model") { _ = try output(path) }
        let other = try folder.file("other-\(name)", Array("PK".utf8))
        expectFault(.cannotWrite, other, saying: "is not a converted model") { _ = try output(other) }
    }

    private func output(_ path: String) throws -> OutputFile {
        try OutputFile(path, option: "--output", inputs: [], kind: ModelFiles.kind)
    }
}
