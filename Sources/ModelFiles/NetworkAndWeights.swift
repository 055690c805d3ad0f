import Faults
import KerasFormat
import Models

/// A model in two files, named as `architecture.json+weights.h5`.
struct NetworkAndWeights {
    /// The file of the network.
    let network: String
    /// The file of the weights.
    let weights: String

    /// Nil for what does not name two files.
    init?(_ text: String) {
        guard let end = text.firstRange(of: ".json+") else { return nil }
        let plus = text.index(before: end.upperBound)
        (network, weights) = (String(text[..<plus]), String(text[end.upperBound...]))
        if weights.isEmpty { return nil }
    }

    /// - Throws: `Fault` for a file that is missing or damaged, and for weights of another network.
    func read(_ reading: ModelReading) throws -> TrainedModel {
        if case .hdf5 = try ModelFormat(of: weights) {
            return try TrainedModel(kerasJSON: network, kerasHDF5: weights, reading)
        }
        let described = try Network(ModelFiles.description(network, reading))
        return try TrainedModel(
            network: described, weights: ModelFiles.weights(of: described, from: weights), notes: [:], from: network)
    }
}
