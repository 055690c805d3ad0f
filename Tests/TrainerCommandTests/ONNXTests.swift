import TestSupport
import Testing

extension TrainerCommandTests {
    /// Networks that others have exported as .onnx are used here
    /// (`Tests/ReferenceValues/make_onnx_reference.py`, `make_onnx_keras_reference.py`).
    @Suite struct ONNXTests {
        private static let ofPyTorch = [
            "lenet", "vgg", "resnet18-logits", "mobile", "blocks", "unet-logits", "mlp", "decoder-logits", "inputs",
        ]

        private let workspace: TemporaryFolder

        init() throws { workspace = try TemporaryFolder() }

        private func reference(_ name: String) -> String { ReferenceValues.path("onnx/\(name)") }

        /// What the program says of a reference's stamps as they are.
        private func probabilities(_ model: String, of name: String, layout: String) throws -> [Float] {
            let output = workspace.path("probabilities.npy")
            let logits = name.contains("logits") && model.hasSuffix(".onnx") ? " --from-logits" : ""
            let features = name == "inputs" ? " --features \(reference("inputs-features.npy"))" : ""
            try trained(
                "predict --model \(model) --input \(reference("\(name).npy")) --layout \(layout) --normalize none "
                    + "--quiet --output \(output)\(logits)\(features)")
            return try numbers(output).values
        }

        private func expectProbabilities(_ found: [Float], of name: String) throws {
            let expected = try numbers(reference("\(name)-probabilities.npy")).values
            #expect(found.count == expected.count)
            let largest = zip(found, expected).map { abs($0 - $1) }.max() ?? 0
            #expect(largest <= 2e-6, "\(name): \(largest)")
            // A network that says the same of all stamps would show nothing.
            #expect(Set(expected).count >= 5)
        }

        /// As exported by PyTorch from a script and by dynamo, with other operators for the same layers.
        @Test(arguments: ofPyTorch, ["script", "dynamo"])
        func predictionsOfPyTorchsNetworksAgree(name: String, exporter: String) throws {
            let model = reference("\(name)-\(exporter).onnx")
            try expectProbabilities(probabilities(model, of: name, layout: "nchw"), of: name)
        }

        @Test(arguments: ["keras-chain", "keras-branches"])
        func predictionsOfKerasNetworksAgree(name: String) throws {
            let model = reference("\(name).onnx")
            try expectProbabilities(probabilities(model, of: name, layout: "nhwc"), of: name)
        }

        @Test(arguments: ["mobile", "unet-logits", "mlp"], ["keras", "safetensors", "onnx"])
        func convertedNetworksPredictTheSame(name: String, ending: String) throws {
            let model = workspace.path("model.\(ending)")
            let logits = name.contains("logits") ? " --from-logits" : ""
            try trained("convert --model \(reference("\(name)-dynamo.onnx")) --output \(model)\(logits)")
            try expectProbabilities(probabilities(model, of: name, layout: "nchw"), of: name)
        }

        @Test func aSummaryHasReadableNames() throws {
            let summary = try trained("summary --model \(reference("resnet18-logits-dynamo.onnx")) --from-logits")
            for layer in ["layer2.0.downsample.0 (Conv2D)", "layer4.1.conv2 (Conv2D)", "fc (Dense)"] {
                #expect(summary.standardOutput.contains(layer))
            }
        }

        /// Under the name of another format, too.
        @Test func weightsMayLieBesideTheFile() throws {
            _ = try workspace.file("external.onnx.data", ReferenceValues.bytes("onnx/external.onnx.data"))
            let model = try workspace.file("model.keras", ReferenceValues.bytes("onnx/external.onnx"))
            try trained("convert --model \(model) --output \(workspace.path("model.safetensors"))")
            _ = try workspace.file(
                "external.onnx.data", Array(ReferenceValues.bytes("onnx/external.onnx.data").dropLast()))
            expectError(
                try trainer("convert --model \(model) --output \(workspace.path("again.safetensors"))"), 65,
                saying: "external.onnx.data", "is shorter")
        }

        @Test func logitsAreToBeToldOf() throws {
            let model = reference("decoder-logits-script.onnx")
            expectError(
                try trainer("summary --model \(model)"), 65, saying: "neither softmax nor sigmoid", "--from-logits")
            let softmax = reference("lenet-script.onnx")
            expectError(try trainer("summary --model \(softmax) --from-logits"), 64, saying: "leave it out")
        }
    }
}
