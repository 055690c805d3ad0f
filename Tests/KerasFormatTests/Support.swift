import Faults
import FoundationEssentials
import Models
import StampFormats
import Testing

/// Models that Keras saved (`Tests/ReferenceValues/make_keras_archives.py`).
enum Reference {
    static func path(_ name: String) -> String {
        URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "ReferenceValues/keras_archives/\(name)").path
    }

    static func bytes(_ name: String) throws -> [UInt8] { [UInt8](try Data(contentsOf: URL(filePath: path(name)))) }
}

/// A folder that goes away with the test.
final class TemporaryFolder {
    let path: String

    init() throws {
        path = FileManager.default.temporaryDirectory.appending(path: "keras-format-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func path(_ name: String) -> String { "\(path)/\(name)" }

    /// Puts a file with these bytes into the folder.
    func file(_ name: String, _ bytes: some Collection<UInt8>) throws -> String {
        try Data(bytes).write(to: URL(filePath: path(name)))
        return path(name)
    }

    var contents: [String] {
        get throws { try FileManager.default.contentsOfDirectory(atPath: path).sorted() }
    }
}

/// The fault that `body` throws.
func fault(_ body: () throws -> Void) throws -> Fault { try #require(#expect(throws: Fault.self, performing: body)) }

/// The model's weights by name.
func values(_ model: TrainedModel) -> [String: [Float]] {
    Dictionary(uniqueKeysWithValues: model.network.parameters.map { ($0.name, model.weights.values($0)) })
}
