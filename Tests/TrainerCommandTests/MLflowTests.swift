import Foundation
import TestSupport
import Testing

extension TrainerCommandTests {
    /// `--log-mlflow`: what rank 0 writes beside the run.
    @Suite struct MLflowTests {
        private let workspace: TemporaryFolder
        private let survey: Survey

        init() throws {
            workspace = try TemporaryFolder()
            survey = try Survey.shared()
        }

        private var store: String { workspace.path("mlruns") }

        private func train(_ options: String) -> String {
            "train --data \(survey.folder) \(Survey.recipe) --threads 1 --log-mlflow \(store) "
                + "--output \(workspace.path("run")) \(options)"
        }

        /// The folder of the only run.
        private func run() throws -> String {
            let experiments = try names(in: store)
            try #require(experiments.count == 1)
            let runs = try names(in: "\(store)/\(experiments[0])").filter { $0 != "meta.yaml" }
            try #require(runs.count == 1)
            return "\(store)/\(experiments[0])/\(runs[0])"
        }

        private func course(_ metric: String) throws -> [[String]] {
            try text("\(run())/metrics/\(metric)").split(separator: "\n").map {
                $0.split(separator: " ").dropFirst().map(String.init)
            }
        }

        @Test func ranksAndAResumptionMakeOneRunWithoutDoubles() throws {
            try trained(train("--epochs 2"), ranks: 2)
            let first = try run()
            // As if it had been lost in its second epoch.
            try FileManager.default.removeItem(atPath: workspace.path("run/checkpoints/step-22"))
            try trained(train("--epochs 3 --resume"))
            #expect(try run() == first)
            let history = try text(workspace.path("run/history.csv")).split(separator: "\n").dropFirst().map {
                $0.split(separator: ",").map(String.init)
            }
            #expect(history.count == 3)
            #expect(try course("val_loss") == history.map { [$0[3], $0[0]] })
            #expect(try course("accuracy") == history.map { [$0[2], $0[0]] })
            #expect(try course("train/loss").map { $0[1] } == (1...33).map(String.init))
            #expect(try course("test_loss").map { $0[1] } == ["3"])
            #expect(try text("\(first)/params/learning-rate") == "0.001")
            #expect(try text("\(first)/params/optimizer") == "adam")
            #expect(try text("\(first)/meta.yaml").contains("\nstatus: 3\n"))
        }

        @Test func howARunEndsIsNoted() throws {
            let outcome = try trainer(train("--model simple --learning-rate 1e30 --epochs 3"))
            #expect(outcome.status == 65)
            #expect(try text("\(run())/meta.yaml").contains("\nstatus: 4\n"))
        }

        @Test func aFolderThatCannotBeWrittenIsSaidAtOnce() throws {
            try write([], to: store)
            expectError(try trainer(train("--epochs 1"), ranks: 2), 74, saying: store)
            #expect(!exists(workspace.path("run")))
            expectError(
                try trainer(["train", "--data", survey.folder, "--log-mlflow", ""]), 64,
                saying: "--log-mlflow: is empty")
        }
    }
}
