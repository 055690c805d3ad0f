import Files
import FoundationEssentials
import NumericTestSupport
import Tensors
import TestSupport
import Testing

/// The tensors of one case.
struct KerasLayerReference {
    static let file = Result {
        try SafetensorsFile(contentsOf: ReferenceValues.path("keras/layers.safetensors"))
    }

    /// The cases of some kinds of layers; empty, and a test fails, when the file cannot be read.
    static func cases(_ kinds: [String]) -> [String] {
        guard let file = try? file.get() else { return [] }
        return file.metadata.keys.sorted().filter { name in
            guard let configuration = try? configuration(name) else { return false }
            return kinds.contains(configuration.layer)
        }
    }

    static func configuration(_ name: String) throws -> KerasLayerConfiguration {
        try JSONDecoder().decode(KerasLayerConfiguration.self, from: Data(file.get().metadata[name]?.utf8 ?? "".utf8))
    }

    let name: String
    let file: SafetensorsFile
    let configuration: KerasLayerConfiguration

    init(_ name: String) throws {
        self.name = name
        file = try Self.file.get()
        configuration = try Self.configuration(name)
    }

    func floats(_ tensor: String) throws -> [Float] { try file.floats("\(name)/\(tensor)") }
    func shape(_ tensor: String) throws -> [Int] { try #require(file.tensor(named: "\(name)/\(tensor)")).shape }
    var samples: Int { get throws { try shape("input")[0] } }
    var inputShape: Shape { get throws { Shape(Array(try shape("input").dropFirst())) } }

    /// Whether `values` are Keras' up to a few times what single precision determines, and a few roundings.
    func agree(_ values: [Float], _ tensor: String) throws -> Bool {
        let tolerance = Double(try floats("tolerance/\(tensor)")[0])
        return deviation(values, from: doubles(try floats(tensor))) <= max(4 * tolerance, 1e-6)
    }
}
