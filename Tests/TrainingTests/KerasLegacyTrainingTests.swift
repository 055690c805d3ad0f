import Communication
import EngineTestSupport
import Faults
import Files
import Models
import RunRecords
import Settings
import TestSupport
import Testing

/// A model inside that is called twice, a layer that is called twice, and frozen layers are trained as Keras trains them
/// (`Tests/ReferenceValues/make_keras_legacy_reference.py`).
@Suite struct KerasLegacyTrainingTests {
    private static let model = ReferenceValues.path("keras_legacy/keras3.keras")

    /// Ten full-batch steps of gradient descent.
    private static func run(in folder: TemporaryFolder, threads: Int = 2, microbatch: Int = 5) throws -> String {
        let reference = try KerasReference("keras3", folder: "keras_legacy")
        var settings = try TrainingSettings.onAll(LabelledPixels(reference.file), in: folder)
        settings.model = model
        settings.batchSize = .full
        settings.microbatch = microbatch
        settings.learningRate = 0.05
        settings.execution.threads = threads
        settings.epochs = 10
        try settings.run()
        return settings.output
    }

    @Test func tenStepsAgree() throws {
        let folder = try TemporaryFolder()
        let reference = try KerasReference("keras3", folder: "keras_legacy")
        let run = RunFolder(try Self.run(in: folder))
        let trained = try TrainedModel(contentsOf: run.model)
        let losses = try reference.deviation("sgd/loss", try History.read(run.history).rows.map(\.loss))
        let weights = try trained.network.parameters.map {
            try reference.deviation("sgd/final/\($0.name)", trained.weights.values($0))
        }
        for deviation in [losses] + weights {
            #expect(
                deviation.value <= 5 * max(deviation.tolerance, 1e-6),
                "\(deviation.name): \(deviation.value), Keras' own \(deviation.tolerance)")
        }
        // What is frozen is as it was, moving statistics included.
        for parameter in trained.network.parameters where parameter.name.hasPrefix("frozen_") {
            #expect(!parameter.isTrainable)
            #expect(try trained.weights.values(parameter) == reference.file.floats("initial/\(parameter.name)"))
        }
        #expect(trained.network.description.layers.filter { !$0.isTrainable }.count == 2)
    }

    /// Microbatches of two, of which the last has none in it.
    @Test func anyNumberOfThreadsGivesTheSameBits() throws {
        let models = try [1, 2, 3].map { threads in
            let folder = try TemporaryFolder()
            return try TrainedModel(
                contentsOf: RunFolder(Self.run(in: folder, threads: threads, microbatch: 2)).model
            ).weights
        }
        for model in models.dropFirst() {
            #expect(model.trainable.array == models[0].trainable.array)
            #expect(model.state.array == models[0].state.array)
        }
    }

    private static func settings(_ model: String, in folder: TemporaryFolder) throws -> TrainingSettings {
        let stamps = LabelledPixels(
            height: 5, width: 4, pixels: (0..<240).map { Float($0 * 7 % 11) / 8 }, labels: (0..<12).map { $0 % 2 })
        var settings = try TrainingSettings.onAll(stamps, in: folder)
        settings.model = ReferenceValues.path("keras_legacy/\(model)")
        settings.batchSize = .full
        settings.epochs = 2
        return settings
    }

    @Test func aNetworkThatEndsInLogitsIsTrainedAndStaysOne() throws {
        let folder = try TemporaryFolder()
        var settings = try Self.settings("logits.keras", in: folder)
        let fault = try #require(#expect(throws: AgreedFault.self) { try settings.run() }).fault
        #expect(fault.kind == .badData && fault.remedy.contains("--from-logits"))
        settings.fromLogits = true
        try settings.run()
        let trained = try TrainedModel(contentsOf: RunFolder(settings.output).model)
        #expect(trained.network.description.endsInLogits)
        settings.model = "simple"
        settings.output = folder.path("other")
        let needless = try #require(#expect(throws: AgreedFault.self) { try settings.run() }).fault
        #expect(needless.kind == .usage && needless.subject == "--from-logits")
    }

    @Test func layersThatDrawAtRandomAreNotTrained() throws {
        let folder = try TemporaryFolder()
        let settings = try Self.settings("random.keras", in: folder)
        let fault = try #require(#expect(throws: AgreedFault.self) { try settings.run() }).fault
        #expect(fault.kind == .badData && fault.problem.contains("RandomFlip") && fault.remedy.contains("--augment"))
    }
}
