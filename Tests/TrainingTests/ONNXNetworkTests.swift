import EngineTestSupport
import Files
import Models
import ONNXFormat
import RunRecords
import Settings
import StampFormats
import TestSupport
import Testing

/// Networks that come in as .onnx predict and train as where they come from.
@Suite struct ONNXNetworkTests {
    private static let names: [String] = {
        let files = (try? TestSupport.names(in: ReferenceValues.path("keras-networks"))) ?? []
        return files.filter { name in ["branches-", "chain-", "convolutions-"].contains { name.hasPrefix($0) } }
            .map { String($0.dropLast(".safetensors".count)) }.sorted()
    }()

    /// Random networks of Keras, by way of a graph.
    @Test(arguments: names) func randomNetworksPredictAsKeras(name: String) throws {
        let run = try KerasNetworkRun(name)
        let graph = run.folder.path("graph.onnx")
        try ONNXFile.write(TrainedModel(contentsOf: run.model), to: graph)
        let deviation = try run.predictionDeviation(of: graph, from: "prediction")
        #expect(deviation.value <= 5 * max(deviation.tolerance, 1e-6), "\(deviation)")
    }

    /// Ten steps of gradient descent with blocks of ConvNeXt, as PyTorch makes them in double precision
    /// (`Tests/ReferenceValues/make_onnx_reference.py`).
    @Test(arguments: ["script", "dynamo"]) func tenStepsAgreeWithPyTorch(exporter: String) throws {
        let folder = try TemporaryFolder()
        let reference = try SafetensorsFile(contentsOf: ReferenceValues.path("onnx/training.safetensors"))
        let stamps = try LabelledPixels(reference)
        var settings = try TrainingSettings.onAll(stamps, in: folder)
        settings.model = ReferenceValues.path("onnx/blocks-\(exporter).onnx")
        settings.optimizer = .sgd()
        settings.learningRate = 0.5
        settings.batchSize = .full
        settings.microbatch = 5
        settings.execution.threads = 2
        settings.epochs = 10
        try settings.run()
        let losses = try History.read(RunFolder(settings.output).history).rows.map(\.loss)
        let expected = try reference.floats("loss")
        #expect(expected[9] < 0.95 * expected[0])
        #expect(relativeDeviation(losses, from: expected) < 5e-6)

        // The file's input and output are those of the network that was read.
        let model = try TrainedModel(contentsOf: RunFolder(settings.output).model)
        let names = model.network.description.graphNames
        #expect(names?.output == "score" && names?.inputs == ["image": "image"] && names?.isChannelsFirst == true)
        let graph = folder.path("trained.onnx")
        try ONNXFile.write(model, to: graph)
        let again = try TrainedModel(onnx: graph)
        #expect(again.network.description.graphNames == names)
        #expect(again.network.parameters.map(\.name) == model.network.parameters.map(\.name))
        #expect(again.weights.trainable.array == model.weights.trainable.array)
    }
}
