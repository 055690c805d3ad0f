import Faults
import Glibc

/// Which layers of a network are frozen, by patterns of their names as of files in a shell: `conv1`, `block1_*`, `bn?`.
public struct FrozenLayers: Codable, Hashable, Sendable {
    /// What the patterns name.
    public enum Choice: String, Codable, Hashable, Sendable {
        /// Layers that are frozen, beside those that are already.
        case freeze
        /// The layers that are trained: all others are frozen.
        case trainOnly = "train_only"

        /// The option that makes the choice.
        public var option: String { self == .freeze ? "--freeze" : "--train-only" }
    }

    public let choice: Choice
    public let patterns: [String]

    public init(_ choice: Choice, _ patterns: [String]) { (self.choice, self.patterns) = (choice, patterns) }

    /// A network with these layers frozen. Layers that share parameters are frozen together.
    ///
    /// - Parameter model: what the network is called by, for messages.
    /// - Throws: `Fault(.usage)` for a pattern that names no layer with weights, and where nothing is left to train.
    public func frozen(_ description: NetworkDescription, model: String) throws -> NetworkDescription {
        var description = description
        let chosen = try Set(patterns.flatMap { try names($0, in: description, model: model) })
        for (index, layer) in description.layers.enumerated() where layer.hasWeights {
            let isChosen = chosen.contains(layer.parameterOwner)
            switch choice {
            case .freeze: if isChosen { description.layers[index].isTrainable = false }
            case .trainOnly: description.layers[index].isTrainable = isChosen
            }
        }
        guard try Network(description).trainableCount > 0 else {
            throw Fault(
                .usage, "\(choice.option) \(patterns.joined(separator: ","))", "leaves nothing of \(model) to train",
                remedy: choice == .freeze
                    ? "name fewer layers, or those that are to be trained with --train-only" : "name other layers")
        }
        return description
    }

    /// The layers with weights that one pattern names.
    private func names(_ pattern: String, in description: NetworkDescription, model: String) throws -> [String] {
        let matching = description.layers.filter { fnmatch(pattern, $0.name, 0) == 0 }
        let names = matching.filter(\.hasWeights).map(\.parameterOwner)
        guard names.isEmpty else { return names }
        let all = description.layers.filter { $0.hasWeights && $0.sharedWith == nil }.map(\.name)
        let longest = 12
        let listed = all.prefix(longest).joined(separator: ", ") + (all.count > longest ? ", …" : "")
        let problem = matching.first.map { "names layers of \(model) without weights, such as \($0.name)" }
        throw Fault(
            .usage, "\(choice.option) \(pattern)", problem ?? "names no layer of \(model)",
            remedy: "name one of \(listed) (`summary` shows \(all.count == 1 ? "it" : "all \(all.count)"))")
    }
}

extension LayerDescription {
    /// Whether the layer has values of its own.
    fileprivate var hasWeights: Bool { !kind.entry.kerasVariables.isEmpty }
}
