import Faults
import Files
import Foundation
import LayerCatalog
import Models
import Preparation
import TestSupport
import Testing
import TorchFormat

/// Networks of torchvision in `.pth` files of this program.
@Suite struct TorchFileTests {
    private static func model(
        _ standard: StandardNetwork, side: Int = 21, channels: Int = 1, classes: Int = 2
    ) throws -> TrainedModel {
        let network = try Network(
            standard.description(height: side, width: side, channels: channels, classes: classes))
        return TrainedModel(
            network: network, weights: network.initialWeights(seed: 3),
            preparation: StampPreparation(.minmax))
    }

    private static func write(_ model: TrainedModel, prefix: String = "", to path: String) throws {
        try TorchFile.write(model, prefix: prefix, to: AtomicFile(path))
    }

    /// The counts of torchvision's `resnet18(num_classes=2)` and so on, with a first convolution of one channel.
    @Test(
        arguments: [(.resnet18, 11_171_266), (.resnet34, 21_279_426), (.resnet50Torch, 23_505_858)]
            as [(StandardNetwork, Int)])
    func parameterCountsAreThoseOfTorchvision(standard: StandardNetwork, count: Int) throws {
        #expect(try Self.model(standard).network.trainableCount == count)
    }

    @Test(arguments: ["", "model."]) func aModelComesBack(prefix: String) throws {
        let folder = try TemporaryFolder()
        let (path, again) = (folder.path("a.pth"), folder.path("b.pth"))
        let model = try Self.model(.resnet18, channels: 3, classes: 5)
        try Self.write(model, prefix: prefix, to: path)
        let read = try TorchFile.model(contentsOf: path)
        #expect(read.network.description == model.network.description && read.preparation == model.preparation)
        for parameter in model.network.parameters {
            #expect(read.weights.values(parameter) == model.weights.values(parameter), "\(parameter.name)")
        }
        try Self.write(read, prefix: prefix, to: again)
        #expect(try bytes(path) == bytes(again))
        #expect(try bytes(path).count < 4 * 12_000_000)
        let names = try StateDict(contentsOf: path).names
        #expect(names.starts(with: ["conv1.weight", "bn1.weight", "bn1.bias", "bn1.running_mean"].map { prefix + $0 }))
        #expect(names.contains(prefix + "layer2.0.downsample.1.num_batches_tracked"))
    }

    @Test func kernelsAreTransposed() throws {
        let folder = try TemporaryFolder()
        let model = try Self.model(.resnet18, channels: 2)
        try Self.write(model, to: folder.path("a.pth"))
        let file = try StateDict(contentsOf: folder.path("a.pth"))
        let parameter = try #require(model.network.parameters.first { $0.name == "conv1/kernel" })
        let (own, torch) = (model.weights.values(parameter), try file.floats("conv1.weight"))
        #expect(file.shape("conv1.weight") == [64, 2, 7, 7])
        for (row, column, input, output) in [(0, 0, 0, 0), (2, 5, 1, 9), (6, 6, 0, 63)] {
            let value = own[((row * 7 + column) * 2 + input) * 64 + output]
            #expect(torch[((output * 2 + input) * 7 + row) * 7 + column] == value)
        }
    }

    @Test(arguments: [StandardNetwork.resnet18, .resnet34, .resnet50Torch])
    func theNetworkIsFoundFromItsWeights(standard: StandardNetwork) throws {
        let folder = try TemporaryFolder()
        let model = try Self.model(standard, channels: 2, classes: 3)
        try Self.write(model, prefix: "net.model.", to: folder.path("a.pth"))
        let found = try TorchFile.network(contentsOf: folder.path("a.pth"), height: 21, width: 21, prefix: nil)
        #expect(found.network.description == model.network.description)
        let last = try #require(model.network.parameters.last)
        #expect(found.weights.values(last) == model.weights.values(last))
    }

    @Test func otherNetworksAndWeightsAreRefused() throws {
        let folder = try TemporaryFolder()
        let path = folder.path("a.pth")
        expectFault(.badData, "VGG6", saying: "no network of torchvision") {
            try Self.write(Self.model(.vgg6), to: path)
        }
        #expect(!FileAccess.exists(path))
        try Self.write(Self.model(.resnet18), to: path)
        expectFault(.badData, path, saying: "lacks layer1.2.conv1.weight of shape (64, 64, 3, 3)") {
            _ = try TorchFile.weights(of: Self.model(.resnet34).network, contentsOf: path)
        }
        expectFault(.badData, path, saying: "has fc.weight of shape (2, 512) instead of (3, 512)") {
            _ = try TorchFile.weights(of: Self.model(.resnet18, classes: 3).network, contentsOf: path)
        }
        expectFault(.badData, path, saying: "lacks model.conv1.weight") {
            _ = try TorchFile.network(contentsOf: path, height: 21, width: 21, prefix: "model.")
        }
        let foreign = ReferenceValues.path("torch/tensors.pth")
        expectFault(.badData, foreign, saying: "weights without a network") {
            _ = try TorchFile.model(contentsOf: foreign)
        }
    }
}
