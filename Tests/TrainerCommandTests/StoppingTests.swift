import Foundation
import StampFormats
import Testing

extension TrainerCommandTests {
    /// Runs that end early, whose learning rate falls, or whose weights are averaged.
    @Suite struct StoppingTests {
        private let workspace: Workspace
        private let survey: Survey

        init() throws {
            workspace = try Workspace()
            survey = try Survey.shared()
        }

        @discardableResult
        private func train(_ options: String, ranks: Int? = nil, name: String) throws -> String {
            let run = workspace.path(name)
            let threads = ranks == nil ? 2 : 1
            try trained(
                "train --data \(survey.folder) \(Survey.recipe) --threads \(threads) --output \(run) \(options)",
                ranks: ranks)
            return run
        }

        private func history(_ run: String) throws -> [[Substring]] {
            try text("\(run)/history.csv").split(separator: "\n").dropFirst().map {
                $0.split(separator: ",", omittingEmptySubsequences: false)
            }
        }

        /// No improvement is as large as 10, but the first from nothing: the best epoch is the first.
        private static let stopping = "--early-stopping val_loss --patience 2 --min-delta 10"

        @Test func aRunThatGetsNoBetterEndsWithItsBestWeights() throws {
            let run = try train("--epochs 9 \(Self.stopping)", name: "stopped")
            #expect(try history(run).count == 3)
            let best = try train("--epochs 1", name: "best")
            for file in ["model.safetensors", "test_predictions.csv", "metrics.json"] {
                #expect(try bytes("\(run)/\(file)") == bytes("\(best)/\(file)"), "\(file)")
            }
            // It has ended: to go on gives the same again, and says so.
            let again = try trained(
                "train --data \(survey.folder) \(Survey.recipe) --epochs 9 \(Self.stopping) --output \(run) --resume")
            #expect(again.standardOutput.contains("stopped after epoch 3: val_loss is no better for 2 epochs"))
            #expect(try history(run).count == 3)
            #expect(try bytes("\(run)/model.safetensors") == bytes("\(best)/model.safetensors"))
        }

        @Test func theLearningRateFallsOnAPlateau() throws {
            // Too slow to improve by 10⁻⁴ in an epoch.
            let run = try train(
                "--optimizer sgd --learning-rate 1e-9 --epochs 5 --reduce-on-plateau 0.5,1 --no-dropout", name: "flat")
            let rates = try history(run).map { try #require(Float($0[5])) }
            let factors = rates.map { $0 / 1e-9 }
            // The validation loss of the first epochs moves with batch normalisation's statistics: it may still improve.
            #expect(factors[0] == 1)
            for (rate, next) in zip(factors, factors.dropFirst()) { #expect(next == rate || next == rate / 2) }
        }

        private static let all =
            "--epochs 4 --early-stopping val_accuracy --patience 3 --reduce-on-plateau 0.5,1 --ema 0.9"

        @Test func anyRanksAndThreadsGiveTheSame() throws {
            let alone = try RunResult(try train(Self.all, name: "alone"))
            for ranks in [2, 3] {
                let other = try RunResult(try train(Self.all, ranks: ranks, name: "ranks-\(ranks)"))
                #expect(other.differences(from: alone) == [])
            }
        }

        /// Each checkpoint holds the average of the weights of all steps so far.
        @Test func checkpointsHoldTheAverage() throws {
            // One step an epoch, as each epoch's end has a checkpoint.
            let run = try train("--epochs 6 --batch-size full --ema 0.8 --keep-checkpoints 100", name: "averaged")
            let steps = try names(in: "\(run)/checkpoints").compactMap { Int($0.dropFirst("step-".count)) }.sorted()
            #expect(steps == Array(1...6))
            var average: [Float] = []
            for step in steps {
                let folder = "\(run)/checkpoints/step-\(step)"
                let weights = try SafetensorsFile(contentsOf: "\(folder)/model.safetensors").floats("conv1/kernel")
                average = average.isEmpty ? weights : zip(average, weights).map { 0.8 * $0 + (1 - 0.8) * $1 }
                let written = try SafetensorsFile(contentsOf: "\(folder)/average.safetensors").floats("conv1/kernel")
                // Roundings of each step, some of them fused.
                for (a, b) in zip(average, written) { #expect(abs(a - b) <= 1e-6) }
            }
            // The model is the last average, with the moving statistics of the last step.
            let last = "\(run)/checkpoints/step-\(steps.last!)"
            let model = try SafetensorsFile(contentsOf: "\(run)/model.safetensors")
            #expect(
                try model.floats("conv1/kernel")
                    == SafetensorsFile(contentsOf: "\(last)/average.safetensors").floats("conv1/kernel"))
            let statistics = try #require(model.tensors.map(\.name).first { $0.hasSuffix("moving_variance") })
            #expect(
                try model.floats(statistics)
                    == SafetensorsFile(contentsOf: "\(last)/model.safetensors").floats(statistics))
        }

        @Test func aRunThatGoesOnInAnEpochRemembersAverageAndBest() throws {
            let whole = try RunResult(try train(Self.all, name: "whole"))
            let run = try train("\(Self.all) --checkpoint-every 3steps --keep-checkpoints 100", name: "cut")
            // Back to the middle of the third epoch.
            let folders = try names(in: "\(run)/checkpoints").filter { $0.hasPrefix("step-") }
            let steps = folders.compactMap { Int($0.dropFirst("step-".count)) }
            let perEpoch = try #require(steps.max()) / 4
            for step in steps where step > 2 * perEpoch + 4 {
                try FileManager.default.removeItem(atPath: "\(run)/checkpoints/step-\(step)")
            }
            try trained(
                "train --data \(survey.folder) \(Survey.recipe) \(Self.all) --threads 1 --output \(run) --resume",
                ranks: 2)
            #expect(try RunResult(run).differences(from: whole) == [])
        }

        @Test(arguments: [
            ("--early-stopping speed", "speed"), ("--patience 3", "--early-stopping"),
            ("--early-stopping loss --patience 0", "--patience"),
            ("--early-stopping loss --min-delta -1", "--min-delta"),
            ("--early-stopping val_loss --split 0.8,0,0.2", "validation"),
            ("--reduce-on-plateau 0.5", "--reduce-on-plateau"), ("--reduce-on-plateau 2,3", "--reduce-on-plateau"),
            ("--ema 1", "--ema"),
        ])
        func wrongOptionsAreRefused(options: String, word: String) throws {
            let outcome = try trainer("train --data \(survey.folder) --output \(workspace.path("run")) \(options)")
            expectError(outcome, 64, saying: word)
            #expect(!exists(workspace.path("run")))
        }
    }
}
