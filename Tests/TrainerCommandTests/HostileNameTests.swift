import Foundation
import TestSupport
import Testing

extension TrainerCommandTests {
    /// Names that hold escape sequences for a terminal, ends of lines, and marks that reverse the direction of writing.
    @Suite struct HostileNameTests {
        private let workspace: TemporaryFolder
        private let survey: Survey
        private static let name = "\u{1B}]0;title\u{07}\u{1B}[2J\u{9B}31m\u{202E}evil\u{2066}\u{200F}\u{2028}\rover"

        init() throws {
            workspace = try TemporaryFolder()
            survey = try Survey.shared()
        }

        private func isHarmless(_ text: String) -> Bool {
            !text.unicodeScalars.contains {
                $0 != "\n" && $0.properties.generalCategory == .control
                    || [0x200F, 0x2028, 0x202E, 0x2066].contains($0.value)
            }
        }

        private func expectHarmless(_ outcome: ProgramOutcome, sourceLocation: SourceLocation = #_sourceLocation) {
            let text = outcome.standardOutput + outcome.standardError
            #expect(isHarmless(text), "\(text.debugDescription)", sourceLocation: sourceLocation)
        }

        @Test func namesOfLayersArePrintable() throws {
            let model = workspace.path("model.json")
            func layer(_ kind: String, _ options: [String: Any]) -> [String: Any] {
                ["module": "keras.layers", "class_name": kind, "config": options]
            }
            let layers = [
                layer("InputLayer", ["batch_shape": [NSNull(), 21, 21, 1], "name": "input"]),
                layer("Flatten", ["name": Self.name + "\n"]),
                layer("Dense", ["name": "d" + Self.name, "units": 2, "activation": "softmax"]),
            ]
            let network: [String: Any] = [
                "module": "keras", "class_name": "Sequential", "config": ["name": Self.name, "layers": layers],
            ]
            try JSONSerialization.data(withJSONObject: network).write(to: URL(fileURLWithPath: model))
            let outcome = try trained("summary --model \(model)")
            expectHarmless(outcome)
            // The end of a line in a name ends none of the table.
            let lines = outcome.standardOutput.split(separator: "\n")
            #expect(lines.contains { $0.contains("evil") && $0.contains("(Flatten)") })
        }

        @Test func namesOfFilesArePrintable() throws {
            let data = try workspace.copy(survey.folder, to: "data" + Self.name)
            let run = workspace.path("run" + Self.name)
            let training = ["train", "--data", data, "--model", "simple", "--epochs", "1", "--output", run]
            let trained = try trainer(training + ["--verbose", "--threads", "1"])
            #expect(trained.status == 0 && trained.standardOutput.contains("evil"), "\(trained.standardError)")
            expectHarmless(trained)
            // The pictures are gnuplot's, with tabs.
            #expect(try isHarmless(text("\(run)/report.html").replacing("\t", with: "")))
            for options in [["--bootstrap", "0"], ["--bootstrap", "0", "--json"]] {
                let evaluated = try trainer(["evaluate", "--model", run, "--data", data] + options)
                #expect(evaluated.status == 0)
                expectHarmless(evaluated)
                if options.count > 2 { #expect(try !json(evaluated.standardOutput).isEmpty) }
            }
            expectHarmless(try trainer(training))
            expectHarmless(try trainer(["summary", "--model", Self.name]))
            expectHarmless(try trainer(["train", "--" + Self.name]))
        }

        /// It would be taken for another name.
        @Test func anArgumentThatIsNotUTF8IsRefused() throws {
            let program = try path(ofProgram: "swift-run-trainer")
            let outcome = try shell(script: "exec \(program) summary --model \"$(printf 'm\\377.json')\"")
            expectError(outcome, 64, saying: "argument 3: m", "is not UTF-8")
        }
    }
}
