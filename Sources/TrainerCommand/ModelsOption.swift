import ArgumentParser
import Communication
import Faults
import Logging
import Prediction

/// Which models to use, and how.
struct ModelsOption: ParsableArguments {
    @Option(
        parsing: .upToNextOption,
        help: ArgumentHelp(
            "A trained model or its run folder; several, or the folder of an ensemble, are averaged.",
            valueName: "file"))
    var model: [String] = []

    @OptionGroup var normalize: NormalizeOption

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "Of two classes, a stamp is of the second above this probability. (default: that of the model)",
            valueName: "p"))
    var threshold: Float?

    @OptionGroup var logits: LogitsOption

    /// The models that are meant.
    ///
    /// - Parameter usual: as that of ``prediction(_:usual:threads:group:logger:)``.
    /// - Throws: `Fault(.usage)` where there is none.
    func names(usual: String?) throws -> [String] {
        let names = model.isEmpty ? [usual].compactMap { $0 } : model
        guard !names.isEmpty else {
            throw Fault(.usage, "--model", "is missing", remedy: "name a trained model, or the folder of its run")
        }
        return names
    }

    /// Reads the models. Collective.
    ///
    /// - Parameters:
    ///   - passes: how they look at each stamp.
    ///   - usual: the model that is meant where none is named; nil where one must be.
    func prediction(
        _ passes: PassesOptions, usual: String? = nil, threads: Int?, group: any ProcessGroup, logger: Logger
    ) throws -> Prediction {
        let (names, normalization, looks) = try group.agree {
            let names = try self.names(usual: usual)
            if let threshold, !(0...1).contains(threshold) {
                throw Fault(
                    .usage, "--threshold \(threshold)", "must be from 0 to 1", remedy: "give, for instance, 0.5")
            }
            return (names, try normalize.normalization(), try passes.passes())
        }
        let prediction = try Prediction(
            models: names, normalization: normalization, fromLogits: logits.fromLogits, passes: looks,
            combination: passes.combine ?? .mean, threads: threads, group: group, logger: logger)
        try group.agree {
            if let combination = passes.combine, prediction.modelCount == 1 {
                throw Fault(
                    .usage, "--combine \(combination)", "is of several models, and there is one",
                    remedy: "name several with --model, or leave it out")
            }
            guard let threshold else { return }
            try prediction.requireTwoClasses(
                for: "--threshold \(threshold)", remedy: "leave it out: the most probable class is taken")
        }
        return prediction
    }
}
