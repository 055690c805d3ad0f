import LayerCatalog

/// A network as data: layers by name, each with its options and the names of its inputs. It is stored with each model.
public struct NetworkDescription: Hashable, Sendable, Codable {
    /// The network's name, for instance `VGG6`.
    public var name: String
    /// Layers in an order in which inputs come before their users; the last is the output.
    ///
    /// One layer is the input of stamps; another may be that of their features, and stand anywhere before its users.
    /// Where there are two, Keras takes them in the order in which they stand here.
    public var layers: [LayerDescription]

    public init(name: String, layers: [LayerDescription]) {
        self.name = name
        self.layers = layers
    }

    /// A chain of layers, each fed by the one before it.
    public init(name: String, sequence: [(name: String, kind: LayerKind)]) {
        self.name = name
        layers = []
        for (layerName, kind) in sequence {
            layers.append(LayerDescription(name: layerName, kind: kind, inputs: layers.last.map { [$0.name] } ?? []))
        }
    }
}

/// One layer of a description.
public struct LayerDescription: Hashable, Sendable, Codable {
    public var name: String
    public var kind: LayerKind
    /// The names of the layers that feed this one.
    public var inputs: [String]

    public init(name: String, kind: LayerKind, inputs: [String]) {
        self.name = name
        self.kind = kind
        self.inputs = inputs
    }
}
