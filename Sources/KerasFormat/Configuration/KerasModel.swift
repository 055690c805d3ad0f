import Faults
import LayerCatalog
import Models

/// What the configuration of a Keras model says, from Keras 1 to 3: its network, and where Keras keeps the weights.
struct KerasModel {
    let description: NetworkDescription
    /// The layers as Keras has them, with models inside.
    let members: [KerasMember]

    /// - Parameters:
    ///   - text: the JSON text, in UTF-8.
    ///   - file: where it comes from, for messages.
    ///   - version: of Keras, where the file says it outside of the text.
    ///   - training: how it was trained, as JSON, where the file says it outside of the text.
    /// - Throws: a `badData` fault that names file, layer and option, and what is supported.
    init(
        _ text: some Sequence<UInt8>, from file: String, version: String? = nil, training: String? = nil,
        _ reading: ModelReading
    ) throws {
        let place = KerasPlace(file: file)
        guard let value = JSONValue(parsing: text) else {
            throw place.damaged("is not the JSON text of a Keras model")
        }
        let flat = try KerasFlattening.model(
            LegacyConfiguration.translated(value, version: version, at: place), at: place)
        var description = try NetworkDescription(
            flat: KerasObject(flat.configuration, at: place), owners: flat.owners, at: place)
        let training = training.flatMap { JSONValue(parsing: $0.utf8) } ?? value.object?["compile_config"]
        // A network that ends in softmax or sigmoid is one without.
        if reading.fromLogits || Self.saysLogits(training), (try? Network(description)) == nil {
            description.endsInLogits = true
        }
        self.description = description
        members = flat.members
        if let policy = Self.mixedPolicy(flat.configuration) {
            reading.warn("\(file) computes in \(policy) for Keras; here it computes in float32")
        }
    }

    /// Whether the loss that a model was compiled with takes logits.
    private static func saysLogits(_ training: JSONValue?) -> Bool {
        training?.object?["loss"]?.object?["config"]?.object?["from_logits"] == true
    }

    /// The policy of some layer that computes in another precision than its parameters have.
    private static func mixedPolicy(_ model: JSONValue) -> String? {
        let layers = model.object?["config"]?.object?["layers"]?.array ?? []
        return layers.lazy.compactMap { layer -> String? in
            let type = layer.object?["config"]?.object?["dtype"]
            let name = type?.object?["config"]?.object?["name"] ?? type
            return name?.string.flatMap { $0.hasPrefix("mixed_") ? $0 : nil }
        }.first
    }

    /// - Parameter description: a network that nobody has read from a Keras file: every layer stands for itself.
    init(_ description: NetworkDescription) throws {
        self.description = description
        let kinds = Dictionary(description.layers.map { ($0.name, $0) }) { first, _ in first }
        var owners: [LayerDescription] = []
        var met: Set<String> = []
        for layer in try description.layersInKerasOrder() where met.insert(layer.parameterOwner).inserted {
            owners.append(kinds[layer.parameterOwner] ?? layer)
        }
        members = owners.map {
            KerasMember(
                name: $0.name, className: $0.kind.options.kerasClass, isTrainable: $0.isTrainable,
                contents: .layer($0.name))
        }
    }

    /// The network, with faults that name the file.
    func network(_ path: String) throws -> Network {
        do {
            return try Network(description)
        } catch let fault as Fault {
            throw Fault(fault.kind, path, "\(fault.subject): \(fault.problem)", remedy: fault.remedy)
        }
    }
}
