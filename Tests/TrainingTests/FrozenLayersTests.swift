import EngineTestSupport
import Files
import KerasFormat
import Models
import RunRecords
import Settings
import TestSupport
import Testing

/// Frozen layers at the bottom of a network, and in its middle, leave the others to be trained as Keras trains them
/// (`Tests/ReferenceValues/make_frozen_reference.py`).
@Suite(.enabled(if: KerasArchive.isSupported)) struct FrozenLayersTests {
    struct Case: CustomTestStringConvertible, Sendable {
        let name: String
        let layers: FrozenLayers
        let frozen: Set<String>
        var testDescription: String { name }
    }

    static let cases = [
        Case(
            name: "bottom", layers: FrozenLayers(.trainOnly, ["bn[23]", "depthwise", "fc", "out"]),
            frozen: ["conv1", "bn1", "separable"]),
        Case(
            name: "middle", layers: FrozenLayers(.freeze, ["separable", "bn2", "depth*", "fc"]),
            frozen: ["separable", "bn2", "depthwise", "fc"]),
    ]

    private let folder: TemporaryFolder
    private let reference: KerasReference
    private let settings: TrainingSettings
    private static let model = ReferenceValues.path("keras_frozen/network.keras")

    init() throws {
        folder = try TemporaryFolder()
        reference = try KerasReference("network", folder: "keras_frozen")
        var settings = try TrainingSettings.onAll(LabelledPixels(reference.file), in: folder)
        (settings.model, settings.batchSize, settings.epochs) = (Self.model, .full, 10)
        settings.optimizer = .sgd(momentum: 0.9)
        settings.learningRate = 0.01
        (settings.microbatch, settings.execution.threads) = (5, 2)
        self.settings = settings
    }

    private func run(_ example: Case, threads: Int? = nil, microbatch: Int? = nil) throws -> RunFolder {
        var settings = settings
        settings.frozenLayers = example.layers
        if let threads { settings.execution.threads = threads }
        if let microbatch { settings.microbatch = microbatch }
        settings.output = folder.path("\(example.name)-\(threads ?? 0)-\(microbatch ?? 0)")
        try settings.run()
        return RunFolder(settings.output)
    }

    @Test(arguments: cases) func tenStepsAgree(example: Case) throws {
        let run = try run(example)
        let trained = try TrainedModel(contentsOf: run.model)
        let losses = try reference.deviation("\(example.name)/loss", History.read(run.history).rows.map(\.loss))
        let weights = try trained.network.parameters.map {
            try reference.deviation("\(example.name)/final/\($0.name)", trained.weights.values($0))
        }
        for deviation in [losses] + weights {
            #expect(
                deviation.isRounding, "\(deviation.name): \(deviation.value), Keras' own \(deviation.tolerance)")
        }
        // What is frozen is as it was, moving statistics included.
        let first = try TrainedModel(kerasArchive: Self.model)
        for (parameter, before) in zip(trained.network.parameters, first.network.parameters) {
            let isFrozen = example.frozen.contains(String(parameter.name.split(separator: "/")[0]))
            #expect(parameter.isTrainable == (!isFrozen && !parameter.name.contains("moving_")))
            #expect(
                (trained.weights.values(parameter) == first.weights.values(before)) == isFrozen, "\(parameter.name)")
        }
    }

    /// Microbatches of two, of which the last has none in it.
    @Test(arguments: cases) func anyNumberOfThreadsGivesTheSameBits(example: Case) throws {
        let models = try [1, 2, 3].map { try bytes(run(example, threads: $0, microbatch: 2).model) }
        #expect(models.dropFirst().allSatisfy { $0 == models[0] })
    }

    /// In both of a run's models, and in a run that goes on from one of them.
    @Test(arguments: cases) func modelsHoldWhatIsFrozen(example: Case) throws {
        let run = try run(example)
        let descriptions = [
            try TrainedModel(contentsOf: run.model).network.description,
            try TrainedModel(kerasArchive: run.kerasModel).network.description,
        ]
        for description in descriptions {
            #expect(Set(description.layers.filter { !$0.isTrainable }.map(\.name)) == example.frozen)
        }
        var next = settings
        (next.model, next.epochs, next.output) = (run.model, 1, folder.path("next"))
        try next.run()
        let frozen = try TrainedModel(contentsOf: RunFolder(next.output).model).network.parameters.filter {
            !$0.isTrainable && !$0.name.contains("moving_")
        }
        #expect(Set(frozen.map { String($0.name.split(separator: "/")[0]) }) == example.frozen)
    }
}
