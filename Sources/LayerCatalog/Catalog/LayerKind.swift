import Layers

/// A kind of layer with its options, as a network's description holds it.
///
/// Kinds are made by their functions, `.dense(units: 2, activation: .softmax)`, each of which stands in the kind's
/// file, and looked into as their options: `(kind.options as? DenseOptions)?.units`.
public struct LayerKind: Hashable, Sendable {
    /// The options, of a kind that the catalog lists.
    public let options: any LayerOptions

    public init(_ options: some LayerOptions) { self.options = options }

    /// What holds for all layers of this kind.
    public var entry: any LayerOptions.Type { type(of: options) }

    /// The name of the Keras class that such a layer is written as.
    public var kerasName: String { options.kerasClass }

    /// The same kind of layer without its dropout.
    public func withoutDropout() -> LayerKind {
        func without(_ options: some LayerOptions) -> LayerKind { LayerKind(options.withoutDropout()) }
        return without(options)
    }

    public static func == (one: LayerKind, other: LayerKind) -> Bool {
        func equals<Options: LayerOptions>(_ options: Options) -> Bool { options == other.options as? Options }
        return equals(one.options)
    }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(ObjectIdentifier(entry))
        hasher.combine(options)
    }
}

/// An object with one member, which is called as the kind and holds the options: `{"dropout": {"rate": 0.25}}`.
extension LayerKind: Codable {
    /// The name of a kind that the catalog lists.
    private struct Key: CodingKey {
        let stringValue: String
        let intValue: Int? = nil

        init(_ kind: any LayerOptions.Type) { stringValue = kind.storedName }

        init?(stringValue: String) {
            guard LayerCatalog.kind(storedAs: stringValue) != nil else { return nil }
            self.stringValue = stringValue
        }

        init?(intValue: Int) { nil }
    }

    /// - Throws: `DecodingError` when there is not exactly one known kind, or its options are not all there.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        guard let key = container.allKeys.first, container.allKeys.count == 1,
            let kind = LayerCatalog.kind(storedAs: key.stringValue)
        else {
            throw DecodingError.dataCorrupted(
                DecodingError.Context(
                    codingPath: container.codingPath, debugDescription: "one kind of layer is expected"))
        }
        // Options are an object, also those of a kind that has none.
        _ = try container.nestedContainer(keyedBy: Key.self, forKey: key)
        options = try container.decode(kind, forKey: key)
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(options, forKey: Key(entry))
    }
}
