import ArgumentParser
import StampData

/// A part of the split whose options bear its name.
protocol NamedPartOfSplit {
    static var part: DataPart { get }
}

enum ValidationPart: NamedPartOfSplit { static let part = DataPart.validation }
enum TestPart: NamedPartOfSplit { static let part = DataPart.test }

/// Stamps that one part of the split has for itself, in any of the forms of the training data: `--validation-data` for
/// `--data`.
struct PartOptions<Part: NamedPartOfSplit>: ParsableArguments {
    private static var part: DataPart { Part.part }
    private static var name: String { part.rawValue }

    @Option(
        name: .customLong("\(name)-data"),
        help: ArgumentHelp("Folder with stamps for \(name) alone, as --data.", valueName: "data"))
    var data: String?

    @Option(
        name: .customLong("\(name)-sources"), parsing: .upToNextOption,
        help: ArgumentHelp("Files of class 1 for \(name) alone.", valueName: "file"))
    var sources: [String] = []

    @Option(
        name: .customLong("\(name)-noise"), parsing: .upToNextOption,
        help: ArgumentHelp("Files of class 0 for \(name) alone.", valueName: "file"))
    var noise: [String] = []

    @Option(
        name: .customLong("\(name)-class"), parsing: .upToNextOption,
        help: ArgumentHelp("Files of a class for \(name) alone; repeatable.", valueName: "name=file"))
    var classFiles: [String] = []

    @Option(
        name: .customLong("\(name)-stamps"), parsing: .upToNextOption,
        help: ArgumentHelp("Files of all classes for \(name) alone, with --\(name)-labels.", valueName: "file"))
    var stamps: [String] = []

    @Option(
        name: .customLong("\(name)-channel"), parsing: .upToNextOption,
        help: ArgumentHelp(
            "In place of --\(name)-stamps, files of one channel; repeatable.", valueName: "name=file"))
    var channel: [String] = []

    @Option(
        name: .customLong("\(name)-labels"),
        help: ArgumentHelp("The class of each of the --\(name)-stamps.", valueName: "file"))
    var labels: String?

    @Option(
        name: .customLong("\(name)-features"),
        help: ArgumentHelp(
            "Features of these stamps. (default: --features has rows for them too)", valueName: "file:column,…"))
    var features: String?

    @Option(
        name: .customLong("\(name)-ids"),
        help: ArgumentHelp(
            "What these stamps are called. (default: --ids has rows for them too)", valueName: "file:column"))
    var ids: String?

    /// What the options name.
    var stampsNamed: NamedStamps {
        var named = NamedStamps(Self.part)
        (named.folder, named.sources, named.noise, named.classFiles) = (data, sources, noise, classFiles)
        (named.stamps, named.channel, named.labels) = (stamps, channel, labels)
        return named
    }
}
