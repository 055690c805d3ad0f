import Faults
import FoundationEssentials
import Models
import TestSupport
import Testing

/// Models that Keras saved (`Tests/ReferenceValues/make_keras_archives.py`).
enum Reference {
    static func path(_ name: String) -> String {
        URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "ReferenceValues/keras_archives/\(name)").path
    }

    static func bytes(_ name: String) throws -> [UInt8] { [UInt8](try Data(contentsOf: URL(filePath: path(name)))) }
}

/// The fault that `body` throws.
func fault(_ body: () throws -> Void) throws -> Fault { try #require(#expect(throws: Fault.self, performing: body)) }

/// The model's weights by name.
func values(_ model: TrainedModel) -> [String: [Float]] {
    Dictionary(uniqueKeysWithValues: model.network.parameters.map { ($0.name, model.weights.values($0)) })
}
