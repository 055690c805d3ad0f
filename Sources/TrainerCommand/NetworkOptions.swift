import ArgumentParser
import Settings

/// Which network is trained, and what it begins with.
struct NetworkOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            """
            Values of options that are not given: survey (for real surveys), notebook (as astroML's notebook trains) or \
            kbmod (for KBMOD's filter).
            """,
            valueName: "name"))
    var recipe: Recipe = .survey

    @Option(
        help: ArgumentHelp(
            """
            simple, simple-bn, vgg6, vgg6-wide, resnet50, resnet18, resnet34, resnet50-torch, a .safetensors, .keras, \
            .h5, .onnx or .pth model or the folder of a run to continue from, or Keras' model.to_json() in a .json \
            file. (survey: vgg6-wide, notebook: vgg6, kbmod: resnet18)
            """, valueName: "model"))
    var model: String?

    @OptionGroup var logits: LogitsOption

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "Outputs with softmax, one for each class, or 1 with sigmoid for two. (default: by the data)",
            valueName: "n"))
    var classes: Int?

    @Option(
        help: ArgumentHelp(
            "Start from these weights (.safetensors or .keras), or those of a run folder.", valueName: "file"))
    var initialWeights: String?

    @OptionGroup var frozenLayers: FrozenLayersOptions

    @Flag(inversion: .prefixedNo, help: "Whether dropout layers are on. (survey: no, notebook: yes)")
    var dropout: Bool?

    @Option(parsing: .unconditional, help: ArgumentHelp("Seed of everything random.", valueName: "n"))
    var seed = TrainingSettings().seed

    /// Gives settings what the options say; the recipe they have already.
    ///
    /// - Throws: `Fault(.usage)` for layers that are both frozen and trained.
    func apply(to settings: inout TrainingSettings) throws {
        if let model { settings.model = model }
        settings.fromLogits = logits.fromLogits
        settings.classes = classes
        settings.initialWeights = initialWeights
        settings.frozenLayers = try frozenLayers.layers()
        if let dropout { settings.dropout = dropout }
        settings.seed = seed
    }
}

extension Recipe: ExpressibleByArgument {}
