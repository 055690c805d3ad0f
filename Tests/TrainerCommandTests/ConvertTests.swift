import TestSupport
import Testing

extension TrainerCommandTests {
    @Suite(.enabled(if: supportsKeras)) struct ConvertTests {
        private let workspace: TemporaryFolder

        init() throws { workspace = try TemporaryFolder() }

        private func convert(_ model: String, to output: String) throws -> ProgramOutcome {
            try trainer("convert --model \(model) --output \(output)")
        }

        private func converted(_ model: String, to name: String) throws -> String {
            let output = workspace.path(name)
            let outcome = try trained("convert --model \(model) --output \(output)")
            let notice = "\(output) takes prepared stamps (mean): --with-normalization puts that into it"
            let isForOthers = !output.hasSuffix(".safetensors") && model.contains("survey")
            #expect(!isForOthers || outcome.standardOutput.hasPrefix(notice), "\(outcome.standardOutput)")
            return output
        }

        @Test func thereAndBackGivesTheSameBytes() throws {
            let run = try Survey.shared().run()
            let archive = try converted("\(run)/model.safetensors", to: "model.keras")
            #expect(try bytes(archive) == bytes("\(run)/model.keras"))
            let back = try converted(archive, to: "model.safetensors")
            #expect(try bytes(back) == bytes("\(run)/model.safetensors"))
        }

        @Test(arguments: ["chain", "branches"]) func modelsOfKerasSurviveTheWayThereAndBack(name: String) throws {
            let first = try converted("\(kerasArchives)/\(name).keras", to: "first.safetensors")
            let second = try converted(converted(first, to: "between.keras"), to: "second.safetensors")
            #expect(try bytes(first) == bytes(second))
        }

        @Test(arguments: ["safetensors", "keras"]) func onnxIsWrittenAlikeFromEitherFormat(ending: String) throws {
            let run = try Survey.shared().run()
            let graph = try bytes(converted("\(run)/model.\(ending)", to: "model.onnx"))
            // All weights in single precision lie in it.
            let summary = try trained("summary --model \(run)/model.safetensors").standardOutput
            let total = try #require(summary.split(separator: "\n").first { $0.hasPrefix("Total params: ") })
            let parameters = try #require(Int(total.dropFirst("Total params: ".count).filter(\.isNumber)))
            #expect(graph.count >= 4 * parameters)
            #expect(try graph == bytes(converted("\(run)/model.safetensors", to: "again.onnx")))
        }

        @Test func unknownEndingsAreRefused() throws {
            let model = "\(try Survey.shared().run())/model.safetensors"
            for name in ["model.h5", "model", "model.onnx.gz", "model.json"] {
                let output = workspace.path(name)
                expectError(try convert(model, to: output), 64, saying: output, ".safetensors, .keras, .onnx or .pth")
                #expect(!exists(output))
            }
            let others = try ["model.h5.gz", "weights"].map { try workspace.file($0, Array("other".utf8)) }
            for input in ["\(kerasArchives)/chain.json"] + others {
                let output = workspace.path("model.keras")
                expectError(
                    try convert(input, to: output), 64, saying: input,
                    "use a .safetensors, .keras, .h5, .onnx or .pth file")
                #expect(!exists(output))
            }
        }

        @Test(arguments: ["keras", "safetensors"]) func missingModelsAreNamed(ending: String) throws {
            let model = workspace.path("none.\(ending)"), output = workspace.path("model.onnx")
            expectError(try convert(model, to: output), 66, saying: model)
            #expect(!exists(output))
        }

        @Test(arguments: ["cut", "text", "empty", "flipped"]) func aDamagedArchiveIsRefused(damage: String) throws {
            var archive = try bytes("\(Survey.shared().run())/model.keras")
            switch damage {
            case "cut": archive.removeLast(archive.count / 2)
            case "text": archive = Array("not an archive, but long enough to be taken for one".utf8)
            case "empty": archive = []
            default: archive[archive.count / 2] ^= 0x10
            }
            let model = workspace.path("damaged.keras"), output = workspace.path("model.safetensors")
            try write(archive, to: model)
            expectError(try convert(model, to: output), 65, saying: model)
            #expect(!exists(output))
            // The network alone is read for a summary.
            if damage != "flipped" { expectError(try trainer("summary --model \(model)"), 65, saying: model) }
        }

        @Test func aFolderThatIsNotThereIsNamed() throws {
            let model = "\(try Survey.shared().run())/model.safetensors"
            for ending in ["keras", "onnx", "safetensors"] {
                let output = workspace.path("none/model.\(ending)")
                expectError(try convert(model, to: output), 74, saying: output)
            }
        }

        /// Several ranks write one file.
        @Test func ranksAgreeOnTheOutcome() throws {
            let run = try Survey.shared().run()
            let output = workspace.path("model.keras")
            try trained("convert --model \(run)/model.safetensors --output \(output)", ranks: 2)
            #expect(try bytes(output) == bytes("\(run)/model.keras"))
            let none = workspace.path("none.keras")
            expectError(try trainer("convert --model \(none) --output \(output)", ranks: 2), 66, saying: none)
        }
    }
}
