import ArgumentParser
import Communication
import Faults
import Files
import Logging
import ModelFiles
import Models

/// `swift-run-trainer convert`
struct Convert: GroupCommand {
    static let configuration = CommandConfiguration(
        abstract: "Write a model in another format.",
        discussion:
            "Reads .safetensors, .keras and .h5, writes .safetensors, .keras and .onnx; the file name extensions decide."
    )

    @Option(help: ArgumentHelp("The model to read.", valueName: "file"))
    var model: String

    @Option(help: ArgumentHelp("The file to write.", valueName: "file"))
    var output: String

    @OptionGroup var logits: LogitsOption

    @OptionGroup var verbosity: VerbosityOptions

    func run(in group: any ProcessGroup, environment: [String: String], logger: Logger) throws {
        try group.agree {
            guard group.rank == 0 else { return }
            let file = try OutputFile(
                output, option: "--output", inputs: ModelFiles.files(model), kind: ModelFiles.kind)
            let reading = ModelReading(fromLogits: logits.fromLogits) { logger.warning("\($0)") }
            try ModelFiles.write(ModelFiles.read(model, reading), to: file)
        }
    }
}
