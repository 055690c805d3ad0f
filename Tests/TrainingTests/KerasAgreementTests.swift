import Communication
import EngineTestSupport
import Files
import Models
import Optimizers
import Prediction
import RunRecords
import Settings
import StampFormats
import TestSupport
import Testing

/// The three networks agree with Keras to single-precision accuracy, through files and the public interface alone.
///
/// Batches of 48 stamps are cut into seven microbatches and shared by three lanes. Stamps are drawn in another order
/// than Keras': the batch is the whole set, so that only roundings can tell.
///
/// Largest deviations measured (OpenBLAS 0.3.21 with Haswell and with SkylakeX kernels, AVX-512 loops), as max |a − b|
/// / max |b| of a tensor, beside Keras' own float32 from float64. Where both are equal, what is seen is Keras'
/// rounding: losses here are in double precision.
///
/// | file              | loss            | gradient        | final weights   | prediction      |
/// |-------------------|-----------------|-----------------|-----------------|-----------------|
/// | simple-2          | 6e-08 (7e-07)   | 4.1e-06 (4e-06) | 1.5e-07 (5e-05) | 1.8e-07 (9e-07) |
/// | simple-1          | 6e-08 (7e-08)   | 3.6e-06 (4e-06) | 1.0e-07 (5e-07) | 2.1e-07 (2e-07) |
/// | simple-bn-2       | 1.0e-06 (9e-07) | 1.6e-05 (2e-05) | 5.5e-07 (5e-07) | 1.4e-06 (1e-06) |
/// | simple-bn-1       | 7.2e-06 (7e-06) | 5.2e-05 (5e-05) | 7.3e-05 (7e-05) | 5.9e-06 (6e-06) |
/// | vgg6-2            | 1.2e-07 (2e-07) | 1.4e-06 (2e-06) | 2.0e-07 (6e-07) | 1.1e-07 (1e-07) |
/// | vgg6-1            | 8e-08 (2e-07)   | 3.2e-06 (3e-06) | 1.8e-07 (5e-07) | 1.1e-07 (1e-07) |
/// | simple-2-momentum | 3e-08 (1e-07)   |                 | 3.9e-07 (5e-07) |                 |
/// | simple-2-nesterov | 7e-08 (6e-08)   |                 | 4.3e-07 (5e-07) |                 |
/// | simple-2-adam     | 6.7e-07 (7e-07) |                 | 4.7e-06 (2e-05) |                 |
/// | vgg6-2-momentum   | 1.2e-07 (2e-07) |                 | 4.3e-07 (2e-06) |                 |
/// | vgg6-2-nesterov   | 1.2e-07 (2e-07) |                 | 5.9e-07 (9e-07) |                 |
/// | vgg6-2-adam       | 3.5e-07 (4e-07) |                 | 5.0e-06 (5e-05) |                 |
@Suite struct KerasAgreementTests {
    private static let networks = ["simple-2", "simple-1", "simple-bn-2", "simple-bn-1", "vgg6-2", "vgg6-1"]

    @Test(arguments: networks)
    func lossesAndAccuraciesOfTenStepsAgree(name: String) throws {
        let run = try FullBatchRun(name)
        try run.train()
        let history = try run.history()
        try expectRounding([run.reference.deviation("loss", history.map(\.loss))])
        // Shares of 48, which Keras stores in single precision.
        let accuracy = try run.reference.file.floats("accuracy")
        #expect(relativeDeviation(history.map(\.accuracy), from: accuracy) < 1e-7)
    }

    /// From zero, at learning rate 1, the momentum after one step is −gradient without a rounding.
    @Test(arguments: networks)
    func gradientsOfTheFirstStepAgree(name: String) throws {
        var run = try FullBatchRun(name)
        run.configuration.epochs = 1
        run.configuration.learningRate = 1
        run.configuration.optimizer = .sgd(momentum: 0.9)
        try run.train()
        let momentum = try SafetensorsFile(
            contentsOf: RunFolder(run.configuration.output).checkpoints.checkpoint(step: 1).optimizer
        ).floats("momentum")
        let network = try TrainedModel(contentsOf: run.model).network
        try expectRounding(
            network.parameters.filter(\.isTrainable).map { parameter in
                let gradient = momentum[parameter.offset..<parameter.offset + parameter.shape.count].map { -$0 }
                return try run.reference.deviation("gradient/\(parameter.name)", gradient)
            })
    }

    @Test(arguments: networks)
    func finalWeightsAndPredictionsAgree(name: String) throws {
        let run = try FullBatchRun(name)
        try run.train()
        try expectRounding(run.finalWeightDeviations())
        let all = run.folder.path("all.npy")
        try run.stamps.write(to: all)
        let prediction = try Prediction(
            models: [run.model], normalization: nil, threads: 2, group: SingleProcess(), logger: silent)
        try prediction.predict(StampSource([all]), output: run.folder.path("prediction.npy"))
        let probabilities = try NumericArray(contentsOf: run.folder.path("prediction.npy"), choosing: { _ in true })
        #expect(probabilities.shape == run.reference.file.tensor(named: "prediction")!.shape)
        try expectRounding([run.reference.deviation("prediction", probabilities.values)])
    }

    @Test(arguments: ["simple-2", "vgg6-2"], ["momentum", "nesterov", "adam"])
    func optimizersAgree(name: String, optimizer: String) throws {
        var run = try FullBatchRun(name, compareWith: "\(name)-\(optimizer)")
        switch optimizer {
        case "momentum": run.configuration.optimizer = .sgd(momentum: 0.9)
        case "nesterov": run.configuration.optimizer = .sgd(momentum: 0.9, nesterov: true)
        default:
            run.configuration.optimizer = .adam()
            run.configuration.learningRate = 0.001
        }
        try run.train()
        try expectRounding([run.reference.deviation("loss", try run.history().map(\.loss))])
        try expectRounding(run.finalWeightDeviations())
    }

    /// AdamW with a cosine schedule, clipping and averaging, LAMB, and SGD with weight decay and clipping; all with
    /// smoothed targets and class weights.
    @Test(arguments: [("vgg6-2", "adamw"), ("vgg6-2", "lamb"), ("simple-2", "lamb"), ("simple-1", "decay")])
    func objectivesAgree(name: String, objective: String) throws {
        var run = try FullBatchRun(name, compareWith: "\(name)-\(objective)")
        run.configuration.objective.labelSmoothing = 0.1
        run.configuration.objective.classWeights = .given([0.7, 1.6])
        switch objective {
        case "adamw":
            run.configuration.optimizer = .adam()
            run.configuration.learningRate = 0.001
            run.configuration.schedule.kind = .cosine
            run.configuration.regularization.weightDecay = 0.1
            run.configuration.regularization.clipNorm = 0.05
            run.configuration.regularization.averaging = 0.7
        case "lamb":
            run.configuration.optimizer = .lamb()
            run.configuration.regularization.weightDecay = 0.05
        default:
            run.configuration.optimizer = .sgd(momentum: 0.9)
            run.configuration.regularization.weightDecay = 0.5
            run.configuration.regularization.clipNorm = 0.1
        }
        try run.train()
        try expectRounding([run.reference.deviation("loss", try run.history().map(\.loss))])
        try expectRounding(run.finalWeightDeviations())
    }

    private func expectRounding(
        _ deviations: [Deviation], sourceLocation: SourceLocation = #_sourceLocation
    ) {
        #expect(!deviations.isEmpty, sourceLocation: sourceLocation)
        for deviation in deviations {
            #expect(
                deviation.isRounding, "\(deviation.name): \(deviation.value), Keras' own \(deviation.tolerance)",
                sourceLocation: sourceLocation)
        }
    }
}

/// Ten full-batch steps on a reference file's stamps, from its weights.
struct FullBatchRun {
    let folder: TemporaryFolder
    let reference: KerasReference
    let stamps: LabelledPixels
    var configuration: TrainingSettings

    /// - Parameters:
    ///   - name: the file with stamps and weights, NETWORK-CLASSES.
    ///   - compared: the file with the results, if it is another.
    init(_ name: String, compareWith compared: String? = nil) throws {
        folder = try TemporaryFolder()
        let start = try KerasReference(name)
        reference = try compared.map { try KerasReference($0) } ?? start
        stamps = try LabelledPixels(start.file)
        configuration = try .onAll(stamps, in: folder)
        configuration.model = start.file.metadata["network"]!
        configuration.classes = Int(start.file.metadata["classes"]!)!
        configuration.initialWeights = folder.path("initial.safetensors")
        try start.writeWeights("initial/", to: folder.path("initial.safetensors"))
        configuration.batchSize = .full
        configuration.microbatch = 7
        configuration.execution.threads = 3
        configuration.epochs = 10
    }

    var model: String { RunFolder(configuration.output).model }

    func train() throws { try configuration.run() }

    func history() throws -> [HistoryRow] { try History.read(RunFolder(configuration.output).history).rows }

    /// Of all weights, moving statistics included.
    func finalWeightDeviations() throws -> [Deviation] {
        let model = try SafetensorsFile(contentsOf: model)
        return try model.tensors.map { try reference.deviation("final/\($0.name)", try model.floats($0.name)) }
    }
}
