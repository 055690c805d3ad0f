import Files
import Foundation
import StampFormats
import TestSupport
import Testing

extension TrainerCommandTests {
    /// What is done with stamps before the network sees them is a part of the model.
    @Suite struct PreparationTests {
        private static let options =
            "--normalize standard --fill median --mask-channel --crop 15x17 --pad 24"

        private let workspace: TemporaryFolder
        private let survey: Survey

        init() throws {
            workspace = try TemporaryFolder()
            survey = try Survey.shared()
        }

        /// Stamps of which every tenth has a NaN.
        private func holed() throws -> String {
            let folder = workspace.path("holed")
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            for file in [survey.noise, survey.sources] {
                var (values, shape) = try numbers(file)
                for stamp in stride(from: 0, to: Survey.count, by: 10) { values[stamp * Survey.pixels + 200] = .nan }
                let name = file.split(separator: "/").last!
                try NpyFile.write(floats: values, shape: shape, to: "\(folder)/\(name)")
            }
            return folder
        }

        private func train(_ data: String, _ options: String, ranks: Int? = nil) throws -> String {
            let run = workspace.path("run-\(ranks ?? 1)-\(options.hashValue)")
            try trained(
                "train --data \(data) \(Survey.recipe) --epochs 1 --threads 1 --output \(run) \(options)", ranks: ranks)
            return run
        }

        private func predicted(_ model: String, _ input: String, _ options: String = "") throws -> [Float] {
            let output = workspace.path("probabilities.npy")
            try trained("predict --model \(model) --input \(input) --output \(output) \(options)")
            return try numbers(output).values
        }

        /// The probabilities of a run's test set, by the stamps' numbers.
        private func tested(_ run: String) throws -> [Int: Float] {
            let rows = try text("\(run)/test_predictions.csv").split(separator: "\n").dropFirst().map { line in
                line.split(separator: ",")
            }
            return Dictionary(uniqueKeysWithValues: rows.map { (Int($0[0])!, Float($0[2])!) })
        }

        @Test func predictionsNeedNoOption() throws {
            let data = try holed()
            let run = try train(data, Self.options)
            let found = try predicted("\(run)/model.safetensors", "\(data)/stamps_noise.npy")
            let isFinite = found.allSatisfy(\.isFinite)
            #expect(isFinite)
            let noise = try tested(run).filter { $0.key < Survey.count }
            #expect(noise.count > 80)
            for (stamp, probability) in noise { #expect(found[2 * stamp + 1] == probability) }
            // The same by way of Keras' file.
            #expect(try predicted("\(run)/model.keras", "\(data)/stamps_noise.npy") == found)
            #expect(try predicted(run, "\(data)/stamps_noise.npy", "--normalize standard") == found)
            #expect(try predicted(run, "\(data)/stamps_noise.npy", "--normalize robust") != found)
            let outcome = try trained("evaluate --model \(run) --data \(data)")
            // That it knows these stamps, and how good it is, but nothing of how they are prepared.
            #expect(outcome.errorLines.allSatisfy { $0.contains("was trained on") || $0.contains("is no better than") })
        }

        @Test func theModelTellsHowItsStampsArePrepared() throws {
            let run = try train(survey.folder, Self.options)
            let file = try SafetensorsFile(contentsOf: "\(run)/model.safetensors")
            #expect(file.metadata["normalize"] == "standard")
            let told = try #require(file.metadata["preparation"])
            for part in [
                #""fill":"median""#, #""mask_channel":true"#, #""crop":[15,17]"#, #""pad":[24,24]"#, #""means":["#,
            ] {
                #expect(told.contains(part), "\(told)")
            }
            let usual = try SafetensorsFile(contentsOf: "\(survey.run())/model.safetensors")
            #expect(usual.metadata["normalize"] == "mean" && usual.metadata["preparation"] == nil)
            try trained("convert --model \(run)/model.safetensors --output \(workspace.path("model.onnx"))")
            let written = String(decoding: try bytes(workspace.path("model.onnx")), as: UTF8.self)
            #expect(written.contains(told))
        }

        /// Some stamps are read ahead, and a run that was stopped goes on: the same bits.
        @Test func streamedAndResumedRunsHaveTheSameBits() throws {
            let data = try holed()
            let whole = workspace.path("whole")
            let line = "train --data \(data) \(Survey.recipe) \(Self.options) --augment all --threads 1 --epochs"
            try trained("\(line) 2 --output \(whole)")
            let streamed = workspace.path("streamed"), resumed = workspace.path("resumed")
            try trained("\(line) 2 --memory 400K --output \(streamed)")
            try trained("\(line) 1 --output \(resumed)")
            try trained("\(line) 2 --resume --output \(resumed)", ranks: 2)
            for run in [streamed, resumed] {
                #expect(try bytes("\(run)/model.safetensors") == bytes("\(whole)/model.safetensors"))
            }
            for (option, other) in [
                ("--crop", "15"), ("--fill", "zero"), ("--pad", "25"), ("--normalize-over", "stamp"),
            ] {
                let outcome = try trainer("\(line) 3 \(option) \(other) --resume --output \(resumed)")
                #expect(outcome.status != 0 && outcome.standardError.contains(option), "\(outcome.standardError)")
            }
        }

        @Test func mapsAreOfWhatTheNetworkSees() throws {
            let run = try train(survey.folder, Self.options)
            let output = workspace.path("maps.npy")
            try trained("occlusion --model \(run) --input \(survey.sources) --index 3 --output \(output)")
            let (map, shape) = try numbers(output)
            let isFinite = map.allSatisfy(\.isFinite)
            #expect(shape == [24, 24] && isFinite)
        }

        @Test(arguments: [nil, 2]) func stampsOfAnotherSizeAreRefused(ranks: Int?) throws {
            let run = try train(survey.folder, "--crop 21 --fill zero --mask-channel")
            let large = try Survey.large()
            // A model that crops takes larger stamps too.
            #expect(try predicted(run, large.noise).count == 200)
            let plain = try survey.run()
            let outcome = try trainer(
                "predict --model \(plain) --input \(large.noise) --output \(workspace.path("p.npy"))", ranks: ranks)
            expectError(outcome, 65, saying: large.noise, "25×25", "21×21")
            let other = workspace.path("other")
            let line = "train --data \(large.folder) --epochs 1 --batch-size 64 --output \(other)"
            expectError(
                try trainer("\(line) --model \(plain)/model.safetensors", ranks: ranks), 65, saying: "25×25", "21×21",
                "--crop")
            expectError(
                try trainer("\(line) --model \(run)/model.safetensors --crop 21", ranks: ranks), 65,
                saying: "2 channels", "1 channel", "--channel NAME=FILE")
            #expect(!exists(other))
            try trained("\(line) --model \(plain)/model.safetensors --crop 21", ranks: ranks)
        }

        @Test func aModelWithoutATrainingSetsDeviationCannotBeAskedForIt() throws {
            let outcome = try trainer(
                "predict --model \(survey.run()) --normalize standard --input \(survey.noise) "
                    + "--output \(workspace.path("p.npy"))")
            expectError(outcome, 64, saying: "--normalize standard")
        }

        /// What is filled is not left out; a stamp that is constant still is.
        @Test func filledStampsCountAsGood() throws {
            let line = "train --noise \(survey.damagedNoise) --sources \(survey.sources) --model simple --epochs 1"
            let (first, second) = (workspace.path("first"), workspace.path("second"))
            try trained("\(line) --normalize standard --skip-bad --output \(first)")
            #expect(try text("\(first)/config.json").contains("\"noise\" : 1"))
            try trained("\(line) --normalize zscore --fill zero --skip-bad --output \(second)")
            #expect(try text("\(second)/config.json").contains("\"noise\" : 1"))
            try trained("\(line) --normalize standard --fill zero --output \(workspace.path("third"))")
            expectError(
                try trainer("\(line) --normalize zscore --fill zero --output \(workspace.path("fourth"))"), 65,
                saying: survey.damagedNoise, "stamp 7")
        }
    }
}
