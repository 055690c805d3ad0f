import Communication
import EngineTestSupport
import Files
import FoundationEssentials
import Layers
import Models
import Optimizers
import Preparation
import Prediction
import RunRecords
import Settings
import StampFormats
import Tensors
import TestSupport
import Testing

/// Random Keras networks out of all kinds of layers agree with Keras to single-precision accuracy, through files and
/// the public interface alone (`Tests/ReferenceValues/make_keras_network_reference.py`).
///
/// Batches of twelve stamps are cut into three microbatches and shared by two lanes.
@Suite struct KerasNetworkTests {
    private static let names: [String] = {
        let folder = ReferenceValues.path("keras-networks")
        let files = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return files.filter { name in ["branches-", "chain-", "convolutions-"].contains { name.hasPrefix($0) } }
            .map { String($0.dropLast(".safetensors".count)) }.sorted()
    }()

    @Test func theNetworksHoldEveryKindOfLayer() throws {
        #expect(Self.names.count == 15)
        var kinds: Set<String> = []
        for name in Self.names {
            let description = try KerasNetworkRun.description(KerasReference(name, folder: "keras-networks"))
            kinds.formUnion(description.layers.map(\.kind.kerasName))
        }
        #expect(
            // Those with slopes of their own are layers of other names in Keras.
            kinds.subtracting(["LeakyReLU", "ELU"]) == [
                "InputLayer", "Dense", "Conv2D", "DepthwiseConv2D", "SeparableConv2D", "Conv2DTranspose",
                "ZeroPadding2D", "MaxPooling2D", "AveragePooling2D",
                "GlobalAveragePooling2D", "GlobalMaxPooling2D", "BatchNormalization", "Activation", "Dropout",
                "Flatten",
                "Add", "Concatenate",
            ])
    }

    @Test(arguments: names) func predictionsAgree(name: String) throws {
        let run = try KerasNetworkRun(name)
        try expectRounding([run.predictionDeviation(of: run.model, from: "prediction")])
    }

    @Test(arguments: names) func gradientsOfTheFirstStepAgree(name: String) throws {
        var run = try KerasNetworkRun(name)
        try expectRounding(run.gradientDeviations())
    }

    @Test(arguments: names) func tenStepsOfGradientDescentAgree(name: String) throws {
        let run = try KerasNetworkRun(name)
        try run.configuration.run()
        try expectRounding([run.lossDeviation(from: "sgd/loss")] + run.finalWeightDeviations(from: "sgd/final"))
        try expectRounding([run.predictionDeviation(of: run.trainedModel, from: "sgd/prediction")])
    }

    @Test(arguments: names) func tenStepsWithMomentumAgree(name: String) throws {
        var run = try KerasNetworkRun(name)
        run.configuration.optimizer = .sgd(momentum: 0.9)
        try run.configuration.run()
        try expectRounding(
            [run.lossDeviation(from: "momentum/loss")] + run.finalWeightDeviations(from: "momentum/final"))
    }

    @Test(arguments: names) func tenStepsOfAdamAgree(name: String) throws {
        var run = try KerasNetworkRun(name)
        run.configuration.optimizer = .adam()
        run.configuration.learningRate = 0.001
        try run.configuration.run()
        try expectRounding(run.finalWeightDeviations(from: "adam/final"))
    }

    /// Five times what Keras' own float32 is off, or 5·10⁻⁶ where that is less: these networks are deeper than the
    /// standard ones, and their moving statistics add up the roundings of ten steps.
    private func expectRounding(_ deviations: [Deviation], sourceLocation: SourceLocation = #_sourceLocation) {
        #expect(!deviations.isEmpty, sourceLocation: sourceLocation)
        for deviation in deviations {
            #expect(
                deviation.value <= 5 * max(deviation.tolerance, 1e-6),
                "\(deviation.name): \(deviation.value), Keras' own \(deviation.tolerance)",
                sourceLocation: sourceLocation)
        }
    }
}

/// Ten full-batch steps of a reference file's network on its stamps, from its weights.
struct KerasNetworkRun {
    let folder: TemporaryFolder
    let reference: KerasReference
    let network: Network
    let stamps: LabelledPixels
    /// The network with its first weights, as a model file.
    let model: String
    var configuration: TrainingSettings

    init(_ name: String) throws {
        folder = try TemporaryFolder()
        reference = try KerasReference(name, folder: "keras-networks")
        stamps = try LabelledPixels(reference.file)
        network = try Network(Self.description(reference))
        let weights = Weights(network: network)
        for parameter in network.parameters {
            let values = try reference.file.floats("initial/\(parameter.name)")
            try #require(reference.file.tensor(named: "initial/\(parameter.name)")!.shape == parameter.shape.extents)
            weights.pointer(parameter).update(from: values, count: values.count)
        }
        model = folder.path("initial.safetensors")
        try TrainedModel(network: network, weights: weights, preparation: StampPreparation(.none)).write(to: model)
        configuration = try .onAll(stamps, in: folder)
        configuration.model = model
        configuration.batchSize = .full
        configuration.microbatch = 5
        configuration.execution.threads = 2
        configuration.epochs = 10
    }

    static func description(_ reference: KerasReference) throws -> NetworkDescription {
        try JSONDecoder().decode(NetworkDescription.self, from: Data(reference.file.metadata["network"]!.utf8))
    }

    var trainedModel: String { RunFolder(configuration.output).model }

    func lossDeviation(from tensor: String) throws -> Deviation {
        try reference.deviation(tensor, try History.read(RunFolder(configuration.output).history).rows.map(\.loss))
    }

    /// Of all gradients of the first step, which it trains: from zero, at learning rate 1, the momentum after it is
    /// −gradient without a rounding.
    mutating func gradientDeviations() throws -> [Deviation] {
        configuration.epochs = 1
        configuration.learningRate = 1
        configuration.optimizer = .sgd(momentum: 0.9)
        try configuration.run()
        let momentum = try SafetensorsFile(
            contentsOf: RunFolder(configuration.output).checkpoints.checkpoint(step: 1).optimizer
        ).floats("momentum")
        return try network.parameters.filter(\.isTrainable).map { parameter in
            let gradient = momentum[parameter.offset..<parameter.offset + parameter.shape.count].map { -$0 }
            return try reference.deviation("gradient/\(parameter.name)", gradient)
        }
    }

    /// Of all weights, moving statistics included.
    func finalWeightDeviations(from group: String) throws -> [Deviation] {
        let file = try SafetensorsFile(contentsOf: trainedModel)
        return try network.parameters.map {
            try reference.deviation("\(group)/\($0.name)", try file.floats($0.name))
        }
    }

    /// Of a model's predictions for the stamps.
    func predictionDeviation(of model: String, from tensor: String) throws -> Deviation {
        let (input, output) = (folder.path("all.npy"), folder.path("prediction.npy"))
        try stamps.write(to: input)
        try Prediction(models: [model], normalization: nil, threads: 2, group: SingleProcess(), logger: silent)
            .predict(StampSource([input]), output: output)
        let probabilities = try NumericArray(contentsOf: output, choosing: { _ in true })
        #expect(probabilities.shape == reference.file.tensor(named: tensor)!.shape)
        return try reference.deviation(tensor, probabilities.values)
    }
}
