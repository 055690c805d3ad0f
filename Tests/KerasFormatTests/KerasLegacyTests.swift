import Faults
import Files
import FoundationEssentials
import KerasFormat
import Models
import TestSupport
import Testing

/// Models of Keras 1 to 3 in HDF5, with models inside and layers that are called twice
/// (`Tests/ReferenceValues/make_keras_legacy_reference.py`).
@Suite(.enabled(if: KerasArchive.isSupported)) struct KerasLegacyTests {
    private static func path(_ name: String) -> String { ReferenceValues.path("keras_legacy/\(name)") }

    private static func expectInitialWeights(_ model: TrainedModel) throws {
        let reference = try SafetensorsFile(contentsOf: path("keras3.safetensors"))
        let names = reference.tensors.map(\.name).filter { $0.hasPrefix("initial/") }
        #expect(Set(names) == Set(model.network.parameters.map { "initial/\($0.name)" }))
        for parameter in model.network.parameters {
            #expect(
                try model.weights.values(parameter) == reference.floats("initial/\(parameter.name)"),
                "\(parameter.name)")
        }
    }

    @Test(arguments: ["keras2.h5", "keras3.h5"]) func wholeModelsAreThoseOfKeras(name: String) throws {
        try Self.expectInitialWeights(TrainedModel(kerasHDF5: Self.path(name)))
    }

    /// Of Keras 3, and of versions 2.13 to 2.15, which name groups in three ways.
    @Test(arguments: ["keras3.keras", "keras2-13.keras", "keras2-14.keras", "keras2-15.keras"])
    func modelsInsideOfAnArchiveAreThoseOfKeras(name: String) throws {
        try Self.expectInitialWeights(TrainedModel(kerasArchive: Self.path(name)))
    }

    @Test(arguments: ["keras2-weights.h5", "keras2.h5", "keras3.h5", "keras3.weights.h5"])
    func weightsGoWithANetworkInAnotherFile(name: String) throws {
        try Self.expectInitialWeights(TrainedModel(kerasJSON: Self.path("keras2.json"), kerasHDF5: Self.path(name)))
    }

    /// By the names of weights, where nobody remembers that there was a model inside.
    @Test(arguments: ["keras2-weights.h5", "keras3.h5"]) func weightsAreFoundByTheirNames(name: String) throws {
        let model = try TrainedModel(kerasArchive: Self.path("keras3.keras"))
        let weights = try Weights.kerasHDF5(Self.path(name), of: model.network)
        #expect(weights.trainable.array == model.weights.trainable.array)
        #expect(weights.state.array == model.weights.state.array)
    }

    @Test(arguments: ["keras2.h5", "keras2.json", "keras3.keras", "keras2-13.keras", "keras2-15.keras"])
    func modelsInsideAndSharedLayersAreWrittenOut(name: String) throws {
        let description =
            switch name.split(separator: ".").last {
            case "h5": try NetworkDescription(kerasHDF5: Self.path(name))
            case "json":
                try NetworkDescription(
                    kerasJSON: ReferenceValues.bytes("keras_legacy/\(name)"), from: name)
            default: try NetworkDescription(kerasArchive: Self.path(name))
            }
        #expect(
            description.layers.map(\.name).filter { $0 != "stamp" } == [
                "first", "inner_conv", "inner_bn", "inner_sum", "inner_conv_2", "inner_bn_2", "inner_sum_2",
                "frozen_bn",
                "frozen_conv", "leaky", "shared", "shared_2", "join", "flat", "head_dense", "head_bn", "out",
            ])
        let shared = description.layers.filter { $0.sharedWith != nil }
        #expect(
            shared.map { "\($0.name) \($0.sharedWith!)" } == [
                "inner_conv_2 inner_conv", "inner_bn_2 inner_bn", "inner_sum_2 inner_sum", "shared_2 shared",
            ])
        #expect(shared.map(\.inputs) == [["inner_sum"], ["inner_conv_2"], ["inner_bn_2", "inner_sum"], ["first"]])
        #expect(description.layers.filter { !$0.isTrainable }.map(\.name) == ["frozen_bn", "frozen_conv"])
        let network = try Network(description)
        #expect(network.trainableCount == 1745 && network.stateCount == 42)
        // It is stored and read again as it is.
        let stored = try JSONEncoder().encode(description)
        #expect(try JSONDecoder().decode(NetworkDescription.self, from: stored) == description)
        #expect(try NetworkDescription(kerasJSON: description.kerasJSON().utf8, from: "again") == description)
    }

    @Test func keras1IsRead() throws {
        let model = try TrainedModel(kerasHDF5: Self.path("keras1.h5"))
        #expect(model.network.inputShape == [6, 5, 1])
        #expect(
            model.network.description.layers.map(\.kind.kerasName) == [
                "InputLayer", "Conv2D", "BatchNormalization", "Dropout", "GlobalAveragePooling2D", "Dense",
            ])
        #expect(model.network.parameters.map(\.name).first == "conv/kernel")
    }

    @Test(arguments: [
        (#""class_name": "Flatten""#, #""class_name": "Softener""#, ["Softener"]),
        (#""data_format": "channels_last""#, #""data_format": "channels_first""#, ["data_format", "channels_last"]),
        (#""dim_ordering": "tf""#, #""dim_ordering": "th""#, ["data_format", "channels_first"]),
        (#""activation": "tanh""#, #""activation": "hard_sigmoid""#, ["hard_sigmoid", "Keras 2"]),
        (#"["inner", 2, 0"#, #"["inner", 7, 0"#, ["no call 7 of layer inner"]),
        (#"["inner_bn", 0, 0"#, #"["inner_sum", 0, 0"#, ["inner"]),
    ]) func whatCannotBeReadIsNamed(from: String, to: String, words: [String]) throws {
        var text = String(decoding: try ReferenceValues.bytes("keras_legacy/keras2.json"), as: UTF8.self)
        if from.contains("dim_ordering") {
            text = text.replacing(#""data_format": "channels_last""#, with: from)
        }
        let changed = text.replacing(from, with: to)
        try #require(changed != text)
        let fault = try fault { _ = try NetworkDescription(kerasJSON: changed.utf8, from: "model.json") }
        #expect(fault.kind == .badData && fault.subject == "model.json")
        for word in words { #expect(fault.description.contains(word), "\(fault)") }
    }

    /// Models that hold each other twice would have 2^30 layers.
    @Test func modelsInsideOfModelsDoNotGrowWithoutEnd() throws {
        func tensor(_ name: String, _ call: Int) -> String {
            #"{"class_name":"__keras_tensor__","config":{"keras_history":["\#(name)",\#(call),0]}}"#
        }
        var inner = #"{"module":"keras.layers","class_name":"Flatten","config":{"name":"core"}"#
        for depth in 0..<30 {
            let name = depth == 0 ? "core" : "model\(depth - 1)"
            let calls =
                #""inbound_nodes":[{"args":[\#(tensor("i\(depth)", 0))],"kwargs":{}},"#
                + #"{"args":[\#(tensor(name, 0))],"kwargs":{}}]}"#
            inner =
                #"{"module":"keras","class_name":"Functional","name":"model\#(depth)","config":{"name":"model\#(depth)","#
                + #""layers":[{"module":"keras.layers","class_name":"InputLayer","name":"i\#(depth)","config":"#
                + #"{"name":"i\#(depth)","batch_shape":[null,4,4,1]},"inbound_nodes":[]},\#(inner),"name":"\#(name)",\#(calls)],"#
                + #""input_layers":["i\#(depth)",0,0],"output_layers":["\#(name)",1,0]}"#
        }
        let fault = try fault { _ = try NetworkDescription(kerasJSON: (inner + "}").utf8, from: "model.json") }
        #expect(fault.kind == .badData)
    }

    @Test func weightsOfAnotherNetworkAreRefused() throws {
        let network = try Network(NetworkDescription(kerasHDF5: Self.path("keras1.h5")))
        let fault = try fault { _ = try Weights.kerasHDF5(Self.path("keras2.h5"), of: network) }
        #expect(fault.kind == .badData)
        let alone = try #require(
            #expect(throws: Fault.self) { try TrainedModel(kerasHDF5: Self.path("keras2-weights.h5")) })
        #expect(alone.problem.contains("weights without a network"))
    }

    @Test(arguments: ["keras1.h5", "keras2.h5"]) func aFileCutOffAnywhereIsRefused(name: String) throws {
        let folder = try TemporaryFolder()
        let whole = try ReferenceValues.bytes("keras_legacy/\(name)")
        for count in stride(from: 0, to: whole.count, by: 1499) {
            let path = try folder.file("cut.h5", whole.prefix(count))
            #expect(try fault { _ = try TrainedModel(kerasHDF5: path) }.kind == .badData)
        }
    }

    /// HDF5 has few checksums: what is changed gives a fault or a model, and never ends this process.
    @Test func aChangedByteIsSurvived() throws {
        let folder = try TemporaryFolder()
        let whole = try ReferenceValues.bytes("keras_legacy/keras1.h5")
        for position in stride(from: 0, to: whole.count, by: 131) {
            var bytes = whole
            bytes[position] ^= 0x55
            let path = try folder.file("changed.h5", bytes)
            do {
                _ = try TrainedModel(kerasHDF5: path)
            } catch {
                #expect((error as? Fault)?.kind == .badData, "\(error)")
            }
        }
    }

    // MARK: Peculiar models

    /// Keras 2 writes options of a plain convolution for other kinds.
    @Test func optionsOfOtherLayersArePassedOver() throws {
        let common = """
            "kernel_size": [3, 3], "strides": [1, 1], "padding": "same", "dilation_rate": [1, 1], "groups": 1,
            "data_format": "channels_last", "activation": "linear", "use_bias": true
            """
        let drawn = #"{"module": "keras.initializers", "class_name": "HeNormal", "config": {"seed": null}}"#
        let text = """
            {"class_name": "Sequential", "keras_version": "2.15.0", "config": {"name": "net", "layers": [
            {"class_name": "InputLayer", "config": {"batch_input_shape": [null, 9, 9, 2], "name": "stamps"}},
            {"class_name": "SeparableConv2D", "config": {"name": "a", "filters": 2, "depth_multiplier": 1, \(common),
             "kernel_initializer": \(drawn), "kernel_regularizer": null, "kernel_constraint": null,
             "pointwise_initializer": \(drawn), "pointwise_regularizer":
             {"module": "keras.regularizers", "class_name": "L2", "config": {"l2": 0.009999999776482582}}}},
            {"class_name": "DepthwiseConv2D", "config": {"name": "b", "depth_multiplier": 1, \(common)}},
            {"class_name": "Conv2DTranspose", "config": {"name": "c", "filters": 2, \(common)}},
            {"class_name": "Flatten", "config": {"name": "d"}},
            {"class_name": "Dense", "config": {"name": "e", "units": 2, "activation": "softmax"}}]}}
            """
        let description = try NetworkDescription(kerasJSON: text.utf8, from: "net.json")
        #expect(description.layers.map(\.name) == ["stamps", "a", "b", "c", "d", "e"])
        let separable = description.layers[1].parameters
        #expect(Array(separable.initializers.keys) == ["pointwise_kernel"])
        #expect(separable.regularizers == ["pointwise_kernel": .norms(l1: 0, l2: 0.01)])
        #expect(throws: Fault.self) {
            try NetworkDescription(
                kerasJSON: text.replacing("\"groups\": 1", with: "\"groups\": 2").utf8, from: "net.json")
        }
    }

    @Test func logitsAreAskedForOrKnown() throws {
        let fault = try fault { _ = try TrainedModel(kerasArchive: Self.path("logits.keras")) }
        #expect(fault.remedy.contains("--from-logits"))
        let asked = try TrainedModel(kerasArchive: Self.path("logits.keras"), ModelReading(fromLogits: true))
        let known = try TrainedModel(kerasArchive: Self.path("compiled.keras"))
        #expect(asked.network.description.endsInLogits && known.network.description.endsInLogits)
        #expect(asked.network.loss == .softmaxCrossEntropy && asked.network.classCount == 2)
        let folder = try TemporaryFolder()
        try KerasArchive.write(asked, to: folder.path("model.keras"))
        let again = try TrainedModel(kerasArchive: folder.path("model.keras"))
        #expect(again.network.description == asked.network.description)
        try asked.write(to: folder.path("model.safetensors"))
        #expect(try TrainedModel(contentsOf: folder.path("model.safetensors")).network.description.endsInLogits)
    }

    @Test func mixedPrecisionIsReadWithAWarning() throws {
        var warnings: [String] = []
        _ = try TrainedModel(kerasArchive: Self.path("mixed.keras"), ModelReading { warnings.append($0) })
        #expect(warnings.count == 1 && warnings[0].contains("mixed_float16") && warnings[0].contains("float32"))
        _ = try TrainedModel(kerasArchive: Self.path("random.keras"), ModelReading { warnings.append($0) })
        #expect(warnings.count == 1)
    }

    @Test func layersThatDrawAtRandomAreNotTrained() throws {
        let model = try TrainedModel(kerasArchive: Self.path("random.keras"))
        let fault = try #require(model.network.trainingFault("random.keras"))
        #expect(fault.problem.contains("flip (RandomFlip)") && fault.remedy.contains("--augment"))
        let written = try NetworkDescription(kerasJSON: model.network.description.kerasJSON().utf8, from: "again")
        #expect(written == model.network.description)
        #expect(try TrainedModel(kerasArchive: Self.path("mixed.keras")).network.trainingFault("") == nil)
    }
}
