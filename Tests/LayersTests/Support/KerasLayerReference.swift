import Files
import FoundationEssentials
import Layers
import NumericTestSupport
import Tensors
import TestSupport
import Testing

/// The tensors of one case.
struct KerasLayerReference {
    static let file = Result {
        try SafetensorsFile(contentsOf: ReferenceValues.path("keras/layers.safetensors"))
    }

    /// Convolutions that are more than plain ones (`make_keras_convolution_reference.py`).
    static let convolutions = Result {
        try SafetensorsFile(contentsOf: ReferenceValues.path("keras/convolutions.safetensors"))
    }

    /// The cases of some kinds of layers; empty, and a test fails, when the file cannot be read.
    static func cases(_ kinds: [String], in file: Result<SafetensorsFile, any Error> = file) -> [String] {
        guard let file = try? file.get() else { return [] }
        return file.metadata.keys.sorted().filter { name in
            guard let configuration = try? configuration(name, in: file) else { return false }
            return kinds.contains(configuration.layer)
        }
    }

    private static func configuration(_ name: String, in file: SafetensorsFile) throws -> KerasLayerConfiguration {
        try JSONDecoder().decode(KerasLayerConfiguration.self, from: Data(file.metadata[name]?.utf8 ?? "".utf8))
    }

    let name: String
    let file: SafetensorsFile
    let configuration: KerasLayerConfiguration

    init(_ name: String, in file: Result<SafetensorsFile, any Error> = file) throws {
        self.name = name
        self.file = try file.get()
        configuration = try Self.configuration(name, in: self.file)
    }

    func floats(_ tensor: String) throws -> [Float] { try file.floats("\(name)/\(tensor)") }
    func shape(_ tensor: String) throws -> [Int] { try #require(file.tensor(named: "\(name)/\(tensor)")).shape }
    var samples: Int { get throws { try shape("input")[0] } }
    var inputShape: Shape { get throws { Shape(Array(try shape("input").dropFirst())) } }

    /// Whether `values` are Keras' up to a few times what single precision determines, and a few roundings.
    func agree(_ values: [Float], _ tensor: String) throws -> Bool {
        let origin = configuration.dilation_rate == nil ? "layers" : "convolutions"
        try RecordedValues.record(values, file: origin, name: name, tensor: tensor)
        let tolerance = Double(try floats("tolerance/\(tensor)")[0])
        return deviation(values, from: doubles(try floats(tensor))) <= max(4 * tolerance, 1e-6)
    }

    /// Runs a layer with trained parameters, or none, and compares all that Keras computed.
    func compare(with layer: some Layer) throws {
        let parameters = try layer.parameters.flatMap { try floats("parameter/\($0.name)") }
        let run = LayerRun(
            layer, input: try floats("input"), parameters: parameters, outputGradient: try floats("output_gradient"),
            count: try samples)
        #expect(try shape("output") == [samples] + layer.outputShape.extents)
        #expect(try agree(run.output, "output"))
        #expect(try agree(run.inputGradient!, "input_gradient"))
        var start = 0
        for parameter in layer.parameters {
            #expect(try shape("parameter/\(parameter.name)") == parameter.shape.extents)
            let gradient = Array(run.parameterGradient[start..<start + parameter.shape.count])
            #expect(try agree(gradient, "gradient/\(parameter.name)"), "\(parameter.name)")
            start += parameter.shape.count
        }
        #expect(run.isIntact)
    }
}
