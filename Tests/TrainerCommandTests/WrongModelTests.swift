import TestSupport
import Testing

extension TrainerCommandTests {
    /// Models that are damaged, or do not go with the stamps or with each other.
    @Suite struct WrongModelTests {
        private let workspace: TemporaryFolder
        private let survey: Survey

        init() throws {
            workspace = try TemporaryFolder()
            survey = try Survey.shared()
        }

        private func expectRefusal(
            _ options: String, data: String? = nil, _ status: Int32, saying words: String...,
            sourceLocation: SourceLocation = #_sourceLocation
        ) throws {
            let outcome = try trainer(
                "train --data \(data ?? survey.folder) --batch-size 32 --output \(workspace.path("run")) \(options)")
            expectError(outcome, status, sourceLocation: sourceLocation)
            for word in words { #expect(outcome.standardError.contains(word), sourceLocation: sourceLocation) }
            #expect(!exists(workspace.path("run")), sourceLocation: sourceLocation)
        }

        @Test func aNetworkTooDeepForTheStampsIsRefused() throws {
            let data = workspace.path("small")
            try trained("simulate --output \(data) --sources 50 --noise 50 --size 8")
            try expectRefusal("--model vgg6", data: data, 65, saying: "--model vgg6: does not fit stamps of 8×8")
        }

        @Test func aModelForOtherStampsIsRefused() throws {
            let model = "\(try survey.run())/model.safetensors"
            let large = try Survey.large()
            try expectRefusal("--model \(model)", data: large.folder, 65, saying: model, "21×21", "25×25")
            let prediction = try trainer(
                "predict --model \(model) --input \(large.noise) --output \(workspace.path("p.npy"))")
            expectError(prediction, 65, saying: large.noise, "25×25", "21×21")
            #expect(!exists(workspace.path("p.npy")))
            expectError(try trainer("evaluate --model \(model) --data \(large.folder)"), 65, saying: large.noise)
        }

        @Test(arguments: ["cut", "text", "empty", "missing"]) func aDamagedModelIsRefused(_ damage: String) throws {
            let model = workspace.path("\(damage).safetensors")
            switch damage {
            case "cut": try write(bytes("\(try survey.run())/model.safetensors").dropLast(100), to: model)
            case "text": try write(Array("not a model, but long enough to be taken for one".utf8), to: model)
            case "empty": try write([], to: model)
            default: break
            }
            let status: Int32 = damage == "missing" ? 66 : 65
            try expectRefusal("--model \(model)", status, saying: "error: \(model): ")
            try expectRefusal("--initial-weights \(model)", status, saying: model)
            for command in [
                "predict --input \(survey.noise) --output \(workspace.path("p.npy"))",
                "evaluate --data \(survey.folder)",
                "summary",
            ] {
                expectError(try trainer("\(command) --model \(model)"), status, saying: model)
            }
            #expect(!exists(workspace.path("p.npy")))
        }

        @Test(arguments: ["runs/mistyped", "mistyped", "mistyped/"])
        func aFolderThatIsNotThereIsSaidToBeMissing(_ name: String) throws {
            let model = workspace.path(name)
            for command in ["predict --input \(survey.noise) --output p.npy", "evaluate --data \(survey.folder)"] {
                expectError(
                    try trainer("\(command) --model \(model)"), 66, saying: model, "there is no such file or folder")
            }
        }

        @Test func weightsOfAnotherNetworkAreRefused() throws {
            let model = "\(try survey.run())/model.safetensors"
            try expectRefusal("--model simple --initial-weights \(model)", 65, saying: model, "fc_1/kernel")
            try expectRefusal(
                "--model vgg6 --classes 1 --initial-weights \(model)", 65, saying: model, "with 2 outputs",
                "has 1 here",
                "--classes 2")
            // Large enough for other maps in front of the dense layer.
            let large = workspace.path("large")
            try trained("simulate --output \(large) --sources 50 --noise 50 --size 33")
            try expectRefusal(
                "--model vgg6 --initial-weights \(model)", data: large, 65, saying: model,
                "takes stamps of 21×21, the data are of 33×33", "--crop", "without --initial-weights")
        }

        @Test func aNetworkForOtherChannelsNamesBothNumbersAndTheOption() throws {
            let (model, triplets) = ("\(try survey.run())/model.safetensors", workspace.path("triplets"))
            try trained("simulate --output \(triplets) --sources 50 --noise 50 --channels triplet")
            for options in ["--model \(model) --quiet", "--model vgg6 --initial-weights \(model) --quiet"] {
                try expectRefusal(
                    options, data: triplets, 65, saying: model,
                    "takes stamps with 1 channel, the data are with 3 channels", "choose 1 of the 3 with --channels")
            }
            expectError(
                try trainer(
                    "predict --model \(model) --input \(triplets)/stamps_noise.npy --quiet --csv \(workspace.path("p.csv"))"
                ),
                65, saying: "holds stamps with 3 channels, \(model) takes them with 1 channel", "--model")
        }

        @Test func anotherNumberOfClassesThanTheModelHasIsRefused() throws {
            let model = "\(try survey.run())/model.safetensors"
            try expectRefusal("--model \(model) --classes 1", 64, saying: "--classes 1", "which has 2 outputs")
        }

        /// A start from a model, or from its weights alone, is the same start.
        @Test func aTrainedModelCanBeTrainedOn() throws {
            let model = "\(try survey.run())/model.safetensors"
            let options = "train --data \(survey.folder) \(Survey.recipe) --epochs 1"
            try trained("\(options) --model \(model) --output \(workspace.path("model"))")
            try trained("\(options) --initial-weights \(model) --output \(workspace.path("weights"))", ranks: 2)
            let result = try RunResult(workspace.path("model"))
            #expect(try result.differences(from: RunResult(workspace.path("weights"))) == [])
            #expect(try result.differences(from: RunResult(survey.run())).contains("model.safetensors"))
        }
    }
}
