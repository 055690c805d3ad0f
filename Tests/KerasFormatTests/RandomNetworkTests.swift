import Files
import FoundationEssentials
import KerasFormat
import Models
import TestSupport
import Testing

/// Random Keras models are read as the networks that they are (`Tests/ReferenceValues/make_keras_network_reference.py`
/// tells each twice: as Keras' `to_json` and in this program's words). So are one that takes features, and one of layers
/// and operators that work element by element or on shapes; and all of them survive being written.
@Suite struct RandomNetworkTests {
    private static let files: [String] = {
        let folder = ReferenceValues.path("keras-networks")
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return names.filter { $0.hasSuffix(".safetensors") }.sorted()
    }()

    @Test func thereAreADozenAndSixMore() { #expect(Self.files.count == 18) }

    @Test(arguments: files) func whatKerasWritesIsTheNetworkThatItIs(name: String) throws {
        let file = try SafetensorsFile(contentsOf: ReferenceValues.path("keras-networks/\(name)"))
        let text = try #require(file.metadata["keras_model"]), json = try #require(file.metadata["network"])
        let expected = try JSONDecoder().decode(NetworkDescription.self, from: Data(json.utf8))
        let read = try NetworkDescription(kerasJSON: text.utf8, from: name)
        #expect(read.name == expected.name)
        // Keras keeps layers by their depth in the graph, the script in the order of their making.
        #expect(Set(read.layers) == Set(expected.layers))
        #expect(read.layers.count == expected.layers.count)
        _ = try Network(read)
        let again = try NetworkDescription(kerasJSON: read.kerasJSON().utf8, from: name)
        #expect(again == read)
    }
}
