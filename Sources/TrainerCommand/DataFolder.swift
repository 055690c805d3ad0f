import Faults
import Files
import StampData
import StampFormats

/// A folder of labelled stamps, in one of three forms: files of noise and of sources, stamps with labels, or a folder for
/// each class.
struct DataFolder {
    private let folder: String
    private let part: DataPart

    /// - Parameter part: that which the stamps are for; messages speak of its options.
    init(_ folder: String, part: DataPart = .training) { (self.folder, self.part) = (folder, part) }

    /// - Throws: `Fault` when the folder has none of the forms, or one of them by half.
    func files() throws -> LabelledFiles {
        try FileAccess.requireReachable("\(folder)/stamps_noise.npy")
        let noise = try StampFiles.files(called: "stamps_noise", in: folder)
        let sources = try StampFiles.files(called: "stamps_sources", in: folder)
        if noise.isEmpty && sources.isEmpty {
            if let table = try table() { return LabelledFiles(table) }
            let classes = try classes()
            if classes.count > 1 { return LabelledFiles(classes: classes) }
        }
        for (name, files) in [("stamps_noise", noise), ("stamps_sources", sources)] where files.isEmpty {
            if let fault = try otherContents(name) { throw fault }
            throw Fault(
                .missingInput, "\(folder)/\(name).npy", "does not exist",
                remedy:
                    """
                    name the folder with \(part.option("--data")) or the files with \(part.option("--sources")) and \
                    \(part.option("--noise")), or make stamps with \
                    `swift-run-trainer simulate --output \(folder)`
                    """
            )
        }
        return LabelledFiles(noise: noise, sources: sources)
    }

    /// What to say of a path that is no folder, or of a folder with stamps in files that are not read; nil for others.
    private func otherContents(_ name: String) throws -> Fault? {
        let data = part.option("--data")
        guard FileAccess.exists(folder) else {
            return Fault(
                .missingInput, "\(folder)/\(name).npy", "there is no folder \(folder)",
                remedy:
                    """
                    name the folder of your stamps with \(data), or make some with `swift-run-trainer simulate --output \
                    \(folder)`
                    """)
        }
        guard FileAccess.isFolder(folder) else {
            return Fault(
                .usage, "\(data) \(folder)", "is a file, not a folder",
                remedy:
                    """
                    name files with \(part.option("--sources")) and \(part.option("--noise")), or with \
                    \(part.option("--stamps")) and \(part.option("--labels"))
                    """)
        }
        let entries = try FileAccess.names(in: folder).filter { !$0.hasPrefix(".") }.sortedByBytes()
        let named = entries.filter { $0.hasPrefix(name + ".") || $0.hasPrefix("stamps.") }.map { "\(folder)/\($0)" }
        let inFolders = entries.map { "\(folder)/\($0)" }.filter(FileAccess.isFolder).compactMap { path in
            (try? FileAccess.names(in: path))?.filter { !$0.hasPrefix(".") }.sortedByBytes().first.map {
                "\(path)/\($0)"
            }
        }
        let pictures = entries.map { "\(folder)/\($0)" }.filter { path in
            if case .picture = ForeignFile(path: path) { true } else { false }
        }
        return (named + inFolders + pictures).compactMap(StampFiles.faultOfOtherFormat).first
    }

    /// `stamps.npy`, or what else may hold them, with `labels.npy` or `labels.csv`.
    private func table() throws -> LabelledFiles.Table? {
        let options = "\(part.option("--stamps")) and \(part.option("--labels"))"
        let stamps = try StampFiles.files(called: "stamps", in: folder)
        let labels = ["labels.npy", "labels.csv"].map { "\(folder)/\($0)" }.first { FileAccess.exists($0) }
        switch (stamps.first, labels) {
        case (nil, nil): return nil
        case (.some(let first), nil):
            throw Fault(
                .missingInput, "\(folder)/labels.npy", "does not exist",
                remedy: "give \(first) labels there or in labels.csv, or name them with \(options)")
        case (nil, .some(let labels)):
            throw Fault(
                .missingInput, "\(folder)/stamps.npy", "does not exist",
                remedy: "put the stamps of \(labels) there, or name them with \(options)")
        case (.some, .some(let labels)): return LabelledFiles.Table(stamps: stamps, labels: labels)
        }
    }

    /// The folders in the folder that hold stamps, in the order of their names, each with its files in the order of
    /// theirs.
    private func classes() throws -> [LabelledFiles.ClassFiles] {
        guard FileAccess.isFolder(folder) else { return [] }
        return try FileAccess.names(in: folder).sortedByBytes().compactMap { name in
            let path = "\(folder)/\(name)"
            guard !name.hasPrefix("."), FileAccess.isFolder(path) else { return nil }
            let files = try FileAccess.names(in: path)
                .filter { entry in !entry.hasPrefix(".") && StampFiles.endings.contains { entry.hasSuffix($0) } }
                .sortedByBytes()
            return files.isEmpty
                ? nil : LabelledFiles.ClassFiles(name: name, files: files.map { "\(path)/\($0)" })
        }
    }
}
