import TestSupport
import Testing

extension TrainerCommandTests {
    @Suite struct ReportTests {
        private let workspace: TemporaryFolder
        private let survey: Survey

        init() throws {
            workspace = try TemporaryFolder()
            survey = try Survey.shared()
        }

        @Test func aReportCanBeMadeAgain() throws {
            let run = try workspace.copy(survey.run(), to: "run")
            let page = try text("\(run)/report.html")
            let outcome = try trained("report --run \(run)", ranks: 2)
            #expect(outcome.standardOutput == "report in \(run)/report.html\n")
            // It names the folder that it was made for.
            #expect(try text("\(run)/report.html").contains("completeness") && page.contains("completeness"))
            #expect(page.contains("As it was typed:"))
        }

        @Test func trainingWithoutAReportMakesNone() throws {
            let run = workspace.path("run")
            let outcome = try trained(
                "train --data \(survey.folder) --model simple --epochs 1 --output \(run)")
            #expect(!exists("\(run)/report.html") && !exists("\(run)/figures"))
            #expect(!outcome.standardOutput.contains("report in"))
            let both = workspace.path("both.html")
            try trained("report --compare \(run) \(survey.run()) --output \(both)")
            #expect(try text(both).contains("Settings that differ"))
        }

        @Test func wrongOptionsAreRefused() throws {
            expectError(try trainer("report"), 64, saying: "--run", "--compare")
            expectError(try trainer("report --run \(workspace.path)"), 66, saying: workspace.path, "config.json")
            expectError(try trainer("report --compare a --output b.html"), 64, saying: "--compare")
            expectError(try trainer("report --compare a b"), 64, saying: "--output")
            expectError(try trainer("report --run a --output b.html"), 64, saying: "--output")
        }
    }
}
