import Files
import Foundation
import LayerCatalog
import Layers
import Models
import ONNXFormat
import Preparation
import TestSupport
import Testing

private let python = Python(having: "numpy", "onnxruntime")

/// What onnxruntime makes of the files, where it is installed: the predictions that Keras makes with the same weights.
@Suite(.enabled(if: python != nil, "no Python has onnxruntime"))
struct ONNXRuntimeTests {
    /// Files of one folder of `ReferenceValues`, without their endings.
    private static func referenceNames(in folder: String) -> [String] {
        let ending = ".safetensors"
        let files = (try? names(in: ReferenceValues.path(folder))) ?? []
        return files.filter { $0.hasSuffix(ending) }.map { String($0.dropLast(ending.count)) }
    }

    @Test(arguments: [.simple, .simpleBN, .vgg6] as [StandardNetwork], [2, 1]) func standardNetworksPredictAsKeras(
        name: StandardNetwork, classes: Int
    ) throws {
        let file = try Self.reference("keras/\(name.rawValue)-\(classes)")
        try Self.expectKerasPredictions(file, name.description(height: 21, width: 21, classes: classes), "final")
    }

    /// Random graphs of all kinds of layers (`make_keras_network_reference.py`).
    @Test(arguments: referenceNames(in: "keras-networks")) func randomNetworksPredictAsKeras(name: String) throws {
        let file = try Self.reference("keras-networks/\(name)")
        let json = try #require(file.metadata["network"])
        let description = try JSONDecoder().decode(NetworkDescription.self, from: Data(json.utf8))
        try Self.expectKerasPredictions(file, description, "initial")
    }

    /// Values that the graph holds in another order than Keras, and the one activation that Keras' files have not.
    @Test func sumsOfFlattenedMapsAreThoseOfTheirFormula() throws {
        let layers: [LayerDescription] = [
            LayerDescription(name: "input", kind: .input(shape: [2, 1, 2]), inputs: []),
            LayerDescription(name: "flatten", kind: .flatten, inputs: ["input"]),
            LayerDescription(
                name: "dense", kind: .dense(units: 4, activation: .gelu(approximate: true)), inputs: ["flatten"]),
            LayerDescription(name: "sum", kind: .add, inputs: ["dense", "flatten"]),
            LayerDescription(name: "output", kind: .dense(units: 1, activation: .sigmoid), inputs: ["sum"]),
        ]
        let model = try randomModel(NetworkDescription(name: "sums", layers: layers))
        let stamps: [Float] = [0.5, -2, 1, -0.25, -1.5, 0.75, -0.5, 0.125]
        let predicted = try Self.predict(model, stamps)
        let values = model.network.parameters.map { model.weights.values($0).map(Double.init) }
        let expected = (0..<2).map { sample -> Double in
            let x = stamps[(4 * sample)..<(4 * sample + 4)].map(Double.init)
            let hidden = (0..<4).map { unit -> Double in
                let sum = values[1][unit] + (0..<4).reduce(0) { $0 + x[$1] * values[0][$1 * 4 + unit] }
                return x[unit] + sum * (1 + tanh((2 / Double.pi).squareRoot() * (sum + 0.044715 * sum * sum * sum))) / 2
            }
            return 1 / (1 + exp(-zip(hidden, values[2]).reduce(values[3][0]) { $0 + $1.0 * $1.1 }))
        }
        #expect(Set(expected.map { Int($0 * 1000) }).count == 2 && expected.allSatisfy { $0 < 0.99 && $0 > 0.01 })
        #expect(zip(predicted, expected).allSatisfy { abs(Double($0) - $1) < 1e-6 })
    }

    // MARK: Comparing

    private static func reference(_ name: String) throws -> SafetensorsFile {
        try SafetensorsFile(contentsOf: ReferenceValues.path("\(name).safetensors"))
    }

    /// Probabilities agree to 10⁻⁵, some ten times what single precision leaves open in these networks, and far better
    /// than they differ from stamp to stamp: a network that says nearly the same of all would show nothing otherwise.
    private static func expectKerasPredictions(
        _ file: SafetensorsFile, _ description: NetworkDescription, _ stage: String
    ) throws {
        let network = try Network(description)
        let weights = Weights(network: network)
        for parameter in network.parameters {
            try file.copyFloats(
                "\(stage)/\(parameter.name)",
                into: UnsafeMutableBufferPointer(start: weights.pointer(parameter), count: parameter.shape.count))
        }
        let model = TrainedModel(network: network, weights: weights, preparation: StampPreparation(.none))
        let predicted = try predict(model, file.floats("stamps"))
        let expected = try file.floats("prediction")
        #expect(predicted.count == expected.count)
        let worst = zip(predicted, expected).map { abs($0 - $1) }.max() ?? .infinity
        let spread = (expected.max() ?? 0) - (expected.min() ?? 0)
        #expect(worst < min(1e-5, spread / 20))
    }

    /// What onnxruntime makes of stamps (N, height, width, channels).
    private static func predict(_ model: TrainedModel, _ stamps: [Float]) throws -> [Float] {
        try withTemporaryFolder { folder in
            let (file, input, output) = ("\(folder)/model.onnx", "\(folder)/stamps.f32", "\(folder)/probabilities.f32")
            try ONNXFile.write(model, to: file)
            try write(stamps.flatMap { littleEndian($0.bitPattern) }, to: input)
            try #require(python).output(ofScript: "predict_with_onnxruntime.py", [file, input, output])
            return try floats(output)
        }
    }
}
