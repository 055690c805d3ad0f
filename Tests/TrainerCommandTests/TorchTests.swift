import Foundation
import TestSupport
import Testing

private let python = Python(having: "torch", "numpy")

extension TrainerCommandTests {
    /// Weights that PyTorch has made are used here, and those that were made here in PyTorch
    /// (`Tests/ReferenceValues/compare_torch_files.py`).
    @Suite struct TorchTests {
        private let workspace: TemporaryFolder

        init() throws { workspace = try TemporaryFolder() }

        private func probabilities(_ name: String) throws -> [Float] { try numbers(workspace.path(name)).values }

        private func expectNearby(_ first: [Float], _ second: [Float]) {
            #expect(first.count == second.count)
            let largest = zip(first, second).map { abs($0 - $1) }.max() ?? 0
            #expect(largest <= 2e-6, "\(largest)")
        }

        /// NETWORK CHANNELS CLASSES SIZE PREFIX
        @Test(
            .enabled(if: python != nil),
            arguments: ["resnet18 1 2 21 model.", "resnet34 3 5 20 -", "resnet50-torch 2 1 33 module."])
        func predictionsAgreeBothWays(network: String) throws {
            let words = network.split(separator: " ").map(String.init)
            let python = try #require(python)
            let (model, stamps) = (workspace.path("model.safetensors"), workspace.path("stamps.npy"))
            func predict(_ model: String, _ output: String) throws -> [Float] {
                try trained(
                    "predict --model \(model) --input \(stamps) --layout nhwc --quiet --output \(workspace.path(output))"
                )
                return try probabilities(output)
            }
            try python.output(ofScript: "compare_torch_files.py", ["make"] + words + [workspace.path])
            let torch = try probabilities("probabilities.npy")
            try trained(
                "convert --model \(workspace.path("torch.pth")) --output \(model) --size \(words[3]) --recipe kbmod")
            let own = try predict(model, "own.npy")
            expectNearby(torch, own)
            #expect(Set(torch).count > 2)

            let prefix = words[4] == "-" ? "" : " --prefix \(words[4])"
            try trained("convert --model \(model) --output \(workspace.path("own.pth"))\(prefix)")
            try python.output(ofScript: "compare_torch_files.py", ["open"] + words + [workspace.path])
            #expect(try probabilities("probabilities.npy") == torch)
            #expect(try predict(workspace.path("own.pth"), "again.npy") == own)
        }

        @Test func optionsThatWouldChangeNothingAreRefused() throws {
            let model = "\(try Survey.shared().run())/model.safetensors", output = workspace.path("model.keras")
            for option in ["--size 21", "--recipe kbmod", "--prefix model."] {
                expectError(
                    try trainer("convert --model \(model) --output \(output) \(option)"), 64,
                    saying: String(option.split(separator: " ")[0]), "leave it out")
            }
            let torch = ReferenceValues.path("torch/tensors.pth")
            expectError(try trainer("convert --model \(torch) --output \(output) --size 0"), 64, saying: "--size 0")
            expectError(try trainer("convert --model \(torch) --output \(output)"), 65, saying: "lacks conv1.weight")
            expectError(
                try trainer("predict --model \(torch) --input a.npy --output \(workspace.path("p.npy"))"), 65,
                saying: "weights without a network", "convert it first")
            #expect(!exists(output))
        }

        @Test func theRecipeOfKBMODGivesAFileForItsFilter() throws {
            let run = workspace.path("run")
            let data = try Survey.shared().folder
            try trained("train --data \(data) --recipe kbmod --epochs 1 --batch-size 64 --no-report --output \(run)")
            let configuration = try String(contentsOfFile: "\(run)/config.json", encoding: .utf8)
            #expect(configuration.contains(#""model" : "resnet18""#) && configuration.contains(#""fill" : "zero""#))
            let first = workspace.path("first.pth"), second = workspace.path("second")
            try trained("convert --model \(run)/model.safetensors --output \(first) --prefix model.")
            try trained(
                "train --data \(data) --recipe kbmod --epochs 1 --batch-size 64 --no-report --initial-weights \(first) --output \(second)"
            )
            #expect(exists("\(second)/model.safetensors"))
        }
    }
}
