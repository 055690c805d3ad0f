import Settings

/// The command that reproduces a run.
public enum RunCommand {
    /// Every setting as resolved, as a line for a shell.
    ///
    /// - Parameters:
    ///   - output: another run folder: the run's own is taken.
    ///   - more: options besides.
    public static func line(_ settings: TrainingSettings, output: String, and more: [String] = []) -> String {
        var settings = settings
        settings.output = output
        return (["swift-run-trainer", "train"] + settings.options + more).map(quoted).joined(separator: " ")
    }

    /// A word, quoted for a shell.
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
