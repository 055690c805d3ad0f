import Faults
import Files
import FoundationEssentials
import Preparation
import Tensors

/// A network with its weights and what else must be remembered to use it: one `.safetensors` file.
///
/// Tensors are named `layer/parameter` and lie in Keras' layouts; the metadata hold the network's description as JSON
/// under `network`, how stamps are prepared under `normalize` and, where that is not all, `preparation`, under
/// `threshold` and `temperature` how it decides, unless as Keras does, under `classes` the names of its classes, unless
/// those are noise and source, and under `features` how those are prepared, if it takes any.
public struct TrainedModel: Sendable {
    /// What the model computes.
    public let network: Network
    /// What it computes with.
    public let weights: Weights
    /// What is done with stamps before they enter the network.
    public let preparation: StampPreparation
    /// How a probability becomes a class.
    public let decision: DecisionRule
    /// The names of its classes in the order of its outputs; nil for noise and source, and where nobody has said.
    public let classNames: [String]?
    /// What is done with features before they enter the network; nil for stamps alone, and where nobody has said.
    public let features: FeaturePreparation?

    /// - Parameter weights: those of this network.
    public init(
        network: Network, weights: Weights, preparation: StampPreparation, decision: DecisionRule = .standard,
        classNames: [String]? = nil, features: FeaturePreparation? = nil
    ) {
        self.network = network
        self.weights = weights
        self.preparation = preparation
        self.decision = decision
        self.classNames = classNames
        self.features = features
    }

    /// A model with what its file says of it.
    ///
    /// - Parameters:
    ///   - notes: as ``notes`` gives them.
    ///   - file: where they come from, for messages.
    /// - Throws: a `badData` fault for values that no model has.
    package init(network: Network, weights: Weights, notes: [String: String], from file: String) throws {
        self.init(
            network: network, weights: weights, preparation: try StampPreparation(metadata: notes, from: file),
            decision: try DecisionRule(metadata: notes, from: file),
            classNames: try notes["classes"].map { try Self.classNames($0, of: network, from: file) },
            features: try Self.features(notes, of: network, from: file))
    }

    private static func features(
        _ notes: [String: String], of network: Network, from file: String
    ) throws -> FeaturePreparation? {
        guard let features = try FeaturePreparation.read(metadata: notes, from: file) else { return nil }
        guard features.count == network.featureCount else {
            throw Fault(
                .badData, file, "tells of \(features.count) features, its network takes \(network.featureCount)",
                remedy: "use a model as `train` has written it")
        }
        return features
    }

    private static func classNames(_ text: String, of network: Network, from file: String) throws -> [String] {
        let names = (try? JSONDecoder().decode([String].self, from: Data(text.utf8))) ?? []
        guard names.count == network.classCount, Set(names).count == names.count, !names.contains("") else {
            throw Fault(
                .badData, file, "does not name each of its \(network.classCount) classes",
                remedy: "use a model as `train` has written it")
        }
        return names
    }

    /// What a file says of the model besides its network and weights, under names of their own.
    package var notes: [String: String] {
        get throws {
            var notes = preparation.metadata.merging(decision.metadata) { $1 }
            if let features { notes.merge(features.metadata) { $1 } }
            if let classNames {
                let encoder = JSONEncoder()
                encoder.outputFormatting = .withoutEscapingSlashes
                notes["classes"] = String(decoding: try encoder.encode(classNames), as: UTF8.self)
            }
            return notes
        }
    }

    /// Reads a model that `write` has written.
    ///
    /// - Throws: `Fault` for a file that is missing, damaged, or holds weights without a network.
    public init(contentsOf path: String) throws {
        let file = try SafetensorsFile(contentsOf: path)
        let network = try Network(NetworkDescription(metadataOf: file))
        try self.init(
            network: network, weights: Weights(network: network, contentsOf: file), notes: file.metadata, from: path)
    }

    /// Writes the model, whole or not at all: equal models give equal bytes.
    ///
    /// - Throws: `Fault(.cannotWrite)`.
    public func write(to path: String) throws { try write(to: AtomicFile(path)) }

    /// The same, to a file that is open.
    package func write(to file: AtomicFile) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let json = String(decoding: try encoder.encode(network.description), as: UTF8.self)
        let tensors = network.parameters.map { parameter in
            TensorBytes(
                name: parameter.name, shape: parameter.shape.extents,
                floats: UnsafeBufferPointer(start: weights.pointer(parameter), count: parameter.shape.count))
        }
        let metadata = try notes.merging(["network": json, "format": "swift-run-trainer 1"]) { $1 }
        try SafetensorsFile.write(tensors, metadata: metadata, to: file)
    }
}

extension NetworkDescription {
    /// Reads the network of a file that ``TrainedModel/write(to:)`` has written, and leaves its weights alone.
    ///
    /// - Throws: as ``TrainedModel/init(contentsOf:)``.
    public init(safetensors path: String) throws {
        self = try Self(metadataOf: SafetensorsFile(contentsOf: path))
    }

    fileprivate init(metadataOf file: SafetensorsFile) throws {
        guard let json = file.metadata["network"] else {
            throw Fault(
                .badData, file.path, "holds weights without a network",
                remedy: "use the model.safetensors of a run, or pass the file to train as --initial-weights")
        }
        self = try NetworkDescription(json: json, from: file.path)
    }

    /// Reads a description as model files hold it.
    ///
    /// - Parameter file: where it comes from, for messages.
    /// - Throws: a `badData` fault when it is none.
    package init(json: String, from file: String) throws {
        do {
            self = try JSONDecoder().decode(NetworkDescription.self, from: Data(json.utf8))
        } catch {
            throw Fault(
                .badData, file, "its network cannot be read",
                remedy: "use a model written by this version of swift-run-trainer")
        }
    }
}

extension Weights {
    /// Reads the weights of `network` by name; other tensors in the file are ignored.
    ///
    /// - Throws: `Fault` that names the first tensor that is missing or has another shape.
    public convenience init(network: Network, contentsOf file: SafetensorsFile) throws {
        try Self.check(file, against: network)
        self.init(network: network)
        for parameter in network.parameters {
            try file.copyFloats(
                parameter.name,
                into: UnsafeMutableBufferPointer(start: pointer(parameter), count: parameter.shape.count))
        }
    }

    /// Compares shapes before memory is asked for: a network may claim any size.
    private static func check(_ file: SafetensorsFile, against network: Network) throws {
        for parameter in network.parameters {
            let wanted = "\(parameter.name) of shape \(parameter.shape)"
            guard let tensor = file.tensor(named: parameter.name) else {
                throw Fault(
                    .badData, file.path, "lacks \(wanted)",
                    remedy: "use weights of the network \(network.description.name)")
            }
            guard tensor.shape == parameter.shape.extents else {
                throw Fault(
                    .badData, file.path,
                    "has \(parameter.name) of shape \(Shape(tensor.shape.map { max($0, 1) })) instead of \(parameter.shape)",
                    remedy: "use weights of the same network, stamp size and number of classes")
            }
        }
    }
}
