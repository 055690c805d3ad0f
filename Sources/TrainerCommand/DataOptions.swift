import ArgumentParser
import Faults
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

    /// The options as they were given, by their names.
    var texts: [String: String] {
        [
            "--data": data ?? "none", "--sources": "\(sources)", "--noise": "\(noise)", "--class": "\(classFiles)",
            "--stamps": "\(stamps)", "--channel": "\(stampOptions.channel)", "--labels": labels ?? "none",
            "--class-names": classNames ?? "none",
        ]
    }

    /// The files, and how their classes are known.
    func files() throws -> LabelledFiles {
        try refuseMixtures()
        var files = try namedFiles()
        files.layout = layout
        return files
    }

    private var hasStamps: Bool { !stamps.isEmpty || !stampOptions.channel.isEmpty }

    private func namedFiles() throws -> LabelledFiles {
        if hasStamps || labels != nil { return try table() }
        guard classNames == nil else {
            throw Fault(
                .usage, "--class-names", "stands without --labels", remedy: "name the file of labels with --labels")
        }
        if !classFiles.isEmpty { return try classes() }
        return sources.isEmpty && noise.isEmpty ? try DataFolder(data ?? "data").files() : try noiseAndSources()
    }

    /// There is one way to name stamps at a time.
    private func refuseMixtures() throws {
        let given = [
            ("--data", data != nil), ("--sources and --noise", !sources.isEmpty || !noise.isEmpty),
            ("--class", !classFiles.isEmpty), ("--stamps and --labels", hasStamps || labels != nil),
        ].filter(\.1).map(\.0)
        guard given.count > 1 else { return }
        throw Fault(
            .usage, data.map { "--data \($0)" } ?? given[0], "does not go with \(given[1])", remedy: "leave one out")
    }

    private func noiseAndSources() throws -> LabelledFiles {
        guard !sources.isEmpty, !noise.isEmpty else {
            throw Fault(
                .usage, sources.isEmpty ? "--noise" : "--sources", "stands alone, but both classes are needed",
                remedy: "name the files of the other class with \(sources.isEmpty ? "--sources" : "--noise")")
        }
        return LabelledFiles(noise: try StampFiles.expand(noise), sources: try StampFiles.expand(sources))
    }

    private func table() throws -> LabelledFiles {
        guard let labels, hasStamps else {
            throw Fault(
                .usage, labels != nil ? "--labels" : stamps.isEmpty ? "--channel" : "--stamps", "stands alone",
                remedy: labels == nil
                    ? "name the classes of the stamps with --labels"
                    : "name the files of the stamps with --stamps, or those of each channel with --channel")
        }
        let names = classNames?.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        if let names { _ = try StampClasses(names, from: "--class-names \(classNames!)") }
        let source = try stampOptions.source(stamps, option: "--stamps")
        return LabelledFiles(
            LabelledFiles.Table(
                stamps: source.channels.isEmpty ? source.files : [],
                channels: source.channels.isEmpty ? nil : source.channels, labels: labels, classNames: names))
    }

    private func classes() throws -> LabelledFiles {
        let classes = try NamedFiles.parse(classFiles, option: "--class").map { name, files in
            LabelledFiles.ClassFiles(name: name, files: try StampFiles.expand(files))
        }
        _ = try StampClasses(classes.map(\.name), from: "--class")
        return LabelledFiles(classes: classes)
    }
}

extension Recipe: ExpressibleByArgument {}
