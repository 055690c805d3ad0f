import Files
import LayerCatalog
import Layers
import NumericTestSupport
import TestSupport
import Tensors
import Testing

/// One case of `keras/elements.safetensors`: a layer in Keras' words, and the tensors beside it.
struct KerasElement {
    private static let file = Result {
        try SafetensorsFile(contentsOf: ReferenceValues.path("keras/elements.safetensors"))
    }

    /// All cases; empty, and a test fails, when the file cannot be read.
    static let names: [String] = {
        let versions = ["keras", "numpy", "python", "tensorflow"]
        let names = (try? file.get().metadata.keys.sorted()) ?? []
        return names.filter { !versions.contains($0) }
    }()

    let name: String
    let kind: LayerKind
    /// The shapes of the inputs, without the samples.
    let inputs: [Shape]
    /// The numbers of the inputs that the layer is called with, in order; one may stand twice.
    let calls: [Int]
    private let samples: Int
    private let file: SafetensorsFile

    init(_ name: String) throws {
        self.name = name
        file = try Self.file.get()
        let words = try #require(JSONValue(parsing: (file.metadata[name] ?? "").utf8))
        let place = KerasPlace(file: "model.json")
        let object = try KerasObject(words, at: place)
        kind = try LayerKind.read(keras: object, at: place.layer(name, object.className)).kind
        let tensors = (0..<9).compactMap { [file] in file.tensor(named: "\(name)/input_\($0)") }
        inputs = tensors.map { Shape(Array($0.shape.dropFirst())) }
        samples = try #require(tensors.first).shape[0]
        calls = object.callArguments.flatMap { $0.array ?? [$0] }.filter(\.isKerasTensor).compactMap { tensor in
            tensor.object?["config"]?.object?["keras_history"]?.array?.first?.string
                .flatMap { Int($0.dropFirst("input_".count)) }
        }
    }

    var place: LayerPlace {
        LayerPlace(
            layer: name, network: "mine", inputs: calls.map { "input\($0)" }, inputShapes: calls.map { inputs[$0] },
            number: 1)
    }

    /// What computes an operation.
    func layer(of operation: LayerOperation) -> any Layer {
        switch operation {
        case .layer(let layer, _): layer
        case .activation(let function): ActivationLayer(name: name, inputShape: inputs[0], function: function)
        case .reshape(let shape), .input(let shape): Copy(name: name, outputShape: shape)
        }
    }

    private func floats(_ tensor: String) throws -> [Float] { try file.floats("\(name)/\(tensor)") }

    /// Runs a layer on the case's inputs, forward and backward.
    func run(_ layer: any Layer, wanted: [Bool]? = nil) throws -> LayerRun {
        func run(_ layer: some Layer) throws -> LayerRun {
            LayerRun(
                layer, inputs: try calls.map { try floats("input_\($0)") },
                parameters: try layer.parameters.filter(\.isTrainable).flatMap { try floats("parameter/\($0.name)") },
                state: try layer.parameters.filter { !$0.isTrainable }.flatMap { try floats("parameter/\($0.name)") },
                outputGradient: try floats("output_gradient"),
                wantsInputGradients: wanted ?? calls.map { _ in true }, count: samples)
        }
        return try run(layer)
    }

    /// Whether `values` are Keras' up to a few times what single precision determines, and a few roundings.
    func agree(_ values: [Float], _ tensor: String) throws -> Bool {
        try RecordedValues.record(values, file: "elements", name: name, tensor: tensor)
        let tolerance = Double(try floats("tolerance/\(tensor)")[0])
        return deviation(values, from: doubles(try floats(tensor))) <= max(4 * tolerance, 1e-6)
    }
}
