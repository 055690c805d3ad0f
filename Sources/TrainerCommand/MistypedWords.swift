import ArgumentParser
import Faults
import Files

/// Commands and options that there are not, and what was probably meant.
///
/// What a command's help lists is what it takes: the parser has no other list for programs.
struct MistypedWords {
    /// Options are asked for only where a word is not known: the help of a command takes long to make.
    private struct Command {
        let name: String
        let type: any ParsableCommand.Type

        var options: [String] { MistypedWords.options(of: type) }
    }

    private let commands: [Command]
    private let `default`: String

    init(_ root: any ParsableCommand.Type) {
        let configuration = root.configuration
        commands = configuration.subcommands.map { Command(name: $0.name, type: $0) }
        `default` = configuration.defaultSubcommand?.name ?? ""
    }

    /// The options that a command's help lists, with their dashes.
    static func options(of command: any ParsableCommand.Type) -> [String] {
        command.helpMessage(columns: 200).split(separator: "\n").filter { $0.hasPrefix("  -") }.flatMap { line in
            // Two spaces part options from what they do.
            let text = line.dropFirst(2)
            let names = text.firstRange(of: "  ").map { text[..<$0.lowerBound] } ?? text
            return names.matches(of: /--[a-z0-9-]+/).map { String($0.output) }
        }
    }

    /// The fault of a command line that the parser refuses because of a word that it does not know; nil for others.
    ///
    /// - Parameters:
    ///   - arguments: those of the command line.
    ///   - message: the parser's.
    func fault(_ arguments: [String], _ message: String) -> Fault? {
        let known = commands.map(\.name) + ["help"]
        if let first = arguments.first, !first.hasPrefix("-"), !known.contains(first) { return unknown(command: first) }
        if let match = message.firstMatch(of: /^Unknown option '([^']+)'/) {
            return unknown(option: String(match.1), arguments.first)
        }
        // The parser misses an option before it finds that it is there in other letters.
        guard message.hasPrefix("Missing expected argument"),
            let command = commands.first(where: { $0.name == arguments.first }),
            let option = Self.unknown(arguments, of: command)
        else { return nil }
        return unknown(option: option, arguments.first)
    }

    /// The fault of `help COMMAND` for a command that there is not, of which the parser says nothing; nil for others.
    func faultOfHelp(_ arguments: [String]) -> Fault? {
        guard arguments.first == "help", let word = arguments.dropFirst().first, !word.hasPrefix("-"),
            word != "help", !commands.contains(where: { $0.name == word })
        else { return nil }
        return unknown(command: word)
    }

    /// The first word that looks like an option, but is none of the command.
    private static func unknown(_ arguments: [String], of command: Command) -> String? {
        let options = command.options
        return arguments.first { $0.hasPrefix("--") && !options.contains(name($0)) }
    }

    /// An option without what stands behind its `=`.
    private static func name(_ option: String) -> String { "--" + option.drop { $0 == "-" }.prefix { $0 != "=" } }

    private func unknown(command: String) -> Fault {
        let near = Self.meant[command].map { [$0] } ?? NearestWords.of(command, in: commands.map(\.name))
        if near.isEmpty, FileAccess.exists(command) {
            return Fault(
                .usage, command, "is a file or folder where a command was expected",
                remedy: "name stamps with --data, a model with --model; see swift-run-trainer --help")
        }
        return Fault(
            .usage, command, "is no command",
            remedy: near.isEmpty
                ? "there are \(Self.list(commands.map(\.name), "and"))" : "did you mean \(Self.list(near, "or"))?")
    }

    private func unknown(option: String, _ first: String?) -> Fault {
        let command = commands.first { $0.name == first } ?? commands.first { $0.name == `default` }!
        let (name, options) = (Self.name(option), command.options)
        let problem = "is no option of \(command.name)"
        let near =
            Self.meantOption[name].map { [$0] }?.filter(options.contains)
            ?? NearestWords.of(name, in: options)
        if !near.isEmpty {
            return Fault(.usage, option, problem, remedy: "did you mean \(Self.list(near, "or"))?")
        }
        let others = commands.filter { $0.options.contains(name) }.map(\.name)
        return Fault(
            .usage, option, problem + (others.isEmpty ? "" : ", but of \(Self.list(others, "and"))"),
            remedy: "see swift-run-trainer \(command.name) --help")
    }

    /// What other programs call these commands.
    private static let meant = [
        "fit": "train", "learn": "train", "test": "evaluate", "eval": "evaluate", "validate": "evaluate",
        "score": "predict", "classify": "predict", "infer": "predict", "inference": "predict", "apply": "predict",
        "export": "convert", "info": "summary", "show": "summary", "plot": "report", "compare": "report",
        "benchmark": "bench", "check": "verify", "sweep": "tune", "search": "tune", "monitor": "status", "ps": "status",
    ]

    /// What other programs call these options.
    private static let meantOption = [
        "--network": "--model", "--arch": "--model", "--workers": "--threads", "--num-workers": "--threads",
        "--jobs": "--threads", "--cores": "--threads", "--wd": "--weight-decay", "--l2": "--weight-decay",
        "--aug": "--augment", "--restart": "--resume", "--continue": "--resume", "--out": "--output",
        "--outdir": "--output", "--save": "--output", "--random-state": "--seed", "--batch": "--batch-size",
        "--validation-split": "--split", "--verbosity": "--verbose", "--silent": "--quiet",
    ]

    private static func list(_ words: [String], _ joint: String) -> String {
        guard let last = words.last, words.count > 1 else { return words.first ?? "" }
        return "\(words.dropLast().joined(separator: ", ")) \(joint) \(last)"
    }
}
