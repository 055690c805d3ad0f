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
            files; --csv gets file,index,probability,class, with --ids file,index,id,probability,class.
            """)

    @OptionGroup var models: ModelsOption

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

    @OptionGroup var threads: ThreadsOption

    @OptionGroup var verbosity: VerbosityOptions

    func run(in group: any ProcessGroup, environment: [String: String], logger: Logger) throws {
        let (threads, input) = try group.agree {
            guard output != nil || csv != nil else {
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
        let prediction = try models.prediction(threads: threads, group: group, logger: logger)
        try prediction.predict(
            input, features: features.features, identifiers: identifiers.ids, output: output, table: csv,
            threshold: models.threshold)
    }
}
