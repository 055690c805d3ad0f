import Foundation
import TestSupport
import Testing

extension TrainerCommandTests {
    /// What is said of runs from their folders.
    @Suite struct StatusTests {
        private let workspace: TemporaryFolder
        private let survey: Survey

        init() throws {
            workspace = try TemporaryFolder()
            survey = try Survey.shared()
        }

        private func copy(of run: String, as name: String) throws -> String {
            let copy = workspace.path(name)
            try FileManager.default.copyItem(atPath: run, toPath: copy)
            return copy
        }

        @Test func aFinishedRunIsToldInLines() throws {
            let run = try survey.run()
            let text = try trained("status \(run)").standardOutput
            for words in [
                "\(run)  vgg6\n", "state         finished\n", "2 of 2 done\n", "val_loss      ",
                "checkpoint    step 22, ",
            ] {
                #expect(text.contains(words), "\(words)")
            }
            #expect(!text.contains("\u{1B}") && !text.contains("left"))
            #expect(
                try trained("status \(run) --watch").standardOutput.hasPrefix("\(run) - finished - epoch 2/2 - loss "))
        }

        /// A lock that names a process of another host is believed as long as something is written now and then.
        @Test func aRunOnAnotherHostIsJudgedByItsLastRecord() throws {
            let run = try copy(of: survey.longRun(), as: "run")
            try write(Array("process 1 on elsewhere\n".utf8), to: "\(run)/.lock")
            #expect(
                try trained("status \(run)").standardOutput.contains("running on elsewhere, process 1; last record "))
            let long = Date(timeIntervalSinceNow: -3600)
            for name in [".lock", "config.json", "metrics.jsonl", "checkpoints", "checkpoints/step-44"] {
                try FileManager.default.setAttributes([.modificationDate: long], ofItemAtPath: "\(run)/\(name)")
            }
            let silent = try trainer("status \(run)")
            #expect(
                silent.status == 75
                    && silent.standardOutput.contains("silent on elsewhere, process 1: no record for 1:00:0"))
            #expect(silent.errorLines.count == 1 && silent.standardError.contains("--resume"))
        }

        @Test func aRunThatWasKilledHereHasDied() throws {
            let run = try copy(of: survey.run(), as: "run")
            // Larger than any process number.
            try write(Array("process 99999999 on \(ProcessInfo.processInfo.hostName)\n".utf8), to: "\(run)/.lock")
            let died = try trainer("status \(run)")
            #expect(died.status == 75 && died.standardOutput.contains("died on "))
        }

        @Test func aRunThatDivergedHasFailed() throws {
            let run = workspace.path("run")
            _ = try trainer("train --data \(survey.folder) \(Survey.plain) --learning-rate 1e30 --output \(run)")
            let failed = try trainer("status \(run)")
            #expect(failed.status == 65 && failed.standardOutput.contains("state         failed: training: "))
            #expect(failed.errorLines.count == 1 && failed.standardError.contains("smaller --learning-rate"))
        }

        @Test func aRunIsFollowedWhileItTrains() throws {
            let (run, program) = (workspace.path("run"), try path(ofProgram: "swift-run-trainer"))
            let script = """
                \(program) train --data \(survey.folder) \(Survey.recipe) --epochs 1000000 --threads 1 --quiet --output \(run) &
                until test -e \(run)/history.csv; do sleep 0.02; done
                \(program) status \(run)
                \(program) status \(run) --watch --every 0.1 >\(run).watched &
                until grep -q " - running - " \(run).watched; do sleep 0.02; done
                kill -TERM %1; wait %1; wait %2; status=$?; cat \(run).watched; echo $status
                """
            let said = try shell(script: "bash -c '\(script)'").standardOutput
            #expect(said.contains("state         running on \(ProcessInfo.processInfo.hostName), process "), "\(said)")
            #expect(said.contains(" of 1000000 done") && said.contains("; about ") && said.contains(" left\n"))
            #expect(said.contains("\(run) - running - epoch ") && said.contains("\(run) - stopped - epoch "))
            #expect(said.hasSuffix("\n75\n"))
            #expect(exists("\(run)/ended.json"))
            // Once it has gone on, it no longer says so.
            let epochs = try text("\(run)/history.csv").split(separator: "\n").count
            try trained("train --data \(survey.folder) \(Survey.recipe) --epochs \(epochs) --resume --output \(run)")
            #expect(!exists("\(run)/ended.json"))
            #expect(try trained("status \(run)").standardOutput.contains("finished"))
        }

        @Test func anEnsembleIsATable() throws {
            let run = workspace.path("run")
            try trained("train --data \(survey.folder) \(Survey.plain) --epochs 1 --members 2 --output \(run)")
            let lines = try trained("status \(run)").standardOutput.split(separator: "\n")
            #expect(lines.count == 4 && lines[0] == run && lines[1].hasPrefix("run"))
            #expect(lines[2].hasPrefix("member-1  finished    1/1") && lines[3].hasPrefix("member-2  finished    1/1"))
        }

        @Test func whatIsNoRunIsNamed() throws {
            expectError(try trainer("status \(workspace.path("none"))"), 66, saying: "does not exist")
            expectError(try trainer("status \(survey.folder)"), 66, saying: "holds no run")
            expectError(try trainer("status \(survey.folder) --watch --every 0"), 64, saying: "--every 0.0")
        }
    }
}
