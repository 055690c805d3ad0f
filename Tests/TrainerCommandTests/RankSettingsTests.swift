import TestSupport
import Testing

extension TrainerCommandTests {
    /// Ranks that were started with different command lines.
    @Suite struct RankSettingsTests {
        private let workspace: TemporaryFolder
        private let survey: Survey

        init() throws {
            workspace = try TemporaryFolder()
            survey = try Survey.shared()
        }

        private func train(_ options: [String]) throws -> ProgramOutcome {
            let program = try path(ofProgram: "swift-run-trainer")
            let ranks = options.map {
                "-n 1 \(program) train --data \(survey.folder) --model simple --epochs 1 --no-report"
                    + " --output \(workspace.path("run")) \($0)"
            }
            let mpirun = TestLauncher.usual.command.joined(separator: " ")
            return try shell(script: "exec \(mpirun) \(ranks.joined(separator: " : "))", timeout: 60)
        }

        @Test(arguments: [
            ("--learning-rate", "0.1"), ("--seed", "4"), ("--batch-size", "32"), ("--epochs", "2"),
            ("--members", "2"), ("--split", "0.6,0.2,0.2"), ("--data", "elsewhere"), ("--stall-timeout", "7"),
            ("--early-stopping", "loss"), ("--output", "elsewhere"), ("--memory", "1G"),
        ])
        func differentSettingsAreRefused(_ option: String, _ value: String) throws {
            let outcome = try train(["", "", "\(option) \(value)"])
            #expect(outcome.status == 64, "\(outcome.standardError)")
            let lines = outcome.errorLines.filter { $0.hasPrefix("error: ") }
            #expect(lines.count == 1 && lines[0].hasPrefix("error: \(option): rank 2 on "), "\(outcome.standardError)")
            #expect(!exists(workspace.path("run")))
        }

        /// Machines differ, and only rank 0 prints.
        @Test func whatEachRankMayHaveForItselfIsAccepted() throws {
            let outcome = try train(["--threads 1", "--threads 2 --quiet"])
            #expect(outcome.status == 0, "\(outcome.standardError)")
        }
    }
}
