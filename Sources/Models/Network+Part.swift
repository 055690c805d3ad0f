import Faults
import Tensors

extension Network {
    /// The part of the network that the output of one layer is made of, which is the part's own: what Keras calls
    /// `Model(inputs, layer.output)`. An activation that joins the loss in the whole network is applied here.
    ///
    /// It takes what the whole network takes, whether or not the layer needs it.
    ///
    /// - Parameters:
    ///   - layer: as ``summary`` names it.
    ///   - file: where the network comes from, for messages.
    /// - Throws: `Fault(.usage)` for a name that no layer has.
    public func part(endingWith layer: String, of file: String) throws -> Network {
        guard let last = description.layers.first(where: { $0.name == layer }) else {
            let nearest = NearestNames.of(layer, in: description.layers.map(\.name))
            throw Fault(
                .usage, "--layer \(layer)",
                "is no layer of \(file), where the nearest names are "
                    + nearest.map(\.printable).joined(separator: ", "),
                remedy: "give a name that `summary --model \(file)` lists")
        }
        var needed = Set(nodes.filter(\.isInput).map(\.name) + [layer])
        for layer in description.layers.reversed() where needed.contains(layer.name) {
            needed.formUnion(layer.inputs)
        }
        var layers = description.layers.filter { needed.contains($0.name) && $0.name != layer } + [last]
        // Of layers that share parameters, the first of those that are left owns them.
        var owners: [String: String] = [:]
        for index in layers.indices {
            let owner = layers[index].parameterOwner
            layers[index].sharedWith = owners[owner]
            owners[owner] = owners[owner] ?? layers[index].name
        }
        return try Network(partOf: NetworkDescription(name: description.name, layers: layers, endsInLogits: true))
    }
}

extension Weights {
    /// The values of a network's part.
    ///
    /// - Parameters:
    ///   - part: as ``Network/part(endingWith:of:)`` makes it of `network`.
    ///   - whole: the values of `network`.
    public convenience init(of part: Network, in network: Network, from whole: Weights) {
        self.init(network: part)
        let layers = Dictionary(
            network.nodes.filter { !$0.isInternal }.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        for node in part.nodes where !node.isInternal && !node.sharesParameters {
            let source = layers[node.name]!
            precondition((node.trainableCount, node.stateCount) == (source.trainableCount, source.stateCount))
            (trainable.pointer + (node.trainableCount > 0 ? node.parameterOffset : 0)).update(
                from: whole.trainable.pointer + (node.trainableCount > 0 ? source.parameterOffset : 0),
                count: node.trainableCount)
            (state.pointer + node.stateOffset).update(
                from: whole.state.pointer + source.stateOffset, count: node.stateCount)
        }
    }
}

/// Names that are spelt much like another one.
enum NearestNames {
    /// Up to three of some names, the nearest first: by how many letters must be added, left out or changed, in either
    /// case; of equally near ones those that stand first.
    static func of(_ name: String, in names: [String]) -> [String] {
        let letters = Self.letters(name)
        return names.enumerated().map { (place: $0, name: $1, distance: distance(letters, Self.letters($1))) }
            .sorted { ($0.distance, $0.place) < ($1.distance, $1.place) }.prefix(3).map(\.name)
    }

    /// As many as tell names apart.
    private static func letters(_ name: String) -> [Character] { Array(name.prefix(100).lowercased()) }

    /// Source: V. I. Levenshtein, Soviet Physics Doklady 10, 707 (1966).
    private static func distance(_ one: [Character], _ other: [Character]) -> Int {
        var row = Array(0...other.count)
        for (place, letter) in one.enumerated() {
            var diagonal = row[0]
            row[0] = place + 1
            for column in other.indices {
                let changed = diagonal + (letter == other[column] ? 0 : 1)
                diagonal = row[column + 1]
                row[column + 1] = min(changed, diagonal + 1, row[column] + 1)
            }
        }
        return row[other.count]
    }
}
