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
        if let weights = settings.initialWeights { words += ["--initial-weights", weights] }
        if !settings.dropout { words.append("--no-dropout") }
        words += ["--normalize", settings.normalize.rawValue]
        if settings.skipBad { words.append("--skip-bad") }
        words += ["--output", output]
        return words.map(quoted).joined(separator: " ")
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
