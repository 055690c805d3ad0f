import ArgumentParser

/// What `--help` prints: the parser's text, and behind it the command's examples.
enum HelpText {
    /// - Parameter text: the parser's; one that is no help remains as it is.
    static func withExamples(_ text: String, of root: any HasExamples.Type) -> String {
        guard let usage = text.split(separator: "\n").first(where: { $0.hasPrefix("USAGE: ") }) else { return text }
        // USAGE: swift-run-trainer train …, or … [train] … of the default command.
        let word = usage.split(separator: " ").dropFirst(2).first?.trimming("[]") ?? ""
        let command = root.configuration.subcommands.first { $0.name == word } as? any HasExamples.Type
        let examples = command?.examples ?? root.examples
        return text.trimmingNewlines + "\n\nEXAMPLES:\n" + examples.map { "  \($0)" }.joined(separator: "\n")
    }
}

extension Substring {
    fileprivate func trimming(_ characters: String) -> Substring {
        var text = self
        while let first = text.first, characters.contains(first) { text.removeFirst() }
        while let last = text.last, characters.contains(last) { text.removeLast() }
        return text
    }
}

extension String {
    fileprivate var trimmingNewlines: Substring {
        var text = self[...]
        while text.last?.isNewline == true { text.removeLast() }
        return text
    }
}
