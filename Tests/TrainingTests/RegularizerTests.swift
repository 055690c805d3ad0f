import Communication
import Engine
import EngineTestSupport
import Faults
import Files
import FoundationEssentials
import Lanes
import LayerCatalog
import Layers
import Models
import Optimizers
import Preparation
import RunRecords
import Settings
import StampData
import StampFormats
import StampLoading
import TestSupport
import Testing

/// What the sizes of weights and outputs add to the loss, as Keras adds it
/// (`Tests/ReferenceValues/make_regularizer_reference.py`): regularisers on every kind of weight, on outputs of several
/// kinds of layers, on a layer that is called twice and on one that is not trained.
@Suite struct RegularizerTests {
    private static let name = "regularized-13x12"

    private func expectRounding(_ deviations: [Deviation], sourceLocation: SourceLocation = #_sourceLocation) {
        for deviation in deviations {
            #expect(
                deviation.value <= 5 * max(deviation.tolerance, 1e-6),
                "\(deviation.name): \(deviation.value), Keras' own \(deviation.tolerance)",
                sourceLocation: sourceLocation)
        }
    }

    @Test func gradientsOfTheFirstStepAgree() throws {
        var run = try KerasNetworkRun(Self.name)
        try expectRounding(run.gradientDeviations())
    }

    @Test(arguments: ["sgd", "momentum"]) func tenStepsAgree(optimizer: String) throws {
        var run = try KerasNetworkRun(Self.name)
        run.configuration.learningRate = 0.05
        if optimizer == "momentum" { run.configuration.optimizer = .sgd(momentum: 0.9) }
        try run.configuration.run()
        try expectRounding(
            [run.lossDeviation(from: "\(optimizer)/loss")] + run.finalWeightDeviations(from: "\(optimizer)/final"))
        try expectRounding([run.predictionDeviation(of: run.trainedModel, from: "\(optimizer)/prediction")])
    }

    /// As Keras' `evaluate`, whose batches are of another size.
    @Test func theValidationLossHoldsThePenalties() throws {
        let run = try KerasNetworkRun(Self.name)
        let weights = Weights(network: run.network)
        for parameter in run.network.parameters {
            let values = try run.reference.file.floats("sgd/final/\(parameter.name)")
            weights.pointer(parameter).update(from: values, count: values.count)
        }
        let (collection, numbers) = try run.stamps.collection(in: run.folder)
        let team = try LaneTeam(count: 2)
        defer { team.finish() }
        let group = SingleProcess()
        let reader = try StampReader(collection, StampPreparation(.none))
        let labelled = try LabelledStamps(numbers, reader, team: team, group: group)
        let inference = Inference(network: run.network, weights: weights, team: team, group: group)
        let (logits, penalty) = try #require(try inference.logitsAndPenalty(of: labelled))
        let data = inference.means(of: labelled.labels, logits: logits).loss
        let loss = data + penalty + WeightPenalties(run.network).value(weights)
        #expect(penalty > 0.01 && loss > data + penalty)
        try expectRounding([run.reference.deviation("evaluated", [loss])])
    }

    /// Weights that training leaves as they are, add nothing to the loss; outputs do.
    @Test func frozenWeightsAddNothing() throws {
        let run = try KerasNetworkRun(Self.name)
        var description = run.network.description
        for index in description.layers.indices where description.layers[index].parameterOwner != "last" {
            description.layers[index].isTrainable = false
        }
        let network = try Network(description)
        #expect(network.parameters.filter { $0.penalty != nil }.map(\.name) == ["last/kernel"])
        let penalized = network.nodes.compactMap { $0.layer as? ActivityPenalty }.map(\.name)
        #expect(penalized == ["first", "rectified", "shared", "shared_2", "fixed", "active", "flat", "last"])
    }

    // MARK: The same bits

    private func results(_ configuration: TrainingSettings) throws -> (weights: [Float], losses: [Double]) {
        let folder = RunFolder(configuration.output)
        return (
            try TrainedModel(contentsOf: folder.model).weights.trainable.array,
            try History.read(folder.history).rows.flatMap { [$0.loss, $0.validationLoss!] }
        )
    }

    /// With clipping, which sees the gradients of the penalties too; the last batch is smaller.
    @Test func anyLanesAndAResumeGiveTheSameBits() throws {
        let folder = try TemporaryFolder()
        let run = try KerasNetworkRun(Self.name)
        let stamps = LabelledPixels(count: 50, side: 13, seed: 3)
        var configuration = try TrainingSettings.onAll(stamps.cropped(width: 12), in: folder)
        configuration.model = run.model
        configuration.split = try SplitFractions(0.6, 0.4, 0)
        configuration.dropout = true
        configuration.batchSize = .samples(13)
        configuration.microbatch = 3
        configuration.epochs = 4
        configuration.regularization.clipNorm = 0.5
        let all = try [1, 2, 4].map { threads in
            configuration.execution.threads = threads
            configuration.output = folder.path("run-\(threads)")
            try configuration.run()
            return try results(configuration)
        }
        #expect(all.allSatisfy { $0 == all[0] })
        configuration.output = folder.path("in-parts")
        configuration.epochs = 2
        try configuration.run()
        configuration.epochs = 4
        configuration.execution.threads = 3
        configuration.execution.resume = true
        try configuration.run()
        #expect(try results(configuration) == all[0])
    }

    // MARK: Refusals

    /// A network as JSON text, with options of its dense layer.
    private func network(_ options: String, in folder: TemporaryFolder) throws -> String {
        let text = """
            {"module": "keras", "class_name": "Sequential", "registered_name": null,
             "config": {"name": "net", "layers": [
            {"module": "keras.layers", "class_name": "InputLayer", "registered_name": null,
             "config": {"batch_shape": [null, 21, 21, 1], "name": "stamps"}},
            {"module": "keras.layers", "class_name": "Flatten", "registered_name": null, "config": {"name": "flat"}},
            {"module": "keras.layers", "class_name": "Dense", "registered_name": null,
             "config": {"name": "last", "units": 2, "activation": "softmax", \(options)}}]}}
            """
        return try folder.file("net.json", text.utf8)
    }

    @Test(
        arguments: [
            (
                #""kernel_regularizer": {"class_name": "OrthogonalRegularizer", "config": {"factor": 0.01}}"#,
                "layer last (Dense) has the regularizer OrthogonalRegularizer"
            ),
            (
                #""activity_regularizer": {"module": "mine", "class_name": "Own", "config": {}}"#,
                "layer last (Dense) has the regularizer Own"
            ),
            (
                #""kernel_initializer": {"module": "mine", "class_name": "Own", "config": {}}"#,
                "layer last (Dense) draws kernel of shape (441, 2) as Own"
            ),
            (#""bias_initializer": "orthogonal""#, "layer last (Dense) draws bias of shape (2,) as Orthogonal"),
        ]) func whatTrainingDoesNotKnowIsNamed(options: String, problem: String) throws
    {
        let folder = try TemporaryFolder()
        var settings = try TrainingSettings.onAll(LabelledPixels(count: 12, seed: 1), in: folder)
        settings.model = try network(options, in: folder)
        settings.epochs = 1
        let fault = try #require(#expect(throws: AgreedFault.self) { try settings.run() })
        #expect(fault.fault.kind == .badData && fault.fault.problem.hasPrefix(problem), "\(fault.fault)")
        #expect(fault.fault.subject == settings.model)
    }

    /// Fresh weights have the distribution that the network names; what cannot be drawn may be read.
    @Test func freshWeightsAreDrawnAsTheNetworkSays() throws {
        let folder = try TemporaryFolder()
        let path = try network(#""kernel_initializer": "he_uniform", "bias_initializer": "ones""#, in: folder)
        let text = try Data(contentsOf: URL(filePath: path))
        let read = try Network(NetworkDescription(kerasJSON: text, from: path))
        let weights = read.initialWeights(seed: 4)
        let kernel = weights.values(read.parameters[0])
        let limit = Float((6.0 / 441).squareRoot())
        #expect(kernel.allSatisfy { abs($0) <= limit } && kernel.map(abs).max()! > 0.99 * limit)
        #expect(weights.values(read.parameters[1]) == [1, 1])
        var settings = try TrainingSettings.onAll(LabelledPixels(count: 12, seed: 1), in: folder)
        settings.model = try network(
            #""kernel_initializer": {"module": "mine", "class_name": "Own", "config": {}}"#, in: folder)
        settings.epochs = 1
        settings.batchSize = .full
        settings.initialWeights = folder.path("first.safetensors")
        try TrainedModel(network: read, weights: weights, preparation: StampPreparation(.none))
            .write(to: settings.initialWeights!)
        try settings.run()
    }
}

extension LabelledPixels {
    /// The first columns of each stamp.
    fileprivate func cropped(width kept: Int) -> LabelledPixels {
        let rows = stride(from: 0, to: pixels.count, by: width)
        return LabelledPixels(
            height: height, width: kept, pixels: rows.flatMap { pixels[$0..<$0 + kept] }, labels: labels)
    }
}
