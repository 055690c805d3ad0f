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

    @Option(help: "Normalise otherwise than the model remembers: notebook, mean or none.")
    var normalize: Normalization?

    @Option(help: ArgumentHelp("Threads of a rank. (default: the processors it may use)", valueName: "n"))
    var threads: Int?

    func run(in group: any ProcessGroup, environment: [String: String], logger: Logger) throws {
        try group.agree { try checkThreads(threads) }
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

    @Option(help: "Normalise otherwise than the model remembers: notebook, mean or none.")
    var normalize: Normalization?

    @Flag(help: "Leave out stamps that cannot be normalised.")
    var skipBad = false

    @Option(help: ArgumentHelp("Threads of a rank. (default: the processors it may use)", valueName: "n"))
    var threads: Int?

    func run(in group: any ProcessGroup, environment: [String: String], logger: Logger) throws {
        let files = try group.agree {
            try checkThreads(threads)
            return try data.files()
        }
        let prediction = try Prediction(
            modelPath: model, normalization: normalize, threads: threads, group: group, logger: logger)
        guard let metrics = try prediction.evaluate(noise: files.noise, sources: files.sources, skipBad: skipBad) else {
            return
        }
        print(json ? try JSONFile.text(of: metrics) : metrics.table, terminator: "")
    }
}

private func checkThreads(_ threads: Int?) throws {
    if let threads, threads < 1 || threads > 1 << 20 {
        throw Fault(.usage, "--threads \(threads)", "must be at least 1", remedy: "give a positive whole number")
    }
}
