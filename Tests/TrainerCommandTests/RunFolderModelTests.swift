import Files
import TestSupport
import Testing

extension TrainerCommandTests {
    /// The folder of a run in place of a model's file.
    @Suite struct RunFolderModelTests {
        private let workspace: TemporaryFolder
        private let survey: Survey
        private let run: String

        init() throws {
            workspace = try TemporaryFolder()
            survey = try Survey.shared()
            run = try survey.run()
        }

        /// Commands that take one model, with where they write.
        private func commands(_ output: String) -> [String] {
            [
                "predict --input \(survey.noise) --output \(output) --model",
                "convert --output \(output).keras --model",
                "summary --model",
                "evaluate --data \(survey.folder) --bootstrap 0 --model",
                "occlusion --input \(survey.noise) --index 0 --output \(output) --model",
                "train --data \(survey.folder) --batch-size 64 --epochs 1 --output \(output) --model",
                "train --data \(survey.folder) --batch-size 64 --epochs 1 --output \(output) --model vgg6 --initial-weights",
            ]
        }

        /// What a command with the folder writes and prints is what it does with the file in it.
        @Test func everyCommandTakesTheModelInIt() throws {
            for number in commands("").indices {
                let (byFolder, byFile) = (workspace.path("folder-\(number)"), workspace.path("file-\(number)"))
                let first = try trained("\(commands(byFolder)[number]) \(run)/")
                let second = try trained("\(commands(byFile)[number]) \(run)/model.safetensors")
                let isTraining = commands("")[number].hasPrefix("train")
                if !isTraining {
                    #expect(first.standardOutput.replacing(byFolder, with: byFile) == second.standardOutput)
                }
                for name in ["", ".keras", "/hashes.csv"] where !isTraining || name == "/hashes.csv" {
                    guard exists(byFile + name) else { continue }
                    #expect(try bytes(byFolder + name) == bytes(byFile + name), "\(commands("")[number])")
                }
            }
        }

        @Test func benchTakesItToo() throws {
            let report = try json(
                trained("bench --models \(run) --seconds 0.01 --batch-size 8 --threads 1 --json").standardOutput)
            let networks = try #require(report["networks"] as? [[String: Any]])
            let parameters = try #require(networks.first?["parameters"] as? Int)
            let trainable = try #require(networks.first?["trainable_parameters"] as? Int)
            // As Keras counts them in the notebook.
            #expect((parameters, trainable) == (25_458, 25_394))
            let summary = try trained("summary --model \(run)").standardOutput.replacing(",", with: "")
            #expect(summary.contains("Total params: \(parameters)\nTrainable params: \(trainable)\n"))
        }

        @Test func aFolderWithoutAModelYetSaysSoAndWhatToDo() throws {
            let unfinished = try workspace.copy(run, to: "unfinished")
            try FileAccess.remove("\(unfinished)/model.safetensors")
            for command in commands(workspace.path("out")) + ["bench --models"] {
                expectError(
                    try trainer("\(command) \(unfinished)"), 66, saying: "error: \(unfinished): ",
                    "has no model yet: it is not finished", "--resume",
                    "\(unfinished)/checkpoints/step-22/model.safetensors")
            }
            try trained("summary --model \(unfinished)/checkpoints/step-22/model.safetensors")
            try FileAccess.remove("\(unfinished)/checkpoints")
            expectError(try trainer("summary --model \(unfinished)"), 66, saying: "nor a checkpoint", "status")
        }

        @Test func otherFoldersAreCalledWhatTheyAre() throws {
            try FileAccess.makeFolders(workspace.path("empty"))
            expectError(
                try trainer("summary --model \(workspace.path("empty"))"), 66, saying: "is a folder without a model")
            try write([8, 1], to: workspace.path("empty/saved_model.pb"))
            expectError(
                try trainer("summary --model \(workspace.path("empty"))"), 66, saying: "SavedModel of TensorFlow",
                "tf2onnx")
            for member in ["member-1", "member-2"] {
                try FileAccess.makeFolders(workspace.path("ensemble/\(member)"))
                try write(bytes("\(run)/model.safetensors"), to: workspace.path("ensemble/\(member)/model.safetensors"))
            }
            let ensemble = workspace.path("ensemble")
            expectError(
                try trainer("summary --model \(ensemble)"), 64, saying: "an ensemble of 2 models",
                "\(ensemble)/member-1")
            try trained("predict --model \(ensemble) --input \(survey.noise) --output \(workspace.path("p.npy"))")
        }
    }
}
