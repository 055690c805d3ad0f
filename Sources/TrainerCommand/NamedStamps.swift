import Faults
import StampData
import StampFormats

/// Labelled stamps as options name them, in one of the ways that there are: what `--data` and the options beside it say,
/// or those of one part of the split.
struct NamedStamps {
    /// That which the options are of.
    let part: DataPart
    var folder: String?
    var sources: [String] = []
    var noise: [String] = []
    var classFiles: [String] = []
    var stamps: [String] = []
    var channel: [String] = []
    var labels: String?
    var classNames: String?
    var layout: StampLayout?

    init(_ part: DataPart) { self.part = part }

    /// The options as they were given, by their names.
    var texts: [String: String] {
        let texts = [
            "--data": folder ?? "none", "--sources": "\(sources)", "--noise": "\(noise)", "--class": "\(classFiles)",
            "--stamps": "\(stamps)", "--channel": "\(channel)", "--labels": labels ?? "none",
        ]
        let named = Dictionary(uniqueKeysWithValues: texts.map { (part.option($0), $1) })
        return part == .training ? named.merging(["--class-names": classNames ?? "none"]) { $1 } : named
    }

    /// Whether an option names stamps.
    var isGiven: Bool { !ways.isEmpty }

    /// The files, and how their classes are known.
    func files() throws -> LabelledFiles {
        try refuseMixtures()
        var files = try namedFiles()
        files.layout = layout
        return files
    }

    private var hasStamps: Bool { !stamps.isEmpty || !channel.isEmpty }

    private func namedFiles() throws -> LabelledFiles {
        if hasStamps || labels != nil { return try table() }
        guard classNames == nil else {
            throw Fault(
                .usage, "--class-names", "stands without --labels", remedy: "name the file of labels with --labels")
        }
        if !classFiles.isEmpty { return try classes() }
        return sources.isEmpty && noise.isEmpty
            ? try DataFolder(folder ?? "data", part: part).files() : try noiseAndSources()
    }

    /// The ways to name stamps that were used, as messages call them.
    var ways: [String] {
        let ways = [
            (folder.map { "\(part.option("--data")) \($0)" } ?? "", folder != nil),
            ("\(part.option("--sources")) and \(part.option("--noise"))", !sources.isEmpty || !noise.isEmpty),
            (part.option("--class"), !classFiles.isEmpty),
            ("\(part.option("--stamps")) and \(part.option("--labels"))", hasStamps || labels != nil),
        ]
        return ways.filter(\.1).map(\.0)
    }

    /// There is one way to name stamps at a time.
    private func refuseMixtures() throws {
        let given = ways
        guard given.count > 1 else { return }
        throw Fault(.usage, given[0], "does not go with \(given[1])", remedy: "leave one out")
    }

    private func noiseAndSources() throws -> LabelledFiles {
        guard !sources.isEmpty, !noise.isEmpty else {
            let (given, missing) = sources.isEmpty ? ("--noise", "--sources") : ("--sources", "--noise")
            throw Fault(
                .usage, part.option(given), "stands alone, but both classes are needed",
                remedy: "name the files of the other class with \(part.option(missing))")
        }
        return LabelledFiles(noise: try StampFiles.expand(noise), sources: try StampFiles.expand(sources))
    }

    private func table() throws -> LabelledFiles {
        guard let labels, hasStamps else {
            throw Fault(
                .usage,
                part.option(labels != nil ? "--labels" : stamps.isEmpty ? "--channel" : "--stamps"), "stands alone",
                remedy: labels == nil
                    ? "name the classes of the stamps with \(part.option("--labels"))"
                    : """
                    name the files of the stamps with \(part.option("--stamps")), or those of each channel with \
                    \(part.option("--channel"))
                    """)
        }
        let names = classNames?.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        if let names { _ = try StampClasses(names, from: "--class-names \(classNames!)") }
        let source = try StampOptions.source(
            stamps, channel: channel, layout: layout, options: (part.option("--stamps"), part.option("--channel")))
        return LabelledFiles(
            LabelledFiles.Table(
                stamps: source.channels.isEmpty ? source.files : [],
                channels: source.channels.isEmpty ? nil : source.channels, labels: labels, classNames: names))
    }

    private func classes() throws -> LabelledFiles {
        let option = part.option("--class")
        let classes = try NamedFiles.parse(classFiles, option: option).map { name, files in
            LabelledFiles.ClassFiles(name: name, files: try StampFiles.expand(files))
        }
        // One part may lack classes.
        if part == .training { _ = try StampClasses(classes.map(\.name), from: option) }
        return LabelledFiles(classes: classes)
    }
}
