import LayerCatalog

/// A network as data: layers by name, each with its options and the names of its inputs. It is stored with each model.
public struct NetworkDescription: Hashable, Sendable {
    /// The network's name, for instance `VGG6`.
    public var name: String
    /// Layers in an order in which inputs come before their users; the last is the output.
    ///
    /// One layer is the input of stamps; another may be that of their features, and stand anywhere before its users.
    /// Where there are two, Keras takes them in the order in which they stand here.
    public var layers: [LayerDescription]
    /// Whether the last layer gives logits, of which the loss and predictions take softmax or sigmoid.
    public var endsInLogits: Bool

    public init(name: String, layers: [LayerDescription], endsInLogits: Bool = false) {
        self.name = name
        self.layers = layers
        self.endsInLogits = endsInLogits
    }

    /// A chain of layers, each fed by the one before it.
    public init(name: String, sequence: [(name: String, kind: LayerKind)]) {
        self.init(name: name, layers: [])
        for (layerName, kind) in sequence {
            layers.append(LayerDescription(name: layerName, kind: kind, inputs: layers.last.map { [$0.name] } ?? []))
        }
    }
}

/// Without a word of what is usual.
extension NetworkDescription: Codable {
    private enum CodingKeys: String, CodingKey {
        case name, layers
        case endsInLogits = "logits"
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            name: try container.decode(String.self, forKey: .name),
            layers: try container.decode([LayerDescription].self, forKey: .layers),
            endsInLogits: try container.decodeIfPresent(Bool.self, forKey: .endsInLogits) ?? false)
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(name, forKey: .name)
        try container.encode(layers, forKey: .layers)
        if endsInLogits { try container.encode(true, forKey: .endsInLogits) }
    }
}

/// One layer of a description.
public struct LayerDescription: Hashable, Sendable {
    public var name: String
    public var kind: LayerKind
    /// The names of the layers that feed this one.
    public var inputs: [String]
    /// Whether training changes the layer's parameters. One that it does not change runs as in inference.
    public var isTrainable: Bool
    /// The name of the layer whose parameters this one has; nil for its own.
    public var sharedWith: String?
    /// How its parameters are drawn, and what they and its outputs add to the loss.
    public var parameters: ParameterOptions

    public init(
        name: String, kind: LayerKind, inputs: [String], isTrainable: Bool = true, sharedWith: String? = nil,
        parameters: ParameterOptions = ParameterOptions()
    ) {
        self.name = name
        self.kind = kind
        self.inputs = inputs
        self.isTrainable = isTrainable
        self.sharedWith = sharedWith
        self.parameters = parameters
    }

    /// The name of the layer that the parameters are called after.
    public var parameterOwner: String { sharedWith ?? name }
}

/// What a layer seldom is, is stored only where it is so.
extension LayerDescription: Codable {
    private enum CodingKeys: String, CodingKey {
        case name, kind, inputs, sharedWith, parameters
        case isTrainable = "trainable"
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            name: try container.decode(String.self, forKey: .name),
            kind: try container.decode(LayerKind.self, forKey: .kind),
            inputs: try container.decode([String].self, forKey: .inputs),
            isTrainable: try container.decodeIfPresent(Bool.self, forKey: .isTrainable) ?? true,
            sharedWith: try container.decodeIfPresent(String.self, forKey: .sharedWith),
            parameters: try container.decodeIfPresent(ParameterOptions.self, forKey: .parameters)
                ?? ParameterOptions())
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(name, forKey: .name)
        try container.encode(kind, forKey: .kind)
        try container.encode(inputs, forKey: .inputs)
        if !isTrainable { try container.encode(false, forKey: .isTrainable) }
        try container.encodeIfPresent(sharedWith, forKey: .sharedWith)
        if !parameters.isEmpty { try container.encode(parameters, forKey: .parameters) }
    }
}
