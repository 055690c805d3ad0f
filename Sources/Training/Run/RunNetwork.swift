import Communication
import Faults
import ModelFiles
import Models
import Settings
import StampData
import StampLoading
import Tensors

/// The network that a run's settings ask for, on the stamps that it has.
enum RunNetwork {
    /// The network of `--model`, checked against the stamps. Collective: rank 0 alone reads model files.
    ///
    /// - Throws: `AgreedFault` for a model file that cannot be read, a network that does not take stamps of this size
    ///   or with these channels, a preparation that does not go with the stamps, and `--classes` that does not match.
    static func agreed(_ context: RunContext, _ collection: StampCollection) throws -> Network {
        let described = try description(context)
        return try context.group.agree {
            let reader = try StampReader(collection, context.configuration.preparation)
            return try network(context.configuration, reader.inputShape, described)
        }
    }

    /// What a model file holds; nil for a standard network.
    private static func description(_ context: RunContext) throws -> NetworkDescription? {
        let model = context.configuration.model
        guard StandardNetwork(rawValue: model) == nil else { return nil }
        return try context.group.shared { try ModelFiles.network(model).network.description }
    }

    private static func network(
        _ configuration: TrainingSettings, _ input: Shape, _ described: NetworkDescription?
    ) throws -> Network {
        let network: Network
        if let standard = StandardNetwork(rawValue: configuration.model) {
            network = try Self.standard(standard, configuration, input)
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
        if let (takes, are, remedy) = InputMismatch.of(network.inputShape, input) {
            throw Fault(
                .badData, configuration.model, "takes stamps \(takes), the data are \(are)",
                remedy: "\(remedy), or use a model for these stamps")
        }
        return configuration.dropout ? network : try network.withoutDropout()
    }

    /// A standard network, or a fault that names the option and the stamps that do not match.
    private static func standard(
        _ standard: StandardNetwork, _ configuration: TrainingSettings, _ input: Shape
    ) throws -> Network {
        let (height, width, channels) = (input.extents[0], input.extents[1], input.extents[2])
        do {
            return try Network(
                standard.description(
                    height: height, width: width, channels: channels, classes: configuration.classes ?? 2))
        } catch let fault as Fault {
            throw Fault(
                fault.kind, "--model \(configuration.model)",
                "does not fit stamps of \(height)×\(width) (\(fault.subject): \(fault.problem))", remedy: fault.remedy)
        }
    }
}
