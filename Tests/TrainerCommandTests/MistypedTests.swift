import TestSupport
import Testing

@testable import TrainerCommand

extension TrainerCommandTests {
    /// Words that there are not: exit code 64, one line, the nearest right ones.
    @Suite struct MistypedTests {
        @Test(arguments: [
            ("trian", "trian: is no command; did you mean train?"), ("trian --epochs 3", "did you mean train?"),
            ("trian --input x", "did you mean train?"), ("help trian", "did you mean train?"),
            ("fit --epochs 3", "did you mean train?"), ("zzz", "zzz: is no command; there are train, predict,"),
            ("train --modle vgg6", "--modle: is no option of train; did you mean --model?"),
            ("--modle vgg6", "--modle: is no option of train; did you mean --model?"),
            ("train --modle=vgg6", "did you mean --model?"), ("--lr 0.1", "did you mean --learning-rate?"),
            ("train --lr 0.1", "--lr: is no option of train; did you mean --learning-rate?"),
            ("train --epoch 3", "did you mean --epochs?"), ("train --batch_size 3", "did you mean --batch-size?"),
            ("train --workers 3", "did you mean --threads?"),
            ("train --input x", "is no option of train, but of predict"),
            ("predict --modle x --input y", "--modle: is no option of predict; did you mean --model?"),
            ("predict --matched-filter", "is no option of predict, but of evaluate"),
            ("train --zzz", "see swift-run-trainer train --help"), ("summary --chanels 3", "did you mean --channels?"),
        ])
        func theNearestAreNamed(_ line: String, _ words: String) throws {
            expectError(try trainer(line), 64, saying: words)
        }

        @Test func aFileInPlaceOfACommandIsSaid() throws {
            let survey = try Survey.shared()
            expectError(
                try trainer(survey.noise), 64, saying: "is a file or folder where a command was expected", "--data")
        }

        @Test func ranksSaySoOnce() throws {
            expectError(try trainer("train --modle vgg6", ranks: 2), 64, saying: "did you mean --model?")
        }

        /// Each command's help ends with two lines that the program takes.
        @Test func examplesAreTaken() throws {
            let commands = SwiftRunTrainer.configuration.subcommands.compactMap { $0 as? any HasExamples.Type }
            #expect(commands.count == SwiftRunTrainer.configuration.subcommands.count)
            for command in commands + [SwiftRunTrainer.self] {
                #expect(command.examples.count == 2)
                let words = command == SwiftRunTrainer.self ? "--help" : "\(command.name) --help"
                let help = try trained(words).standardOutput
                #expect(help.hasSuffix("\n\nEXAMPLES:\n" + command.examples.map { "  \($0)\n" }.joined()), "\(command)")
                for example in command.examples {
                    var words = example.replacing("\"", with: "").split(separator: " ").map(String.init)
                    if let redirection = words.firstIndex(of: ">") { words.removeSubrange(redirection...) }
                    let start = try #require(words.firstIndex(of: "swift-run-trainer"))
                    let parsed = try SwiftRunTrainer.parseAsRoot(Array(words[(start + 1)...]))
                    #expect(command == SwiftRunTrainer.self || type(of: parsed) == command)
                }
            }
        }

        @Test func trainsOptionsStandUnderHeadings() throws {
            let lines = try trained("train --help").standardOutput.split(separator: "\n")
            let headings = lines.filter { $0.hasSuffix(":") && $0 == $0.uppercased() }
            #expect(
                headings.count > 10 && headings.first == "STAMPS:" && headings.suffix(2) == ["OPTIONS:", "EXAMPLES:"])
            // Nothing but what all commands have stands under none.
            let rest = lines[lines.firstIndex(of: "OPTIONS:")!...].filter { $0.hasPrefix("  -") }
            #expect(
                rest.map { $0.split(separator: " ").first { $0.hasPrefix("--") } } == [
                    "--quiet", "--verbose", "--version", "--help",
                ])
        }
    }
}
