import ArgumentParser
import Communication
import Faults
import Logging
import RunRecords
import StampData
import Training

/// `swift-run-trainer predict`
struct Predict: GroupCommand {
    static let configuration = CommandConfiguration(
        abstract: "Write the probabilities of stamps.",
        discussion: "Writes (N, 2) float32 probabilities of (noise, source), or (N, 1) of a source, in file order.")

    @Option(help: ArgumentHelp("A trained model.", valueName: "file"))
    var model: String

    @Option(help: ArgumentHelp("Stamps (.npy or .npz).", valueName: "file"))
    var input: String

    @Option(help: ArgumentHelp("The .npy file to write.", valueName: "file"))
    var output: String

    @Option(help: "Normalise otherwise than the model remembers: notebook, mean, robust, asinh, minmax or none.")
    var normalize: Normalization?

    @OptionGroup var threads: ThreadsOption

    @OptionGroup var verbosity: VerbosityOptions

    func run(in group: any ProcessGroup, environment: [String: String], logger: Logger) throws {
        let threads = try group.agree { try self.threads.checked() }
        let prediction = try Prediction(
            modelPath: model, normalization: normalize, threads: threads, group: group, logger: logger)
        try prediction.predict(input: input, output: output)
    }
}

/// `swift-run-trainer evaluate`
struct Evaluate: GroupCommand {
    static let configuration = CommandConfiguration(abstract: "Measure a model on labelled stamps.")

    @Option(help: ArgumentHelp("A trained model.", valueName: "file"))
    var model: String

    @OptionGroup var data: DataOptions

    @Flag(help: "Print metrics.json's content instead of a table.")
    var json = false

    @Option(help: "Normalise otherwise than the model remembers: notebook, mean, robust, asinh, minmax or none.")
    var normalize: Normalization?

    @Flag(help: "Leave out stamps that cannot be normalised.")
    var skipBad = false

    @OptionGroup var threads: ThreadsOption

    @OptionGroup var verbosity: VerbosityOptions

    func run(in group: any ProcessGroup, environment: [String: String], logger: Logger) throws {
        let (threads, files) = try group.agree { (try self.threads.checked(), try data.files()) }
        let prediction = try Prediction(
            modelPath: model, normalization: normalize, threads: threads, group: group, logger: logger)
        guard let metrics = try prediction.evaluate(noise: files.noise, sources: files.sources, skipBad: skipBad) else {
            return
        }
        print(json ? try JSONFile.text(of: metrics) : metrics.table, terminator: "")
    }
}
