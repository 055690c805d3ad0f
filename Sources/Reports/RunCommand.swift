import Settings
import StampData

/// The command that makes a run again.
public enum RunCommand {
    /// Every setting as resolved, as a line for a shell.
    ///
    /// - Parameter output: another run folder: the run's own is taken.
    public static func line(_ settings: RunSettings, output: String) -> String {
        var words = ["swift-run-trainer", "train"]
        words += ["--sources"] + settings.sources + ["--noise"] + settings.noise
        words += ["--model", settings.model, "--epochs", "\(settings.epochs)", "--batch-size", "\(settings.batchSize)"]
        words += ["--microbatch", "\(settings.microbatch)", "--learning-rate", "\(settings.learningRate)"]
        words += optimizer(settings) + ["--classes", "\(settings.classes)"]
        words += ObjectiveCommand.words(settings)
        words += ["--split", split(settings), "--seed", "\(settings.seed)"]
        if let seed = settings.splitSeed { words += ["--split-seed", "\(seed)"] }
        words += decision(settings.decision ?? .standard)
        if let weights = settings.initialWeights { words += ["--initial-weights", weights] }
        if !settings.dropout { words.append("--no-dropout") }
        words += ["--normalize", settings.normalize.rawValue]
        words += augmentation(settings.augmentation ?? .none)
        if let gradients = settings.gradients, gradients != "float32" { words += ["--gradients", gradients] }
        if settings.skipBad { words.append("--skip-bad") }
        words += ["--output", output]
        return words.map(quoted).joined(separator: " ")
    }

    static func decision(_ decision: DecisionSettings) -> [String] {
        var words = decision.calibrate ? ["--calibrate"] : []
        if let completeness = decision.targetCompleteness { words += ["--target-completeness", "\(completeness)"] }
        if let purity = decision.targetPurity { words += ["--target-purity", "\(purity)"] }
        return words
    }

    private static func optimizer(_ settings: RunSettings) -> [String] {
        switch settings.optimizer {
        case .adam: ["--optimizer", "adam"]
        case .lamb: ["--optimizer", "lamb"]
        case .lars(let momentum, _): ["--optimizer", "lars", "--momentum", "\(momentum)"]
        case .sgd(let momentum, _) where momentum == 0: ["--optimizer", "sgd"]
        case .sgd(let momentum, let nesterov):
            ["--optimizer", "momentum", "--momentum", "\(momentum)"] + (nesterov ? ["--nesterov"] : [])
        }
    }

    private static func augmentation(_ augmentation: Augmentation) -> [String] {
        let kinds = [
            ("shifts", "--augment-shift", augmentation.shift), ("noise", "--augment-noise", augmentation.noise),
            ("contrast", "--augment-contrast", augmentation.contrast),
        ].filter { $0.2 > 0 }
        let names = (augmentation.symmetries ? ["symmetries"] : []) + kinds.map(\.0)
        if names.isEmpty { return [] }
        return ["--augment", names.joined(separator: ",")] + kinds.flatMap { [$0.1, "\($0.2)"] }
    }

    static func split(_ settings: RunSettings) -> String {
        "\(settings.split.training),\(settings.split.validation),\(settings.split.test)"
    }

    /// A word that a shell takes for what it is.
    static func quoted(_ word: String) -> String {
        let isPlain =
            !word.isEmpty
            && word.unicodeScalars.allSatisfy {
                ("a"..."z").contains($0) || ("A"..."Z").contains($0) || ("0"..."9").contains($0)
                    || "-_./,:=+@%".unicodeScalars.contains($0)
            }
        if isPlain { return word }
        return "'" + word.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''") + "'"
    }
}
