import Faults
import Models

extension SettingOption {
    static let frozenLayers = [SettingOption(.freeze), SettingOption(.trainOnly)]

    /// The option that makes one choice of layers.
    private init(_ choice: FrozenLayers.Choice) {
        let text: @Sendable (TrainingSettings) -> String? = { settings in
            guard let layers = settings.frozenLayers, layers.choice == choice else { return nil }
            return layers.patterns.joined(separator: ",")
        }
        self.init(
            choice.option, values: { text($0).map { [$0] } }, deciding: text,
            check: { settings in
                guard let layers = settings.frozenLayers, layers.choice == choice else { return }
                if layers.patterns.isEmpty || layers.patterns.contains("") {
                    throw Fault(
                        .usage, choice.option, "has an empty pattern",
                        remedy: "give names of layers, such as conv1,block2_*")
                }
            })
    }
}

extension FrozenLayers {
    /// Reads the values of `--freeze` and `--train-only`: lists of patterns with commas between them.
    ///
    /// - Returns: nil where neither is given.
    /// - Throws: `Fault(.usage)` where both are.
    package static func chosen(freeze: [String], trainOnly: [String]) throws -> FrozenLayers? {
        guard freeze.isEmpty || trainOnly.isEmpty else {
            throw Fault(
                .usage, Choice.trainOnly.option, "stands beside \(Choice.freeze.option)",
                remedy: "name either the layers to freeze or those to train")
        }
        let patterns = (freeze + trainOnly).flatMap {
            $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        }
        return patterns.isEmpty ? nil : FrozenLayers(freeze.isEmpty ? .trainOnly : .freeze, patterns)
    }
}
