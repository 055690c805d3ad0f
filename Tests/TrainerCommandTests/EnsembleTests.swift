import Files
import Foundation
import TestSupport
import Testing

extension TrainerCommandTests {
    /// Ensembles that were interrupted, and what `--resume` makes of them.
    @Suite struct EnsembleTests {
        private let workspace: TemporaryFolder
        private let survey: Survey
        private let run: String

        init() throws {
            workspace = try TemporaryFolder()
            survey = try Survey.shared()
            run = workspace.path("run")
        }

        private func line(_ options: String = "", members: Int = 2) -> String {
            "train --data \(survey.folder) \(Survey.plain) --batch-size 64 --epochs 2 --threads 1 --members \(members)"
                + " --output \(run) \(options)"
        }

        /// The bytes of what a member has made, without times and without what the machine says.
        private func results(_ member: Int) throws -> [String: [UInt8]] {
            let names = ["model.safetensors", "model.keras", "metrics.json", "test_predictions.csv", "hashes.csv"]
            let folder = "\(run)/member-\(member)"
            return try Dictionary(
                uniqueKeysWithValues: names.filter { exists("\(folder)/\($0)") }.map {
                    ($0, try bytes("\(folder)/\($0)"))
                })
        }

        /// What a member has in its folder once it has ended.
        private func finishedFiles(_ member: Int) throws -> [String]? {
            try json(text("\(run)/member-\(member)/config.json"))["finished_files"] as? [String]
        }

        @Test func theEndOfARunIsNotedWithItsFiles() throws {
            try trained(line(members: 1))
            let noted = try json(text("\(run)/config.json"))["finished_files"] as? [String]
            #expect(
                noted == [
                    "history.csv", "hashes.csv", "metrics.jsonl", "training_stamps.bin", "metrics.json",
                    "test_predictions.csv", "model.safetensors", "model.keras",
                ])
        }

        /// Killed anywhere, also between a member's last checkpoint and its end.
        @Test(arguments: [20, 35, 50, 55, 60, 65, 70, 75, 80, 85, 90])
        func aKilledMemberIsCompleted(after operations: Int) throws {
            try trained(line())
            let whole = try (1...2).map(results)
            let ensemble = try bytes("\(run)/metrics.json")
            try FileManager.default.removeItem(atPath: run)
            let words = (line() + " --no-report").split(separator: " ").map(String.init)
            let killed = try TestSupport.run(
                program: "swift-run-trainer", arguments: words,
                environment: ["SWIFT_RUN_TRAINER_KILL_AT": "\(operations)"])
            // The last ones may come after the end.
            #expect([0, 128 + 9].contains(killed.status))
            try trained(line() + " --resume")
            #expect(try (1...2).map(results) == whole)
            #expect(try finishedFiles(1)?.contains("model.keras") == true)
            #expect(try bytes("\(run)/metrics.json") == ensemble)
        }

        @Test(arguments: ["model.keras", "metrics.json", "test_predictions.csv", "history.csv", "model.safetensors"])
        func aMissingPartIsMadeAgain(_ name: String) throws {
            try trained(line())
            let whole = try (1...2).map(results)
            let other = try contents("\(run)/member-1")
            try FileManager.default.removeItem(atPath: "\(run)/member-2/\(name)")
            try trained(line() + " --resume")
            #expect(try (1...2).map(results) == whole && exists("\(run)/member-2/\(name)"))
            #expect(try contents("\(run)/member-1") == other)
        }

        @Test func aMissingReportIsMade() throws {
            try trained(line())
            try trained(line() + " --resume", reporting: true)
            #expect(exists("\(run)/member-1/report.html") && exists("\(run)/member-2/report.html"))
            let before = try contents(run)
            try trained(line() + " --resume", reporting: true)
            #expect(try contents(run) == before)
        }

        @Test func theProgramSaysWhichMemberItTrainsAndReportsOnAll() throws {
            let outcome = try trained(line(), reporting: true)
            for member in 1...2 { #expect(outcome.standardOutput.contains("member \(member) of 2\n")) }
            #expect(outcome.standardOutput.hasSuffix("report in \(run)/report.html\nresults in \(run)\n"))
            let page = try text("\(run)/report.html")
            for member in 1...2 { #expect(page.contains("<a href=\"member-\(member)/report.html\">")) }
            try trained("report --run \(run)")
            #expect(try text("\(run)/report.html") == page)
        }

        /// In a column of what they say together, whose area `metrics.json` has.
        @Test func membersAreComparedTogether() throws {
            try trained(line("--optimizer adam --learning-rate 0.003 --normalize mean"))
            let page = workspace.path("comparison.html")
            try trained("report --compare \(run)/member-1 \(run) --output \(page)")
            #expect(try text(page).contains(">\(run) (2 members together)</th>"))
            let areas = try ["\(run)/member-1", run].map { folder in
                let area = try #require(try json(text("\(folder)/metrics.json"))["roc_auc"] as? Double)
                return String(format: ">%.4f (", area)
            }
            #expect(areas[0] != areas[1])
            for area in areas { #expect(try text(page).contains(area), "\(areas)") }
        }

        /// Versions that did not note the end: a member with checkpoints does its last part again, and one without has
        /// ended if it has a model.
        @Test func membersOfOlderVersionsAreKept() throws {
            try trained(line())
            let whole = try (1...2).map(results)
            for member in 1...2 {
                let path = "\(run)/member-\(member)/config.json"
                let edited = try text(path).replacing(#/"finished_files" : \[[^\]]*\],\s*/#, with: "")
                try write(Array(edited.utf8), to: path)
            }
            try FileManager.default.removeItem(atPath: "\(run)/member-2/checkpoints")
            let kept = try contents("\(run)/member-2")
            try trained(line() + " --resume")
            #expect(try (1...2).map(results) == whole)
            #expect(try finishedFiles(1) != nil)
            #expect(try contents("\(run)/member-2") == kept)
        }

        @Test(arguments: [
            ("--seed 3", "--seed"), ("--batch-size 32", "--batch-size"), ("--normalize robust", "--normalize"),
            ("--model simple-bn", "--model"), ("--epochs 1", "--epochs 1"), ("--split 0.6,0.2,0.2", "--split"),
            ("--sources SOURCES --noise NOISE", "--data"),
        ])
        func otherSettingsAreRefusedByName(_ change: String, _ name: String) throws {
            try trained(line())
            let before = try contents(run)
            var line = line(change, members: 3)
            if change.hasPrefix("--sources") {
                // The classes change places.
                line = line.replacing("--data \(survey.folder)", with: "").replacing("SOURCES", with: survey.noise)
                    .replacing("NOISE", with: survey.sources)
            }
            for ranks in [nil, 2] {
                expectError(try trainer(line + " --resume", ranks: ranks), 64, saying: name, "\(run)/member-1")
            }
            #expect(try contents(run) == before)
        }

        @Test func anEnsembleGrows() throws {
            try trained(line())
            let first = try contents("\(run)/member-1")
            try trained(line(members: 3) + " --resume", ranks: 2)
            #expect(try contents("\(run)/member-1") == first)
            let large = try results(3)
            try FileManager.default.removeItem(atPath: run)
            try trained(line(members: 3))
            #expect(try results(3) == large)
        }

        @Test func moreEpochsAreAddedToEachMember() throws {
            try trained(line())
            try trained(line("--epochs 3") + " --resume")
            #expect(
                try (1...2).map { try text("\(run)/member-\($0)/history.csv").split(separator: "\n").count } == [4, 4])
        }

        /// An ensemble's folder is none for a single run, nor the other way round.
        @Test(arguments: ["", " --resume"]) func foldersAreNotMixed(_ resume: String) throws {
            try trained(line())
            let before = try contents(run)
            expectError(
                try trainer(line(members: 1) + resume), 64, saying: "--output \(run)", "already holds an ensemble")
            #expect(try contents(run) == before)
            let alone = try workspace.copy(survey.run(), to: "alone")
            expectError(
                try trainer(line().replacing("--output \(run)", with: "--output \(alone)") + resume), 64,
                saying: "--output \(alone)", "already holds a run")
        }
    }
}
