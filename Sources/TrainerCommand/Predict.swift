import ArgumentParser
import Communication
import Faults
import Logging
import StampFormats

/// `swift-run-trainer predict`
struct Predict: GroupCommand {
    static let configuration = CommandConfiguration(
        abstract: "Write the probabilities of stamps.",
        discussion: """
            --output gets (N, 2) float32 probabilities of (noise, source), or (N, 1) of a source, in the order of the \
            files; --csv gets file,index,probability,class, with --ids file,index,id,probability,class. Where stamps are \
            looked at several times, std stands behind probability. With --layer both get the layer's outputs instead.
            """)

    static let examples = [
        "swift-run-trainer predict --model runs/survey --input candidates.npy --csv candidates.csv",
        "swift-run-trainer predict --model runs/ensemble --input \"night-*.fits\" --output probabilities.npy --spread spread.npy",
    ]

    @OptionGroup var models: ModelsOption

    @OptionGroup var passes: PassesOptions

    @Option(
        help: ArgumentHelp("Write what this layer makes of each stamp, instead of probabilities.", valueName: "name"))
    var layer: String?

    @Option(
        parsing: .upToNextOption,
        help: ArgumentHelp("Files of stamps (.npy, .npz, .fits or .h5), or quoted patterns.", valueName: "file"))
    var input: [String] = []

    @OptionGroup var stamps: StampOptions

    @OptionGroup var features: FeaturesOption

    @OptionGroup var identifiers: IdentifiersOption

    @Option(help: ArgumentHelp("The .npy file to write.", valueName: "file"))
    var output: String?

    @Option(help: ArgumentHelp("The table to write.", valueName: "file"))
    var csv: String?

    @Option(
        help: ArgumentHelp(
            "The .npy file to write how far the looks at each stamp are apart (standard deviation).", valueName: "file")
    )
    var spread: String?

    @OptionGroup var threads: ThreadsOption

    @OptionGroup var verbosity: VerbosityOptions

    func run(in group: any ProcessGroup, environment: [String: String], logger: Logger) throws {
        let (threads, input) = try group.agree {
            try checkLayer()
            guard output != nil || csv != nil || spread != nil else {
                throw Fault(.usage, "predict", "has nothing to write", remedy: "name a file with --output or --csv")
            }
            if let ids = identifiers.ids, csv == nil {
                throw Fault(
                    .usage, "--ids \(ids)", "names stamps in the table of --csv", remedy: "add --csv, or leave it out")
            }
            // Rank 0 alone looks for files.
            return (
                try self.threads.checked(),
                group.rank == 0 ? try stamps.source(self.input, option: "--input") : StampSource([])
            )
        }
        let prediction = try models.prediction(passes, threads: threads, group: group, logger: logger)
        if let layer {
            try prediction.layerOutputs(
                of: layer, input, features: features.features, identifiers: identifiers.ids, output: output, table: csv)
        } else {
            try prediction.predict(
                input, features: features.features, identifiers: identifiers.ids, output: output, table: csv,
                spread: spread, threshold: models.threshold)
        }
    }

    /// Refuses beside --layer what is about probabilities.
    private func checkLayer() throws {
        guard let layer else { return }
        let other =
            passes.given ?? spread.map { "--spread \($0)" } ?? models.threshold.map { "--threshold \($0)" }
        if let other {
            throw Fault(
                .usage, other, "is about probabilities, and --layer \(layer) writes what a layer makes of stamps once",
                remedy: "leave one of them out")
        }
    }
}
