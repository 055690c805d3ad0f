import ArgumentParser
import Communication
import Faults
import Files
import Logging
import Models
import Settings
import StampData

/// `swift-run-trainer summary`
struct Summary: GroupCommand {
    static let configuration = CommandConfiguration(abstract: "Print a network's layers, shapes and parameter counts.")

    static let examples = [
        "swift-run-trainer summary --model vgg6",
        "swift-run-trainer summary --model resnet18 --size 63 --channels 3",
    ]

    @Option(
        help: """
            simple, simple-bn, vgg6, vgg6-wide, resnet50, resnet18, resnet34, resnet50-torch, a .safetensors, \
            .keras, .h5, .onnx, .pth or .json file, or the folder of a run.
            """)
    var model = "vgg6"

    @Option(parsing: .unconditional, help: "Outputs of a standard network: one for each class, or 1.")
    var classes = 2

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Height and width of the stamps of a standard network.", valueName: "pixels"))
    var size = 21

    @Option(
        parsing: .unconditional, help: ArgumentHelp("Channels of those stamps.", valueName: "n"))
    var channels = 1

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Features that a standard network takes beside each stamp.", valueName: "n"))
    var features = 0

    @OptionGroup var logits: LogitsOption

    @OptionGroup var frozenLayers: FrozenLayersOptions

    @OptionGroup var verbosity: VerbosityOptions

    func run(in group: any ProcessGroup, environment: [String: String], logger: Logger) throws {
        try group.agree {
            guard group.rank == 0 else { return }
            try StandardOutput.print(result: network(logger).summary + "\n")
        }
    }

    private func network(_ logger: Logger) throws -> Network {
        guard (1...StampClasses.most).contains(classes), size >= 1, size <= 1 << 14 else {
            throw Fault(
                .usage, "--classes \(classes) --size \(size)", "out of range",
                remedy: "use a positive number of classes and a positive size")
        }
        for (name, value, least) in [("--channels", channels, 1), ("--features", features, 0)]
        where value < least || value > 1 << 14 {
            throw Fault(
                .usage, "\(name) \(value)", "must be from \(least) to \(1 << 14)", remedy: "give, for instance, 3")
        }
        var settings = TrainingSettings()
        settings.frozenLayers = try frozenLayers.layers()
        try settings.validate()
        let description = try description(logger)
        return try Network(settings.frozenLayers?.frozen(description, model: model) ?? description)
    }

    private func description(_ logger: Logger) throws -> NetworkDescription {
        if let standard = StandardNetwork(rawValue: model) {
            return standard.description(
                height: size, width: size, channels: channels, features: features, classes: classes)
        }
        return try logits.description(model, of: "--model", logger)
    }
}
