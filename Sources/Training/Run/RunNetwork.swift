import Communication
import Faults
import ModelFiles
import Models
import Settings
import StampData

/// The network that a run's settings ask for, on the stamps that it has.
enum RunNetwork {
    /// The network of `--model`, checked against the stamps. Collective: rank 0 alone reads model files.
    ///
    /// - Throws: `AgreedFault` for a model file that cannot be read, a network that does not take stamps of this size,
    ///   and `--classes` that does not match it.
    static func agreed(_ context: RunContext, _ collection: StampCollection) throws -> Network {
        let described = try description(context)
        return try context.group.agree { try network(context.configuration, collection, described) }
    }

    /// What a model file holds; nil for a standard network.
    private static func description(_ context: RunContext) throws -> NetworkDescription? {
        let model = context.configuration.model
        guard StandardNetwork(rawValue: model) == nil else { return nil }
        return try context.group.shared { try ModelFiles.network(model).network.description }
    }

    private static func network(
        _ configuration: TrainingSettings, _ collection: StampCollection, _ described: NetworkDescription?
    ) throws -> Network {
        let network: Network
        if let standard = StandardNetwork(rawValue: configuration.model) {
            network = try Self.standard(standard, configuration, height: collection.height, width: collection.width)
        } else {
            precondition(described != nil, "no description of \(configuration.model)")
            network = try Network(described!)
        }
        if let classes = configuration.classes, classes != network.outputs {
            throw Fault(
                .usage, "--classes \(classes)",
                "does not go with \(configuration.model), which has \(network.outputs) "
                    + "output\(network.outputs == 1 ? "" : "s")",
                remedy: "leave it out, or choose another model")
        }
        guard network.inputShape == [collection.height, collection.width, 1] else {
            let shape = network.inputShape.extents
            throw Fault(
                .badData, configuration.model,
                "takes stamps of \(shape[0])×\(shape[1]), the data are \(collection.height)×\(collection.width)",
                remedy: "use stamps of that size or a model for this one")
        }
        return configuration.dropout ? network : try network.withoutDropout()
    }

    /// A standard network, or a fault that names the option and the stamps that do not match.
    private static func standard(
        _ standard: StandardNetwork, _ configuration: TrainingSettings, height: Int, width: Int
    ) throws -> Network {
        do {
            return try Network(standard.description(height: height, width: width, classes: configuration.classes ?? 2))
        } catch let fault as Fault {
            throw Fault(
                fault.kind, "--model \(configuration.model)",
                "does not fit stamps of \(height)×\(width) (\(fault.subject): \(fault.problem))", remedy: fault.remedy)
        }
    }
}
