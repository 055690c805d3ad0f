import ArgumentParser
import Communication
import Faults
import Files
import Logging
import ModelFiles
import Models
import Preparation
import RunRecords
import Settings

/// `swift-run-trainer convert`
struct Convert: GroupCommand {
    static let configuration = CommandConfiguration(
        abstract: "Write a model in another format.",
        discussion: """
            Reads .safetensors, .keras, .h5, .onnx and .pth, told apart by what they hold; writes .safetensors, .keras, \
            .onnx and .pth, as the name of the output ends. A .pth file of PyTorch holds the weights of torchvision's resnet18, \
            resnet34 or resnet50.

            For other programs a network takes stamps that are prepared as for training. --with-normalization puts that \
            into the file; --numpy prints it as a function of numpy.
            """)

    static let examples = [
        "swift-run-trainer convert --model runs/survey --output survey.keras",
        "swift-run-trainer convert --model runs/survey --output survey.onnx --with-normalization",
    ]

    @Option(help: ArgumentHelp("The model to read, or its run folder.", valueName: "file"))
    var model: String

    @Option(help: ArgumentHelp("The file to write.", valueName: "file"))
    var output: String?

    @Flag(
        name: .customLong("with-normalization"),
        help: "Put the normalisation of stamps into the .onnx or .keras file, which then takes stamps as they are.")
    var withNormalization = false

    @Flag(help: "Print the preparation of stamps as lines of numpy.")
    var numpy = false

    @Option(
        help: ArgumentHelp(
            "What stands before the names of parameters in a .pth file, for instance model. (default: none, or as found)",
            valueName: "text"))
    var prefix: String?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "Height and width of the stamps for a .pth file from PyTorch, which does not say. (default: 21)",
            valueName: "pixels"))
    var size: Int?

    @Option(
        help: ArgumentHelp(
            "How stamps are prepared for a .pth file from PyTorch, as this recipe does. (default: notebook)",
            valueName: "recipe"))
    var recipe: Recipe?

    @OptionGroup var logits: LogitsOption

    @OptionGroup var verbosity: VerbosityOptions

    func run(in group: any ProcessGroup, environment: [String: String], logger: Logger) throws {
        try group.agree {
            guard group.rank == 0 else { return }
            let model = try EnsembleFolder.model(in: model)
            let file = try output.map {
                try OutputFile($0, option: "--output", inputs: ModelFiles.files(model), kind: ModelFiles.kind)
            }
            let isForeign = try ModelFiles.isForeign(model)
            try checkUses(of: model, isForeign: isForeign)
            let reading = ModelReading(fromLogits: logits.fromLogits) { logger.warning("\($0)") }
            let read = try isForeign ? foreignModel(model) : ModelFiles.read(model, reading)
            if let file {
                try ModelFiles.write(read, to: file, prefix: prefix ?? "", normalizes: withNormalization)
                if !numpy, !verbosity.quiet, let notice = notice(read.preparation, file.path) {
                    try StandardOutput.print(note: "\(notice)\n")
                }
            }
            if numpy { try StandardOutput.print(result: read.preparation.numpy) }
        }
    }

    /// What users of the file must do with stamps; nil where that is nothing, and for this program's own files.
    private func notice(_ preparation: StampPreparation, _ path: String) -> String? {
        guard ModelFiles.mayNormalize(path), !withNormalization, preparation != StampPreparation(.none) else {
            return nil
        }
        let within = preparation.graph.inexpressible == nil ? "--with-normalization puts that into it, " : ""
        return
            "\(path) takes prepared stamps (\(preparation.normalization)): \(within)--numpy prints it as lines of numpy"
    }

    /// A state dict of PyTorch, with what it does not say.
    private func foreignModel(_ model: String) throws -> TrainedModel {
        let size = size ?? 21
        guard (1...1 << 14).contains(size) else {
            throw Fault(.usage, "--size \(size)", "out of range", remedy: "use a size from 1 to \(1 << 14)")
        }
        let found = try ModelFiles.foreignNetwork(model, height: size, width: size, prefix: prefix)
        return TrainedModel(
            network: found.network, weights: found.weights,
            preparation: TrainingSettings(recipe: recipe ?? .notebook).preparation)
    }

    /// Refuses options that would change nothing.
    private func checkUses(of model: String, isForeign: Bool) throws {
        if !isForeign {
            for (option, isGiven) in [("--size", size != nil), ("--recipe", recipe != nil)] where isGiven {
                throw Fault(
                    .usage, option, "is for .pth files from PyTorch, and \(model) says it itself",
                    remedy: "leave it out")
            }
        }
        guard prefix == nil || isForeign || output.map(ModelFiles.hasPrefixes) ?? false else {
            throw Fault(.usage, "--prefix", "is for .pth files", remedy: "leave it out")
        }
        guard output != nil || numpy else {
            throw Fault(.usage, "--output", "is missing", remedy: "name the file to write, or give --numpy")
        }
        guard !withNormalization || output.map(ModelFiles.mayNormalize) ?? false else {
            throw Fault(
                .usage, "--with-normalization", "is for .onnx and .keras files",
                remedy: "leave it out, or end --output with .onnx or .keras")
        }
    }
}
