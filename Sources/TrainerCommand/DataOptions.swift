import ArgumentParser
import Faults
import Settings
import StampData
import StampFormats

/// Where labelled stamps come from.
struct DataOptions: ParsableArguments {
    @Option(
        help:
            "Folder with stamps_sources.npy (class 1) and stamps_noise.npy (class 0); or .npz, .fits, .h5. (default: data)"
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

    @OptionGroup var layoutOption: LayoutOption

    var layout: StampLayout? { layoutOption.layout }

    /// The options as they were given, by their names.
    var texts: [String: String] {
        ["--data": data ?? "none", "--sources": "\(sources)", "--noise": "\(noise)"]
    }

    /// The files of both classes.
    func files() throws -> (noise: [String], sources: [String]) {
        if sources.isEmpty && noise.isEmpty {
            return try Self.files(in: data ?? "data")
        }
        guard data == nil else {
            throw Fault(.usage, "--data \(data!)", "does not go with --sources and --noise", remedy: "leave one out")
        }
        guard !sources.isEmpty, !noise.isEmpty else {
            throw Fault(
                .usage, sources.isEmpty ? "--noise" : "--sources", "stands alone, but both classes are needed",
                remedy: "name the files of the other class with \(sources.isEmpty ? "--sources" : "--noise")")
        }
        return (try StampFiles.expand(noise), try StampFiles.expand(sources))
    }

    /// The files of a data folder.
    static func files(in folder: String) throws -> (noise: [String], sources: [String]) {
        (try files("stamps_noise", in: folder), try files("stamps_sources", in: folder))
    }

    /// A class' files in a data folder.
    private static func files(_ name: String, in folder: String) throws -> [String] {
        let files = try StampFiles.files(called: name, in: folder)
        guard files.isEmpty else { return files }
        throw Fault(
            .missingInput, "\(folder)/\(name).npy", "does not exist",
            remedy:
                """
                name the folder with --data or the files with --sources and --noise, or make stamps with \
                `swift-run-trainer simulate --output \(folder)`
                """
        )
    }
}

extension Recipe: ExpressibleByArgument {}
