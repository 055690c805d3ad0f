import Communication
import Faults
import Files
import Models
import ModelFiles
import RunRecords
import StampLoading

/// The weights that a run begins with.
enum InitialWeights {
    /// Drawn from the seed, or read on rank 0 and sent to all. Collective.
    ///
    /// - Throws: `AgreedFault` for a file that cannot be read, or has other weights.
    static func agreed(of network: Network, _ context: RunContext) throws -> Weights {
        let (configuration, group) = (context.configuration, context.group)
        guard let source = configuration.firstWeightsFile else {
            return network.initialWeights(seed: configuration.seed)
        }
        let weights = try group.agree {
            guard context.isRoot else { return Weights(network: network) }
            let file = try EnsembleFolder.model(in: source)
            do {
                return try ModelFiles.weights(of: network, from: file)
            } catch let fault as Fault {
                throw otherNetwork(than: network, in: file) ?? fault
            }
        }
        try group.broadcast(weights)
        return weights
    }

    /// What to say of weights for other stamps or other classes; nil where the network of the file does not tell.
    private static func otherNetwork(than network: Network, in file: String) -> Fault? {
        guard let description = try? ModelFiles.description(file), let other = try? Network(description) else {
            return nil
        }
        let otherwise = "or train without --initial-weights \(file)"
        if let (takes, are, remedy) = InputMismatch.of(other.inputShape, network.inputShape) {
            return Fault(
                .badData, file, "holds weights of a network that takes stamps \(takes), the data are \(are)",
                remedy: "\(remedy), \(otherwise)")
        }
        guard other.outputs != network.outputs else { return nil }
        return Fault(
            .badData, file,
            "holds weights of a network with \(FormattedNumber.counted(other.outputs, "output")), \(network.description.name) has "
                + "\(network.outputs) here",
            remedy: "give --classes \(other.outputs) if that is right for these stamps, \(otherwise)")
    }
}
