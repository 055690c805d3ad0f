import ArgumentParser
import Communication
import Faults
import Files
import Logging
import ModelFiles

/// `swift-run-trainer convert`
struct Convert: GroupCommand {
    static let configuration = CommandConfiguration(
        abstract: "Write a model in another format.",
        discussion:
            "Reads .safetensors and .keras, writes .safetensors, .keras and .onnx; the file name extensions decide.")

    @Option(help: ArgumentHelp("The model to read.", valueName: "file"))
    var model: String

    @Option(help: ArgumentHelp("The file to write.", valueName: "file"))
    var output: String

    @OptionGroup var verbosity: VerbosityOptions

    func run(in group: any ProcessGroup, environment: [String: String], logger: Logger) throws {
        try group.agree {
            guard group.rank == 0 else { return }
            let file = try OutputFile(output, option: "--output", inputs: [model], kind: ModelFiles.kind)
            try ModelFiles.write(ModelFiles.read(model), to: file)
        }
    }
}
