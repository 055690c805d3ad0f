import Files
import StampFormats
import TestSupport
import Testing

extension TrainerCommandTests {
    /// `predict --layer`: every layer of models that Keras saved, as Keras computes it
    /// (`Tests/ReferenceValues/make_layer_output_reference.py`).
    @Suite(.enabled(if: supportsKeras)) struct LayerOutputTests {
        private let workspace: TemporaryFolder

        init() throws { workspace = try TemporaryFolder() }

        private func model(_ name: String) -> String {
            ReferenceValues.path("\(name == "keras3" ? "keras_legacy" : "keras_archives")/\(name).keras")
        }

        private func reference(_ name: String) throws -> SafetensorsFile {
            try SafetensorsFile(contentsOf: ReferenceValues.path("layer_outputs/\(name).safetensors"))
        }

        /// The options that name the inputs of a reference file.
        private func inputs(_ reference: SafetensorsFile) throws -> String {
            let options = [("stamps", "--input"), ("features", "--features")].compactMap { name, option -> String? in
                guard let tensor = reference.tensor(named: name) else { return nil }
                let path = workspace.path("\(name).npy")
                let shape = tensor.shape.last == 1 ? tensor.shape.dropLast() : tensor.shape[...]
                try? NpyFile.write(floats: (try? reference.floats(name)) ?? [], shape: Array(shape), to: path)
                return "\(option) \(path)"
            }
            return options.joined(separator: " ") + " --normalize none"
        }

        @Test(arguments: ["chain", "branches", "features", "elements-13x12x2", "keras3"])
        func everyLayerIsThatOfKeras(name: String) throws {
            let reference = try reference(name), inputs = try inputs(reference)
            let output = workspace.path("output.npy")
            let layers = reference.tensors.filter { $0.name.hasPrefix("output/") }
            #expect(layers.count > 5)
            for tensor in layers {
                let layer = String(tensor.name.dropFirst("output/".count))
                try trained("predict --model \(model(name)) \(inputs) --layer \(layer) --output \(output)")
                let (values, shape) = try numbers(output)
                #expect(shape == tensor.shape, "\(layer)")
                let expected = try reference.floats(tensor.name)
                let largest = expected.reduce(0) { max($0, abs($1)) }
                let deviation = zip(values, expected).reduce(0) { max($0, abs($1.0 - $1.1)) }
                // Some roundings of either program.
                #expect(
                    values.count == expected.count && deviation <= 1e-5 * max(largest, 1e-3), "\(layer): \(deviation)")
            }
        }

        @Test func tablesHoldTheSameNumbers() throws {
            let inputs = try inputs(reference("features"))
            let (array, table) = (workspace.path("own.npy"), workspace.path("own.csv"))
            let line = "predict --model \(model("features")) \(inputs) --layer own --output \(array) --csv \(table)"
            for ranks in [nil, 2] {
                try trained(line, ranks: ranks)
                let lines = try text(table).split(separator: "\n")
                #expect(lines[0] == "file,index,value_0,value_1,value_2,value_3")
                let values = try lines.dropFirst().flatMap { line in
                    try line.split(separator: ",").dropFirst(2).map { try #require(Float($0)) }
                }
                #expect(try values == numbers(array).values)
            }
        }

        @Test func whatCannotBeIsRefused() throws {
            let inputs = try inputs(reference("chain")), output = workspace.path("output.npy")
            let line = "predict --model \(model("chain")) \(inputs) --layer"
            expectError(
                try trainer("\(line) fc1 --output \(output)"), 64, saying: "--layer fc1", "fc_1", "summary --model")
            expectError(
                try trainer("\(line) pool --csv \(workspace.path("pool.csv"))"), 64, saying: "--csv", "(3, 1, 4)")
            for other in ["--threshold 0.5", "--dropout-passes 3", "--augment-passes", "--combine max"] {
                expectError(
                    try trainer("\(line) fc_1 --output \(output) \(other)"), 64, saying: String(other.prefix(9)), "fc_1"
                )
            }
            expectError(
                try trainer(
                    "predict --model \(model("chain")) \(model("chain")) \(inputs) --layer fc_1 --output \(output)"),
                64,
                saying: "2 models")
            // Stamps of the same shape as the outputs.
            let other = workspace.path("other.npy")
            try NpyFile.write(floats: [Float](repeating: 0, count: 72), shape: [1, 9, 8, 1], to: other)
            expectError(try trainer("\(line) fc_1 --output \(other)"), 74, saying: other)
            #expect(!exists(output) && !exists(workspace.path("pool.csv")))
        }
    }

    /// The same of the program's own models.
    @Suite struct OwnLayerOutputTests {
        /// More stamps than a block of such maps has; a stamp that cannot be used.
        @Test func anyRanksAndThreadsGiveTheSameBits() throws {
            let workspace = try TemporaryFolder(), survey = try Survey.shared()
            let output = workspace.path("maps.npy")
            let line =
                "predict --model \(try survey.run()) --input \(survey.damagedNoise) \(survey.sources)"
                + " --layer LAYER --output \(output)"
            func predict(_ layer: String, _ options: String = "", ranks: Int? = nil) throws -> [UInt8] {
                try trained(line.replacing("LAYER", with: layer) + " \(options)", ranks: ranks)
                return try bytes(output)
            }
            let names = try trained("summary --model \(try survey.run())/model.safetensors").standardOutput
                .split(separator: "\n").filter { $0.contains("(None, ") }.map { String($0.split(separator: " ")[0]) }
            #expect(names.count > 3)
            for name in names {
                let alone = try predict(name, "--threads 1")
                let (values, shape) = try numbers(output)
                let count = shape.dropFirst().reduce(1, *)
                #expect(values[7 * count..<8 * count].allSatisfy(\.isNaN) && !values[0].isNaN, "\(name)")
                #expect(try predict(name, "--threads 2", ranks: 3) == alone, "\(name)")
            }
            // The last one gives the probabilities.
            let last = try numbers(output)
            try trained(
                "predict --model \(try survey.run()) --input \(survey.damagedNoise) \(survey.sources) --output \(output)"
            )
            let probabilities = try numbers(output)
            #expect(last.shape == probabilities.shape)
            for (one, other) in zip(last.values, probabilities.values) where !other.isNaN {
                #expect(abs(one - other) <= 1e-6)
            }
        }
    }
}
