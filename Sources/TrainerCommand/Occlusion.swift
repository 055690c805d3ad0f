import ArgumentParser
import StampFormats
import Files
import Communication
import Faults
import Figures
import FoundationEssentials
import Logging
import ModelFiles
import Prediction
import Reports
import RunRecords

/// `swift-run-trainer occlusion`
struct Occlusion: GroupCommand {
    static let configuration = CommandConfiguration(
        abstract: "Write maps of what a network looks at.",
        discussion: """
            Covers each part of a stamp in turn and asks the network again: the map holds 1 − the probability of a \
            source, or of another --class, large where the network needs what is covered. Writes \
            (N, height, width) float32, or (height, width) of the stamp that --index names.
            """)

    static let examples = [
        "swift-run-trainer occlusion --model runs/survey --input new.npy --index 3 --output map.npy --figure map.svg",
        "swift-run-trainer occlusion --model runs/survey --input new.npy --output maps.npy",
    ]

    @Option(help: ArgumentHelp("A trained model or its run folder.", valueName: "file"))
    var model: String

    @Option(help: ArgumentHelp("Stamps (.npy, .npz, .fits or .h5).", valueName: "file"))
    var input: String?

    @OptionGroup var stamps: StampOptions

    @OptionGroup var features: FeaturesOption

    @OptionGroup var identifiers: IdentifiersOption

    @Option(parsing: .unconditional, help: ArgumentHelp("One stamp, counted from 0. (default: all)", valueName: "n"))
    var index: Int?

    @Option(
        name: .customLong("class"), parsing: .unconditional,
        help: ArgumentHelp(
            "The class whose probability is mapped. (default: of two the second, of more the predicted one)",
            valueName: "name|number"))
    var className: String?

    @Option(help: ArgumentHelp("The .npy file to write.", valueName: "file"))
    var output: String

    @Option(help: ArgumentHelp("A picture of one stamp and its map (.svg or .png); needs --index.", valueName: "file"))
    var figure: String?

    @Option(
        parsing: .unconditional, help: ArgumentHelp("Side of the square that is covered, in pixels.", valueName: "n"))
    var window = 5

    @Option(parsing: .unconditional, help: ArgumentHelp("Pixels from one position to the next.", valueName: "n"))
    var stride = 1

    @OptionGroup var normalize: NormalizeOption

    @OptionGroup var logits: LogitsOption

    @OptionGroup var threads: ThreadsOption

    @OptionGroup var verbosity: VerbosityOptions

    func run(in group: any ProcessGroup, environment: [String: String], logger: Logger) throws {
        let (threads, window, normalization) = try group.agree {
            (try self.threads.checked(), try checkedWindow(), try normalize.normalization())
        }
        // The others learn from rank 0 what is in the files.
        let source = try group.onRoot { try stamps.source([input].compactMap(\.self), option: "--input") }
        let gnuplot = Gnuplot(environment: environment)
        let drawing =
            try group.onRoot {
                try figure.map { figure in
                    try gnuplot.require(for: "--figure \(figure)")
                    return try picture(figure, of: source)
                }
            } ?? nil
        let prediction = try Prediction(
            models: [model], normalization: normalization, fromLogits: logits.fromLogits, threads: threads,
            group: group, logger: logger)
        let map = try prediction.occlusion(
            input: source ?? StampSource([]), features: features.features, identifiers: identifiers.ids, index: index,
            className: className, window: window, output: output)
        try group.agree {
            guard let map, let index, let drawing else { return }
            let picture = OcclusionPicture(
                title: "Occlusion map of stamp \(index)" + (map.identifier.map { " (\($0))" } ?? ""),
                className: map.className, of: try prediction.classNames,
                stamp: StampPicture(
                    height: map.height, width: map.width, channels: map.channels, values: map.stamp),
                map: map.values)
            try picture.write(to: drawing, gnuplot: gnuplot)
        }
    }

    private func checkedWindow() throws -> OcclusionWindow {
        for (name, value) in [("--window", window), ("--stride", stride)] where value < 1 || value > 1 << 30 {
            throw Fault(
                .usage, "\(name) \(value)", "must be from 1 to \(1 << 30)", remedy: "give a positive number of pixels")
        }
        if let ids = identifiers.ids, figure == nil {
            throw Fault(
                .usage, "--ids \(ids)", "names the stamp in the picture of --figure",
                remedy: "add --figure, or leave it out")
        }
        if let figure {
            guard index != nil else {
                throw Fault(.usage, "--figure \(figure)", "shows one stamp", remedy: "name it with --index")
            }
            guard figure != output else {
                throw Fault(.usage, "--figure \(figure)", "is --output too", remedy: "name one file for each")
            }
        }
        return OcclusionWindow(side: window, stride: stride)
    }

    private func picture(_ path: String, of source: StampSource?) throws -> OutputFile {
        let stamps = source?.allFiles.map(StampFiles.file(of:)) ?? []
        let tables = [identifiers.ids].compactMap { $0.map(StampColumn.file) }
        let models = try EnsembleFolder.models(in: model).flatMap(ModelFiles.files)
        return try OcclusionPicture.output(path, inputs: models + stamps + tables)
    }
}
