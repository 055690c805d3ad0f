import ArgumentParser
import Settings
import StampData
import StampFormats

/// Where labelled stamps come from.
struct DataOptions: ParsableArguments {
    @Option(
        help:
            """
            Folder with stamps_sources.npy (class 1) and stamps_noise.npy (class 0), or a folder of stamps for each \
            class, or stamps.npy with labels.npy or labels.csv; .npz, .fits and .h5 likewise. (default: data)
            """
    )
    var data: String?

    @Option(
        parsing: .upToNextOption,
        help: ArgumentHelp(
            "Files or quoted patterns of class 1 instead of --data, read as one long array.", valueName: "file"))
    var sources: [String] = []

    @Option(
        parsing: .upToNextOption,
        help: ArgumentHelp(
            "Files or quoted patterns of class 0 instead of --data, read as one long array.", valueName: "file"))
    var noise: [String] = []

    @Option(
        name: .customLong("class"), parsing: .upToNextOption,
        help: ArgumentHelp(
            """
            Files or quoted patterns of a class instead of --data; repeated for each class, in their order.
            """, valueName: "name=file"))
    var classFiles: [String] = []

    @Option(
        parsing: .upToNextOption,
        help: ArgumentHelp(
            "Files or quoted patterns of all classes instead of --data, with --labels.", valueName: "file"))
    var stamps: [String] = []

    @Option(
        help: ArgumentHelp(
            "The class of each of the --stamps: FILE.csv:COLUMN, or a .npy file of integers or texts.",
            valueName: "file"))
    var labels: String?

    @Option(help: ArgumentHelp("The classes of --labels in their order. (default: sorted)", valueName: "a,b,c"))
    var classNames: String?
    @OptionGroup var stampOptions: StampOptions

    var layout: StampLayout? { stampOptions.layout }

    /// What the options name.
    var named: NamedStamps {
        var named = NamedStamps(.training)
        (named.folder, named.sources, named.noise, named.classFiles) = (data, sources, noise, classFiles)
        (named.stamps, named.channel, named.labels) = (stamps, stampOptions.channel, labels)
        (named.classNames, named.layout) = (classNames, layout)
        return named
    }

    /// The options as they were given, by their names.
    var texts: [String: String] { named.texts }

    /// The files, and how their classes are known.
    func files() throws -> LabelledFiles { try named.files() }
}
