import ArgumentParser
import Models
import Settings

/// Which layers training leaves as they are.
struct FrozenLayersOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Freeze layers by patterns of their names, such as conv1,block2_*; repeatable.", valueName: "patterns"))
    var freeze: [String] = []

    @Option(
        help: ArgumentHelp(
            "Train the layers of these names only, and freeze all others; repeatable.", valueName: "patterns"))
    var trainOnly: [String] = []

    /// What the options say; nil for the layers that the model has so.
    ///
    /// - Throws: `Fault(.usage)` where both are given.
    func layers() throws -> FrozenLayers? { try FrozenLayers.chosen(freeze: freeze, trainOnly: trainOnly) }
}
