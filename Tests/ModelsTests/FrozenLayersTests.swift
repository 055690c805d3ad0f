import LayerCatalog
import Layers
import Models
import Tensors
import TestSupport
import Testing

/// Layers that patterns of their names freeze.
@Suite struct FrozenLayersTests {
    private let vgg6 = StandardNetwork.vgg6.description(height: 21, width: 21, classes: 2)

    private func frozen(
        _ choice: FrozenLayers.Choice, _ patterns: String..., in description: NetworkDescription? = nil
    ) throws -> NetworkDescription {
        try FrozenLayers(choice, patterns).frozen(description ?? vgg6, model: "vgg6")
    }

    private func names(_ description: NetworkDescription) -> [String] {
        description.layers.filter { !$0.isTrainable }.map(\.name)
    }

    @Test(arguments: [
        (["conv1"], ["conv1"]), (["conv?"], ["conv1", "conv2", "conv3", "conv4"]),
        (["conv[12]", "bn_*"], ["conv1", "conv2", "bn_2"]), (["*2", "fc_1"], ["conv2", "bn_2", "fc_1"]),
        (["c*", "conv1"], ["conv1", "conv2", "conv3", "conv4"]),
    ])
    func patternsAreThoseOfAShell(patterns: [String], expected: [String]) throws {
        #expect(try names(FrozenLayers(.freeze, patterns).frozen(vgg6, model: "vgg6")) == expected)
        // What has no weights is neither frozen nor trained.
        let others = vgg6.layers.filter { !$0.kind.entry.kerasVariables.isEmpty && !expected.contains($0.name) }
        #expect(try names(FrozenLayers(.trainOnly, patterns).frozen(vgg6, model: "vgg6")) == others.map(\.name))
    }

    @Test func freezingAddsToWhatIsFrozenAndTrainingOnlyReplacesIt() throws {
        let first = try frozen(.freeze, "conv1")
        #expect(try names(frozen(.freeze, "conv2", in: first)) == ["conv1", "conv2"])
        #expect(try names(frozen(.trainOnly, "conv?", in: first)) == ["bn_2", "fc_1", "fc_out"])
        #expect(try frozen(.trainOnly, "*", in: first) == vgg6)
    }

    @Test func whatIsNamedMustBeThereAndHaveWeights() throws {
        expectFault(.usage, "--freeze block1", saying: "names no layer of vgg6; name one of conv1, conv2") {
            _ = try frozen(.freeze, "conv1", "block1")
        }
        expectFault(.usage, "--train-only drop*", saying: "without weights, such as dropout; name one of conv1") {
            _ = try frozen(.trainOnly, "drop*")
        }
        let deep = StandardNetwork.resnet50.description(height: 21, width: 21, classes: 2)
        expectFault(.usage, "--freeze nothing", saying: ", … (`summary` shows all 107)") {
            _ = try frozen(.freeze, "nothing", in: deep)
        }
    }

    @Test func somethingMustBeLeftToTrain() throws {
        expectFault(.usage, "--freeze *", saying: "leaves nothing of vgg6 to train; name fewer") {
            _ = try frozen(.freeze, "*")
        }
        var fixed = vgg6
        fixed.layers.insert(
            LayerDescription(name: "scaled", kind: .normalization(), inputs: ["input"]), at: 1)
        fixed.layers[2].inputs = ["scaled"]
        expectFault(.usage, "--train-only scaled", saying: "leaves nothing") {
            _ = try frozen(.trainOnly, "scaled", in: fixed)
        }
    }

    /// Layers that share parameters are frozen together, by the name of any.
    @Test func sharedLayersAreFrozenTogether() throws {
        let shared = NetworkDescription(
            name: "shared",
            layers: [
                LayerDescription(name: "input", kind: .input(shape: [8]), inputs: []),
                LayerDescription(name: "stamp", kind: .input(shape: [2, 2, 2]), inputs: []),
                LayerDescription(name: "flat", kind: .flatten, inputs: ["stamp"]),
                LayerDescription(name: "once", kind: .dense(units: 3, activation: .relu), inputs: ["flat"]),
                LayerDescription(
                    name: "twice", kind: .dense(units: 3, activation: .relu), inputs: ["input"], sharedWith: "once"),
                LayerDescription(name: "both", kind: .concatenate, inputs: ["once", "twice"]),
                LayerDescription(name: "out", kind: .dense(units: 2, activation: .softmax), inputs: ["both"]),
            ])
        #expect(try names(frozen(.freeze, "once", in: shared)) == ["once", "twice"])
        #expect(try names(frozen(.trainOnly, "twice", in: shared)) == ["out"])
        let network = try Network(frozen(.freeze, "twice", in: shared))
        #expect(names(network.description) == ["once", "twice"])
        #expect(network.trainableCount == 14 && network.stateCount == 27)
    }

    /// As Keras counts them, and with its column of what is trained.
    @Test func theSummaryShowsWhatIsFrozen() throws {
        let summary = try Network(frozen(.freeze, "conv1", "bn_2")).summary
        #expect(summary.contains("\nTotal params: 25,458\nTrainable params: 25,170\nNon-trainable params: 288\n"))
        let rows = summary.split(separator: "\n").filter { $0.contains("(None") }.map { $0.split(separator: " ") }
        #expect(
            rows.map { "\($0[0]) \($0.last!)" } == [
                "conv1 N", "conv2 Y", "max_pooling2d -", "dropout -", "conv3 Y", "conv4 Y", "bn_2 N",
                "max_pooling2d_1 -", "dropout_1 -", "flatten -", "fc_1 Y", "dropout_2 -", "fc_out Y",
            ])
        #expect(summary.contains("Param #    Trainable\n"))
    }
}
