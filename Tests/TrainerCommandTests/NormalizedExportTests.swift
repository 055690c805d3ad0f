import EngineTestSupport
import Foundation
import ModelFiles
import Models
import Preparation
import StampFormats
import TestSupport
import Testing

private let python = Python(having: "numpy", "onnxruntime")

extension TrainerCommandTests {
    /// Models for other programs that take stamps as they are, and lines of numpy that prepare them.
    @Suite struct NormalizedExportTests {
        /// A model with random weights, and stamps that it takes.
        private struct Case {
            let name: String
            let preparation: StampPreparation
            let stamps: String
            var size = 21
            var channels = 1
            var hasGraph = true
        }

        private let workspace: TemporaryFolder
        private let survey: Survey

        init() throws {
            workspace = try TemporaryFolder()
            survey = try Survey.shared()
        }

        /// 40 stamps of two channels, with bright sky, of which the second is larger by a factor.
        private func makePairs(_ name: String, missing: Bool) throws -> String {
            let (values, shape) = try numbers(Survey.large().sources)
            let pixels = shape[1] * shape[2]
            var stamps: [Float] = []
            for pixel in 0..<(40 * pixels) {
                let value = values[pixel]
                stamps += [1000 + value, missing && pixel % 97 == 5 ? .nan : 300 - 7 * value]
            }
            let path = workspace.path(name)
            try NpyFile.write(floats: stamps, shape: [40, shape[1], shape[2], 2], to: path)
            return path
        }

        private var cases: [Case] {
            get throws {
                let pairs = try makePairs("both.npy", missing: false)
                let damaged = try makePairs("damaged-stamps.npy", missing: true)
                let single: [Normalization] =
                    Normalization.named.filter { $0 != .none } + [
                        .percentile(try #require(PercentileRange(low: 2, high: 99.5))),
                        .scale(try #require(LinearScaling(zero: 100, unit: 255))),
                        .standard(StandardScaling(means: [7], deviations: [20])),
                    ]
                let both = StandardScaling(means: [1010, 250], deviations: [30, 200])
                let reversed = try #require(ChannelSelection(["1", "0"]))
                return single.map { Case(name: "\($0)", preparation: StampPreparation($0), stamps: survey.sources) } + [
                    Case(
                        name: "pairs", preparation: StampPreparation(.robust), stamps: pairs, size: 25, channels: 2),
                    Case(
                        name: "pairs-together", preparation: StampPreparation(.notebook, scope: .stamp), stamps: pairs,
                        size: 25, channels: 2),
                    Case(
                        name: "pairs-standard", preparation: StampPreparation(.standard(both)), stamps: pairs, size: 25,
                        channels: 2),
                    Case(
                        name: "everything",
                        preparation: StampPreparation(
                            .asinh, channels: reversed, fill: .median, maskChannel: true,
                            crop: StampExtent(height: 19, width: 20), pad: StampExtent(height: 22, width: 23)),
                        stamps: damaged, size: 0, channels: 3, hasGraph: false),
                    Case(
                        name: "filled", preparation: StampPreparation(.minmax, scope: .stamp, fill: .minimum),
                        stamps: damaged, size: 25, channels: 2, hasGraph: false),
                ]
            }
        }

        private func model(_ test: Case) throws -> String {
            let extent = test.preparation.pad.map { ($0.height, $0.width) } ?? (test.size, test.size)
            let network = try Network(
                StandardNetwork.simple.description(
                    height: extent.0, width: extent.1, channels: test.channels, features: 0, classes: 2))
            let path = workspace.path("\(test.name).safetensors")
            try TrainedModel(
                network: network, weights: network.variedWeights(seed: 3), preparation: test.preparation
            ).write(to: path)
            return path
        }

        /// Single precision and another order of sums: 1e-5 of a probability.
        @Test(.enabled(if: python != nil, "no Python has numpy and onnxruntime"))
        func stampsAsTheyAreGetTheSameProbabilities() throws {
            var files: [String: String] = [:]
            for test in try cases {
                let (model, name) = (try model(test), test.name)
                files[name] = test.stamps
                try trained(
                    "predict --model \(model) --input \(test.stamps) --quiet --output \(workspace.path("\(name).npy"))")
                try trained("convert --model \(model) --output \(workspace.path("\(name)-plain.onnx"))")
                for ending in test.hasGraph ? ["onnx"] + (supportsKeras ? ["keras"] : []) : [] {
                    let output = workspace.path("\(name).\(ending)")
                    let outcome = try trained("convert --model \(model) --output \(output) --with-normalization")
                    #expect(outcome.standardOutput == "")
                }
                let lines = try trained("convert --model \(model) --numpy").standardOutput
                #expect(lines.split(separator: "\n").count <= 20, "\(name)")
                try lines.write(toFile: workspace.path("\(name).py"), atomically: true, encoding: .utf8)
            }
            try JSONEncoder().encode(files).write(to: URL(fileURLWithPath: workspace.path("cases.json")))
            let script = try #require(python).output(ofScript: "compare_normalizations.py", [workspace.path("")])
            let found = try JSONDecoder().decode([String: [String: Double]].self, from: Data(script.utf8))
            for test in try cases {
                let differences = try #require(found[test.name], "\(test.name)")
                #expect(differences["numpy"] != nil && (differences["onnx"] != nil) == test.hasGraph)
                for (program, difference) in differences {
                    #expect(difference <= 1e-5, "\(test.name) in \(program): \(difference)")
                }
            }
        }

        @Test func whatNoGraphDoesIsRefusedWithTheWayOut() throws {
            let test = try #require(try cases.first { $0.name == "filled" })
            let model = try model(test)
            let output = workspace.path("model.onnx")
            expectError(
                try trainer("convert --model \(model) --output \(output) --with-normalization"), 64, saying: "--fill",
                "--numpy")
            #expect(!exists(output))
            let outcome = try trained("convert --model \(model) --output \(output)")
            #expect(
                outcome.standardOutput
                    == "\(output) takes prepared stamps (minmax): --numpy prints it as lines of numpy\n")
        }

        @Test func theOptionIsForFilesOfOtherPrograms() throws {
            let model = "\(try survey.run())/model.safetensors"
            for name in ["model.safetensors", "model.pth"] {
                expectError(
                    try trainer("convert --model \(model) --output \(workspace.path(name)) --with-normalization"), 64,
                    saying: "--with-normalization", ".onnx")
            }
            expectError(try trainer("convert --model \(model)"), 64, saying: "--output", "--numpy")
        }

        @Test(arguments: ["onnx"] + (supportsKeras ? ["keras"] : []))
        func aFileThatNormalizesIsNotNormalizedTwice(ending: String) throws {
            let output = workspace.path("model.\(ending)")
            try trained("convert --model \(survey.run())/model.safetensors --output \(output) --with-normalization")
            expectError(
                try trainer("predict --model \(output) --input \(survey.sources) --output \(workspace.path("p.npy"))"),
                65,
                saying: output, "contains the normalisation")
        }
    }
}
