import ArgumentParser
import Logging
import ModelFiles
import Models
import RunRecords
import Settings

/// What a network without softmax or sigmoid at its end gives.
struct LogitsOption: ParsableArguments {
    @Flag(help: "The model of Keras ends in logits, without softmax or sigmoid; the fitting one is added.")
    var fromLogits = false

    /// The network in a file, without its weights.
    ///
    /// - Parameters:
    ///   - name: the file, or two with a `+` between them, or the folder of a run.
    ///   - option: what names it, for messages.
    /// - Throws: `Fault(.usage)` for what is neither a file nor a network that is known by name; a fault for one that is
    ///   missing or damaged.
    func description(_ name: String, of option: String, _ logger: Logger) throws -> NetworkDescription {
        try Requirement.networkName.check(name, of: option)
        return try ModelFiles.description(
            EnsembleFolder.model(in: name), ModelReading(fromLogits: fromLogits) { logger.warning("\($0)") })
    }
}
