import Foundation
#if canImport(FoundationXML)
    import FoundationXML
#endif
import TestSupport
import Testing

extension TrainerCommandTests {
    /// Searches of settings, on few stamps.
    @Suite struct TuneTests {
        private let workspace: TemporaryFolder
        private let survey: Survey
        private let space: String

        init() throws {
            workspace = try TemporaryFolder()
            survey = try Survey.shared()
            space = workspace.path("space.toml")
            try write(
                """
                learning-rate = { from = 1e-3, to = 1e-1, scale = "log" }
                optimizer = ["sgd", "adam"]
                batch-size = { from = 32, to = 128 }
                """)
        }

        private func write(_ text: String) throws { try TestSupport.write(Array(text.utf8), to: space) }

        private func path(_ name: String) -> String { workspace.path(name) }

        private func options(_ name: String) -> String {
            "tune --space \(space) --data \(survey.folder) \(Survey.plain) --normalize mean --epochs 4 --trials 6 "
                + "--reduction 2 --threads 1 --no-report --output \(path(name))"
        }

        /// Everything that a search tells, but for times.
        private func result(_ name: String) throws -> [String] {
            let best = try json(text("\(path(name))/best.json"))
            let trial = try #require(best["trial"] as? Int)
            return try ["trials.csv", "best.json", "search.json"].map { try text("\(path(name))/\($0)") }
                + [String(describing: try bytes("\(path(name))/trials/trial-\(trial)/model.safetensors").hashValue)]
        }

        @Test func theTableIsTheSameForAnyNumberOfRanks() throws {
            let alone = try trained(options("alone"))
            #expect(alone.standardOutput.contains("rung 3 of 3: 1 trial at epoch 4, the best: trial "))
            let table = try text(path("alone/trials.csv")).split(separator: "\n")
            #expect(table.count == 7 && table[0] == "trial,epochs,val_loss,outcome,batch-size,learning-rate,optimizer")
            #expect(table[1].contains(",4,") && table[1].contains(",best,"))
            #expect(table.dropFirst(2).count { $0.contains(",left behind,") } == 5)
            // Parts of one rank, of two, and one part of all.
            for (name, ranks, more) in [
                ("two", 2, ""), ("pairs", 4, " --ranks-per-trial 2"), ("one", 2, " --ranks-per-trial 2"),
            ] {
                try trained(options(name) + more, ranks: ranks)
                #expect(try result(name) == result("alone"), "\(name)")
            }
        }

        @Test func aTrialIsTheRunThatTrainMakes() throws {
            try trained(options("search"), ranks: 2)
            let rows = try text(path("search/trials.csv")).split(separator: "\n").map { $0.split(separator: ",") }
            let best = rows[1]
            try trained(
                "train --data \(survey.folder) \(Survey.plain) --normalize mean --epochs 4 --batch-size \(best[4]) "
                    + "--learning-rate \(best[5]) --optimizer \(best[6]) --output \(path("single"))")
            let trial = path("search/trials/trial-\(best[0])")
            #expect(try RunResult(trial).differences(from: RunResult(path("single"))) == [])
            // One that was left behind goes on as any run does.
            let last = rows[6]
            let words =
                "train --data \(survey.folder) \(Survey.plain) --normalize mean --epochs 4 --batch-size \(last[4]) "
                + "--learning-rate \(last[5]) --optimizer \(last[6])"
            try trained("\(words) --resume --output \(path("search/trials/trial-\(last[0])"))")
            try trained("\(words) --output \(path("other"))")
            let left = try RunResult(path("search/trials/trial-\(last[0])"))
            #expect(try left.differences(from: RunResult(path("other"))) == [])
        }

        @Test(arguments: [nil, 2])
        func aSearchThatWasKilledGoesOn(ranks: Int?) throws {
            try trained(options("whole"))
            let program = try TestSupport.path(ofProgram: "swift-run-trainer")
            let command = "\(program) \(options("killed"))"
            let sender =
                "(until ls \(path("killed"))/trials/trial-4; do sleep 0.02; done; kill -KILL $$) >/dev/null 2>&1 &"
            let script = "\(sender) exec \(command)"
            let outcome = try shell(
                script: ranks == nil
                    ? script : "mpirun --oversubscribe -n 1 sh -c '\(script)' : -n 1 \(command)")
            #expect(outcome.status == 128 + 9)
            #expect(!exists(path("killed/trials.csv")))
            let status = try trainer("status \(path("killed"))")
            #expect(status.status == 75 && status.standardOutput.contains("\ntrial-1"), "\(status.standardOutput)")
            expectError(try trainer(options("killed")), 64, saying: "already holds a search", "--resume")
            try trained(options("killed") + " --resume", ranks: ranks == nil ? 2 : nil)
            #expect(try result("killed") == result("whole"))
            // Once more, nothing is left to do.
            let again = try trained(options("killed") + " --resume")
            #expect(try result("killed") == result("whole") && again.standardOutput.contains("rung 3 of 3"))
        }

        @Test func aSignalStopsASearchThatGoesOn() throws {
            let program = try TestSupport.path(ofProgram: "swift-run-trainer")
            let sender =
                "(until ls \(path("stopped"))/trials/trial-3; do sleep 0.02; done; kill -TERM $$) >/dev/null 2>&1 &"
            let outcome = try shell(script: "\(sender) exec \(program) \(options("stopped")) --quiet")
            #expect(outcome.status == 75, "\(outcome.standardError)")
            #expect(
                outcome.errorLines.count == 1
                    && outcome.standardError.hasPrefix("stopped: SIGTERM: stopped in rung 1 of 3"))
            expectError(
                try trainer(options("stopped") + " --resume --epochs 5"), 64,
                saying: "begun with another --trials, --epochs")
            expectError(
                try trainer(options("stopped") + " --resume --no-dropout"), 64,
                saying: "begun with another --no-dropout")
            try trained(options("stopped") + " --resume")
            try trained(options("whole"))
            #expect(try result("stopped") == result("whole"))
        }

        @Test func aTrialThatFailsLoses() throws {
            // Of 700 training stamps there is no batch of 701, and at such a rate the loss becomes infinite.
            try write("batch-size = [\"64\", \"701\"]\nlearning-rate = [0.001, 1e30]")
            try trained(options("search"), ranks: 2)
            let rows = try text(path("search/trials.csv")).split(separator: "\n").dropFirst()
            #expect(rows.count == 6 && rows.first!.hasSuffix(",best,64,0.001"))
            for row in rows where row.hasSuffix("701,0.001") || row.hasSuffix("64,1e+30") {
                #expect(row.contains(",failed,"))
            }
            #expect(rows.contains { $0.contains(",failed,") })
            try write("learning-rate = [1e30]")
            expectError(
                try trainer(options("none") + " --trials 2 --quiet"), 65,
                saying: "no trial came to epoch 2 with a number",
                "search other values")
        }

        @Test(arguments: [
            ("lr = [1]", "did you mean learning-rate?", 65),
            ("optimizer = [\"adm\"]", "'adm' is invalid for '--optimizer", 65),
            ("learning-rate = [-1]", "trial 1: --learning-rate -1.0: must be a positive number", 64),
            ("epochs = [1, 2]", "epochs is no option of train that can be searched", 65), ("a", "line 1", 65),
        ])
        func aSpaceThatCannotBeIsOneLine(_ text: String, _ words: String, _ status: Int32) throws {
            try write(text)
            expectError(try trainer(options("search"), ranks: 2), status, saying: words)
            #expect(!exists(path("search")))
        }

        @Test(arguments: [
            ("--ranks-per-trial 2", "does not divide the one rank"), ("--trials 0", "must be from 1 to 100000"),
            ("--reduction 1", "must be from 2"), ("--least-epochs 0", "--least-epochs 0"), ("--folds 3", "pick one"),
            ("--metric f1", "val_loss"), ("--epochs 0", "--epochs 0"),
            ("--metric val_roc_auc --split 0.8,0,0.2", "leaves no stamp for validation"),
        ])
        func anOptionThatCannotBeIsOneLine(_ more: String, _ words: String) throws {
            let outcome = try trainer(options("search") + " --quiet " + more)
            #expect([64, 65].contains(outcome.status))
            expectError(outcome, outcome.status, saying: words)
        }

        @Test func theAreaIsMeasuredForASearchAlone() throws {
            try trained(options("search") + " --metric val_roc_auc --trials 2 --epochs 1")
            let rows = try text(path("search/trials.csv")).split(separator: "\n").map { $0.split(separator: ",") }
            let areas = rows.dropFirst().compactMap { Double($0[2]) }
            #expect(areas.count == 2 && areas[0] >= areas[1] && areas.allSatisfy { (0...1).contains($0) })
        }

        @Test func theReportShowsAllTrials() throws {
            let outcome = try trainer(options("search").replacing(" --no-report", with: ""), timeout: 120)
            #expect(outcome.status == 0, "\(outcome.standardError)")
            let page = try text(path("search/report.html"))
            for words in ["6 trials of 3 settings", "left behind", "optimizer", "swift-run-trainer train ", "Rungs"] {
                #expect(page.contains(words), "\(words)")
            }
            #expect(try text(path("search/figures/search.csv")).split(separator: "\n").count == 6)
            #expect(XMLParser(data: Data(page.replacing("<!DOCTYPE html>", with: "").utf8)).parse())
        }
    }
}
