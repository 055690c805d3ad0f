import Foundation
import TestSupport
import Testing

extension TrainerCommandTests {
    /// What becomes of what is printed where it cannot be written, or nobody reads it.
    @Suite struct StandardOutputTests {
        private let workspace: TemporaryFolder
        private let survey: Survey
        private let program: String

        init() throws {
            workspace = try TemporaryFolder()
            survey = try Survey.shared()
            program = try path(ofProgram: "swift-run-trainer")
        }

        private func training(_ name: String) -> String {
            "train --data \(survey.folder) \(Survey.recipe) --threads 1 --epochs 2 --no-report"
                + " --output \(workspace.path(name))"
        }

        @Test(arguments: [
            "--help", "help train", "--version", "summary --model vgg6", "evaluate --json --bootstrap 0",
            "evaluate --bootstrap 0", "bench --models simple --seconds 0.1 --threads 1",
            "bench --models simple --seconds 0.1 --threads 1 --json",
        ])
        func aResultThatCannotBeWrittenIsAnError(line: String) throws {
            let data = line.hasPrefix("evaluate") ? " --run \(try survey.run())" : ""
            let full = try shell(script: "exec \(program) \(line)\(data) >/dev/full")
            expectError(full, 74, saying: "standard output: cannot be written (No space left on device)")
            let closed = try shell(script: "exec \(program) \(line)\(data) >&-")
            expectError(closed, 74, saying: "standard output: cannot be written (Bad file descriptor)")
        }

        /// As `cat` does: quietly, by SIGPIPE; and with a message where SIGPIPE is ignored.
        @Test func aReaderThatHasGoneEndsACommandThatPrints() throws {
            let status = workspace.path("status")
            let gone = try shell(script: "(sleep 0.3; \(program) summary; echo $? >\(status)) | true; sleep 1")
            #expect(gone.standardError == "")
            #expect(try text(status) == "\(128 + SIGPIPE)\n")
            let ignoring = try shell(
                script: "trap '' PIPE; (sleep 0.3; \(program) summary; echo $? >\(status)) | true; sleep 1")
            #expect(ignoring.standardError.hasPrefix("error: standard output: cannot be written (Broken pipe); "))
            #expect(try text(status) == "74\n")
        }

        /// Neither a reader that goes away nor a full disk keeps a run from its end.
        @Test func trainingGoesOnWhateverBecomesOfItsProgress() throws {
            let whole = try trainer(training("whole"))
            try #require(whole.status == 0)
            for (name, output, expected) in [
                ("gone", "| true", "0\n"), ("closed", ">&-", "0\n"), ("full", ">/dev/full", "74\n"),
            ] {
                let status = workspace.path("\(name).status")
                let outcome = try shell(
                    script: """
                        (sleep 0.3; \(program) \(training(name)); echo $? >\(status)) \(output)
                        until test -s \(status); do sleep 0.05; done
                        """)
                #expect(try text(status) == expected, "\(name): \(outcome.standardError)")
                #expect(outcome.errorLines.count == (name == "full" ? 1 : 0), "\(outcome.standardError)")
                let difference = try RunResult(workspace.path(name)).differences(
                    from: RunResult(workspace.path("whole")))
                #expect(difference == [], "\(name)")
            }
        }

        @Test func aCommandThatWritesFilesDoesNotMindThatNobodyReads() throws {
            let data = workspace.path("data"), status = workspace.path("status")
            let line = "simulate --sources 5 --noise 5 --output \(data)"
            _ = try shell(script: "(sleep 0.3; \(program) \(line); echo $? >\(status)) | true; sleep 1")
            #expect(try text(status) == "0\n")
            expectError(try shell(script: "exec \(program) \(line)/2 >/dev/full"), 74, saying: "standard output: ")
            #expect(exists("\(data)/2/stamps_sources.npy"))
        }
    }
}
