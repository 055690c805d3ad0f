import Foundation
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

        /// Steps that change nothing leave a network that calls all stamps one class.
        @Test func aModelThatLearnedNothingIsToldOf() throws {
            let train = "train --data \(survey.folder) --recipe notebook --learning-rate 1e-20 --epochs 1"
            let run = workspace.path("run"), plain = workspace.path("plain")
            let words = "is no better than calling every stamp "
            let outcome = try trainer("\(train) --output \(run)", reporting: true)
            #expect(outcome.status == 0)
            #expect(outcome.standardError.contains("\(run): \(words)"), "\(outcome.standardError)")
            #expect(outcome.standardError.contains("and than a matched filter (ROC area"))
            #expect(outcome.standardError.contains("try --recipe survey"))
            #expect(try text("\(run)/report.html").contains("The model \(words)"))
            let again = try trainer("report --run \(run)")
            #expect(again.standardError.contains(words))
            let other = try trainer("\(train) --output \(plain)")
            #expect(other.standardError.contains("\(plain): \(words)"), "\(other.standardError)")
            let evaluated = try trainer("evaluate --model \(run) --data \(survey.folder) --matched-filter")
            #expect(evaluated.standardError.contains("the model: \(words)"), "\(evaluated.standardError)")
        }

        /// The run is safe: a signal that comes while gnuplot does not end is no reason to fail. Making a report alone,
        /// it ends the program as if there were no handler.
        @Test func aSignalEndsGnuplot() throws {
            let gnuplot = workspace.path("gnuplot"), run = workspace.path("run")
            try write(Array("#!/bin/sh\necho $$ >\(gnuplot).number\nexec sleep 1000\n".utf8), to: gnuplot)
            let program = try path(ofProgram: "swift-run-trainer")
            func interrupted(_ line: String) throws -> ProgramOutcome {
                try shell(
                    script: """
                        chmod +x \(gnuplot); rm -f \(gnuplot).number; export SWIFT_RUN_TRAINER_GNUPLOT=\(gnuplot)
                        (until test -s \(gnuplot).number; do sleep 0.02; done; kill -TERM $$) &
                        exec \(program) \(line)
                        """)
            }
            let training = "train --data \(survey.folder) --model simple --epochs 1 --quiet --output \(run)"
            for (line, status) in [(training, 0), ("report --run \(run)", 128 + SIGTERM)] {
                let outcome = try interrupted(line)
                #expect(outcome.status == status, "\(outcome.standardError)")
                #expect(outcome.errorLines(saying: "gnuplot") == (status == 0 ? 1 : 0), "\(outcome.standardError)")
                let number = try text("\(gnuplot).number").trimmingCharacters(in: .newlines)
                for _ in 0..<100 where exists("/proc/\(number)") { usleep(20_000) }
                #expect(!exists("/proc/\(number)"))
            }
            #expect(exists("\(run)/model.safetensors") && exists("\(run)/report.html"))
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
