import Communication
import Faults
import Files
import ModelFiles
import Models
import RunRecords
import Settings
import StampData
import StampFormats
import StampLoading
import Tensors

/// The network that a run's settings ask for, on the stamps that it has.
enum RunNetwork {
    /// What there is for a network to see.
    private struct Input {
        /// (height, width, channels) of a stamp.
        let shape: Shape
        /// How many features go with it.
        let features: Int
    }

    /// The network of `--model`, checked against the stamps. Collective: rank 0 alone reads model files.
    ///
    /// - Parameter features: how many features each stamp has.
    /// - Throws: `AgreedFault` for a model file that cannot be read, a network that does not take stamps of this size,
    ///   with these channels or so many features, a preparation that does not go with the stamps, and `--classes` that
    ///   does not match.
    static func agreed(_ context: RunContext, _ collection: StampCollection, features: Int) throws -> Network {
        let described = try description(context)
        return try context.group.agree {
            let reader = try StampReader(collection, context.configuration.preparation)
            let input = Input(shape: reader.inputShape, features: features)
            return try network(context.configuration, input, collection.classes, described)
        }
    }

    /// What a model file holds; nil for a standard network.
    private static func description(_ context: RunContext) throws -> NetworkDescription? {
        let model = context.configuration.model
        let isFromLogits = context.configuration.fromLogits
        guard StandardNetwork(rawValue: model) == nil else {
            guard isFromLogits else { return nil }
            throw AgreedFault(
                fault: Fault(
                    .usage, "--from-logits", "is given to \(model), which ends in softmax or sigmoid",
                    remedy: "leave it out"))
        }
        return try context.group.shared {
            let reading = ModelReading(fromLogits: isFromLogits) { context.logger.warning("\($0)") }
            return try ModelFiles.description(EnsembleFolder.model(in: model), reading)
        }
    }

    private static func network(
        _ configuration: TrainingSettings, _ input: Input, _ classes: StampClasses, _ described: NetworkDescription?
    ) throws -> Network {
        var network: Network
        if let standard = StandardNetwork(rawValue: configuration.model) {
            network = try Self.standard(standard, configuration, input, classes)
        } else {
            precondition(described != nil, "no description of \(configuration.model)")
            network = try Network(described!)
            let drawsWeights = configuration.firstWeightsFile == nil
            if drawsWeights, let fault = network.drawingFault(configuration.model) { throw fault }
        }
        if let layers = configuration.frozenLayers {
            network = try Network(layers.frozen(network.description, model: configuration.model))
        }
        if let fault = network.trainingFault(configuration.model) { throw fault }
        try checkOutputs(of: network, configuration, classes)
        if let (takes, are, remedy) = InputMismatch.of(network.inputShape, input.shape) {
            throw Fault(
                .badData, configuration.model, "takes stamps \(takes), the data are \(are)",
                remedy: "\(remedy), or use a model for these stamps")
        }
        try checkFeatures(of: network, configuration, input)
        return try (configuration.dropout ? network : network.withoutDropout()).computing(configuration.bits)
    }

    private static func checkFeatures(of network: Network, _ configuration: TrainingSettings, _ input: Input) throws {
        let (takes, given) = (network.featureCount, input.features)
        guard takes != given else { return }
        guard let table = configuration.features else {
            throw Fault(
                .usage, "--features",
                "is missing: \(configuration.model) takes \(FormattedNumber.counted(takes, "feature")) beside the stamps",
                remedy: "name the table that has them, as FILE.csv, or use a model for stamps alone")
        }
        guard takes > 0 else {
            throw Fault(
                .usage, "--features \(table)", "is given to \(configuration.model), which takes stamps alone",
                remedy: "leave it out, or use a network with two inputs, such as vgg6")
        }
        throw Fault(
            .badData, FeatureTable.file(of: table),
            "gives \(FormattedNumber.counted(given, "feature")), \(configuration.model) takes \(takes)",
            remedy: "name \(takes) of its columns, as \(FeatureTable.file(of: table)):COLUMN,COLUMN")
    }

    private static func checkOutputs(
        of network: Network, _ configuration: TrainingSettings, _ classes: StampClasses
    ) throws {
        let outputs = FormattedNumber.counted(network.outputs, "output")
        if let asked = configuration.classes, asked != network.outputs {
            throw Fault(
                .usage, "--classes \(asked)", "does not go with \(configuration.model), which has \(outputs)",
                remedy: "leave it out, or choose another model")
        }
        guard network.classCount == classes.count else {
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
        _ standard: StandardNetwork, _ configuration: TrainingSettings, _ input: Input, _ classes: StampClasses
    ) throws -> Network {
        let (height, width, channels) = (input.shape.extents[0], input.shape.extents[1], input.shape.extents[2])
        do {
            return try Network(
                standard.description(
                    height: height, width: width, channels: channels, features: input.features,
                    classes: configuration.classes ?? classes.count))
        } catch let fault as Fault {
            throw Fault(
                fault.kind, "--model \(configuration.model)",
                "does not fit stamps of \(height)×\(width) (\(fault.subject): \(fault.problem))", remedy: fault.remedy)
        }
    }
}
