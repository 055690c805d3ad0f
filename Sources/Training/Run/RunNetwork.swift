import Communication
import Faults
import Files
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
            network = try Self.standard(standard, configuration, collection)
        } else {
            precondition(described != nil, "no description of \(configuration.model)")
            network = try Network(described!)
        }
        try checkOutputs(of: network, configuration, collection.classes)
        guard network.inputShape == [collection.height, collection.width, 1] else {
            let shape = network.inputShape.extents
            throw Fault(
                .badData, configuration.model,
                "takes stamps of \(shape[0])×\(shape[1]), the data are \(collection.height)×\(collection.width)",
                remedy: "use stamps of that size or a model for this one")
        }
        return configuration.dropout ? network : try network.withoutDropout()
    }

    private static func checkOutputs(
        of network: Network, _ configuration: TrainingSettings, _ classes: StampClasses
    ) throws {
        let outputs = "\(network.outputs) output\(network.outputs == 1 ? "" : "s")"
        if let asked = configuration.classes, asked != network.outputs {
            throw Fault(
                .usage, "--classes \(asked)", "does not go with \(configuration.model), which has \(outputs)",
                remedy: "leave it out, or choose another model")
        }
        guard network.outputs == classes.count || network.outputs == 1 && classes.count == 2 else {
            let isAsked = configuration.classes != nil
            throw Fault(
                isAsked ? .usage : .badData, isAsked ? "--classes \(network.outputs)" : configuration.model,
                "\(isAsked ? "asks for" : "has") \(outputs), the stamps have \(classes.count) classes (\(classes))",
                remedy: isAsked
                    ? "leave it out" : "use a model with \(classes.count) outputs, or stamps of its classes")
        }
        if case .given(let weights) = configuration.objective.classWeights, weights.count != classes.count {
            throw Fault(
                .usage, "--class-weights \(weights.map(FormattedNumber.short).joined(separator: ","))",
                "gives \(weights.count) weights to \(classes.count) classes (\(classes))",
                remedy: "give one for each class in this order")
        }
        if let target = configuration.decision.target, classes.count > 2 {
            throw Fault(
                .usage, "\(target.option) \(FormattedNumber.short(target.share))",
                "chooses a threshold between two classes, and the stamps have \(classes.count) (\(classes))",
                remedy: "leave it out: the most probable class is taken")
        }
    }

    /// A standard network, or a fault that names the option and the stamps that do not match.
    private static func standard(
        _ standard: StandardNetwork, _ configuration: TrainingSettings, _ collection: StampCollection
    ) throws -> Network {
        let (height, width) = (collection.height, collection.width)
        do {
            return try Network(
                standard.description(
                    height: height, width: width, classes: configuration.classes ?? collection.classes.count))
        } catch let fault as Fault {
            throw Fault(
                fault.kind, "--model \(configuration.model)",
                "does not fit stamps of \(height)×\(width) (\(fault.subject): \(fault.problem))", remedy: fault.remedy)
        }
    }
}
