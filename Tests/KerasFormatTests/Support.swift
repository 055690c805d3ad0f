import Faults
import Models
import Testing

/// The fault that `body` throws.
func fault(_ body: () throws -> Void) throws -> Fault { try #require(#expect(throws: Fault.self, performing: body)) }

/// The model's weights by name.
func values(_ model: TrainedModel) -> [String: [Float]] {
    Dictionary(uniqueKeysWithValues: model.network.parameters.map { ($0.name, model.weights.values($0)) })
}
