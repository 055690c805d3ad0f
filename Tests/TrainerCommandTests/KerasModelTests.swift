import TestSupport
import Testing

extension TrainerCommandTests {
    /// Training what Keras described.
    @Suite(.enabled(if: supportsKeras)) struct KerasModelTests {
        private let workspace: TemporaryFolder
        private let data: String

        init() throws {
            workspace = try TemporaryFolder()
            data = workspace.path("data")
            try trained("simulate --output \(data) --sources 60 --noise 60 --size 7 --seed 2")
        }

        private func run(
            _ model: String, _ name: String, epochs: Int = 2, options: String = "", ranks: Int? = nil
        ) throws -> String {
            let output = workspace.path(name)
            try trained(
                "train --data \(data) --recipe notebook --model \(kerasArchives)/\(model) --epochs \(epochs) --batch-size 16"
                    + " --microbatch 4 --threads 1 --output \(output) \(options)", ranks: ranks)
            return output
        }

        /// The file's weights are the start; a network without weights starts from the seed.
        @Test(arguments: ["branches.keras", "branches.json"]) func aNetworkWithBranchesIsTrained(model: String) throws {
            let alone = try run(model, "alone")
            #expect(try RunResult(run(model, "ranks", ranks: 2)).differences(from: RunResult(alone)) == [])
            let other = model.hasSuffix("json") ? "branches.keras" : "branches.json"
            #expect(
                try RunResult(run(other, "other")).differences(from: RunResult(alone)).contains("model.safetensors"))
        }

        @Test(arguments: ["branches.keras", "branches.json"])
        func resumingGivesTheBitsOfARunWithoutInterruption(model: String) throws {
            let whole = try run(model, "whole", epochs: 3)
            _ = try run(model, "interrupted")
            let resumed = try run(model, "interrupted", epochs: 3, options: "--resume")
            #expect(try RunResult(resumed).differences(from: RunResult(whole)) == [])
        }

        @Test func anArchiveGivesANetworkItsInitialWeights() throws {
            let started = try run(
                "branches.json", "weights", options: "--initial-weights \(kerasArchives)/branches.keras")
            #expect(try RunResult(started).differences(from: RunResult(run("branches.keras", "model"))) == [])
        }

        @Test func bothModelFilesOfARunPredictAlike() throws {
            let run = try run("branches.keras", "run")
            let predictions = try ["safetensors", "keras"].map { ending in
                let output = workspace.path("\(ending).npy")
                try trained(
                    "predict --model \(run)/model.\(ending) --input \(data)/stamps_noise.npy --output \(output)")
                return try bytes(output)
            }
            #expect(predictions[0] == predictions[1])
            let evaluations = try ["safetensors", "keras"].map {
                try trained("evaluate --model \(run)/model.\($0) --data \(data) --json").standardOutput
            }
            #expect(evaluations[0] == evaluations[1])
        }

        @Test func stampsOfAnotherSizeAreRefused() throws {
            for model in ["branches.keras", "branches.json"] {
                let output = workspace.path("run")
                let outcome = try trainer(
                    "train --data \(try Survey.shared().folder) --model \(kerasArchives)/\(model) --output \(output)")
                expectError(outcome, 65, saying: model, "7×7", "21×21")
                #expect(!exists(output))
            }
        }

        /// Nothing in a model file is run.
        @Test(arguments: ["lambda", "custom-layer", "channels-first", "two-outputs"])
        func networksThatNeedMoreAreRefusedBeforeTraining(name: String) throws {
            let model = "\(kerasArchives)/refused/\(name).json", output = workspace.path("run")
            expectError(try trainer("train --data \(data) --model \(model) --output \(output)"), 65, saying: model)
            #expect(!exists(output))
        }
    }
}
