import Foundation
import TestSupport
import Testing

extension TrainerCommandTests {
    /// Training some layers of a network only.
    @Suite struct FrozenLayersTests {
        private let workspace: TemporaryFolder
        private let survey: Survey

        init() throws {
            workspace = try TemporaryFolder()
            survey = try Survey.shared()
        }

        private func train(_ name: String, _ options: String) throws -> String {
            let run = workspace.path(name)
            try trained(
                "train --data \(survey.folder) \(Survey.plain)-bn --batch-size 64 --microbatch 8 --threads 1"
                    + " --output \(run) \(options)")
            return run
        }

        @Test func listsMayBeRepeated() throws {
            let one = try train("one", "--epochs 1 --freeze fc_1,fc_2")
            let two = try train("two", "--epochs 1 --freeze fc_1 --freeze fc_2")
            #expect(try RunResult(one).differences(from: RunResult(two)) == [])
            let only = try train("only", "--epochs 1 --train-only fc_out,bn_*")
            #expect(try bytes("\(one)/model.safetensors") == bytes("\(only)/model.safetensors"))
            let settings = try #require(json(text("\(one)/config.json"))["settings"] as? [String: Any])
            let layers = try #require(settings["frozen_layers"] as? [String: Any])
            #expect(layers["choice"] as? String == "freeze" && layers["patterns"] as? [String] == ["fc_1", "fc_2"])
        }

        @Test func aRunWithFrozenLayersGoesOnAsIfItHadNotStopped() throws {
            let options = "--optimizer adam --ema 0.9 --clip-norm 0.5 --freeze fc_1,bn_*"
            let whole = try train("whole", "--epochs 3 \(options)")
            _ = try train("resumed", "--epochs 1 \(options)")
            let resumed = try train("resumed", "--epochs 3 --resume \(options)")
            #expect(try RunResult(resumed).differences(from: RunResult(whole)) == [])
            for other in ["", "--freeze fc_1", "--train-only fc_2,fc_out"] {
                let outcome = try trainer(
                    "train --data \(survey.folder) \(Survey.plain)-bn --batch-size 64 --microbatch 8 --epochs 4 --resume"
                        + " --optimizer adam --ema 0.9 --clip-norm 0.5 --output \(resumed) \(other)")
                expectError(outcome, 64, saying: "--resume \(resumed)", "--freeze fc_1,bn_*")
                #expect(!outcome.standardError.contains("--model"))
            }
        }

        /// What the model has frozen itself counts beside the option.
        @Test func aModelWithOtherFrozenLayersIsNotGoneOnWith() throws {
            let model = workspace.path("own.safetensors")
            func freeze(_ options: String) throws {
                let run = try train("frozen", "--epochs 1 \(options)")
                try? FileManager.default.removeItem(atPath: model)
                try FileManager.default.moveItem(atPath: "\(run)/model.safetensors", toPath: model)
                try FileManager.default.removeItem(atPath: run)
            }
            func own(_ options: String) -> String {
                "train --data \(survey.folder) \(Survey.plain) --model \(model) --batch-size 64 --microbatch 8 --freeze fc_1"
                    + " --output \(workspace.path("own")) \(options)"
            }
            try freeze("")
            try trained(own("--epochs 1"))
            try trained(own("--epochs 2 --resume"))
            try freeze("--freeze fc_2")
            expectError(try trainer(own("--epochs 3 --resume")), 64, saying: "--freeze fc_1 (layers ")
        }

        @Test(arguments: [
            ("--freeze block*", "--freeze block*: names no layer of simple-bn; name one of fc_1, "),
            ("--freeze fc_1, ", "--freeze: has an empty pattern"), ("--train-only ,", "--train-only: has an empty"),
            ("--train-only flatten", "--train-only flatten: names layers of simple-bn without weights"),
            ("--freeze *", "--freeze *: leaves nothing of simple-bn to train"),
            ("--freeze fc_1 --train-only fc_2", "--train-only: stands beside --freeze"),
        ])
        func whatCannotBeFrozenIsRefused(options: String, words: String) throws {
            let run = workspace.path("run")
            for ranks in [nil, 2] {
                expectError(
                    try trainer(
                        "train --data \(survey.folder) \(Survey.plain)-bn --output \(run) \(options)", ranks: ranks),
                    64, saying: words)
            }
            expectError(try trainer("summary --model simple-bn \(options)"), 64, saying: words)
            #expect(!exists(run))
        }

        @Test func theSummaryTellsBeforehand() throws {
            let summary = try trained("summary --model simple --train-only fc_out").standardOutput
            #expect(summary.contains("Trainable params: 26,462\nNon-trainable params: 990\n"))
        }
    }
}
