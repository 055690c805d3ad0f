import ArgumentParser
import Faults
import FoundationEssentials
import StampData
import Training

/// Where labelled stamps come from.
struct DataOptions: ParsableArguments {
    @Option(help: "Folder with stamps_sources.npy (class 1) and stamps_noise.npy (class 0); or .npz. (default: data)")
    var data: String?

    @Option(
        parsing: .upToNextOption,
        help: ArgumentHelp("Files of class 1 instead of --data, read as one long array.", valueName: "file"))
    var sources: [String] = []

    @Option(
        parsing: .upToNextOption,
        help: ArgumentHelp("Files of class 0 instead of --data, read as one long array.", valueName: "file"))
    var noise: [String] = []

    /// The files of both classes.
    func files() throws -> (noise: [String], sources: [String]) {
        if sources.isEmpty && noise.isEmpty {
            return try Self.files(in: data ?? "data")
        }
        guard data == nil else {
            throw Fault(.usage, "--data \(data!)", "cannot stand beside --sources and --noise", remedy: "leave one out")
        }
        guard !sources.isEmpty, !noise.isEmpty else {
            throw Fault(
                .usage, sources.isEmpty ? "--noise" : "--sources", "stands alone, but both classes are needed",
                remedy: "name the files of the other class with \(sources.isEmpty ? "--sources" : "--noise")")
        }
        return (noise, sources)
    }

    /// The files of a data folder.
    static func files(in folder: String) throws -> (noise: [String], sources: [String]) {
        ([try file("stamps_noise", in: folder)], [try file("stamps_sources", in: folder)])
    }

    /// A class' file in a data folder: `.npy`, else `.npz`.
    private static func file(_ name: String, in folder: String) throws -> String {
        let paths = ["\(folder)/\(name).npy", "\(folder)/\(name).npz"]
        if let path = paths.first(where: { FileManager.default.fileExists(atPath: $0) }) { return path }
        throw Fault(
            .missingInput, paths[0], "does not exist",
            remedy:
                "name the folder with --data or the files with --sources and --noise, or make stamps with `swift-run-trainer simulate --output \(folder)`"
        )
    }
}

extension Normalization: ExpressibleByArgument {}

extension Recipe: ExpressibleByArgument {}
