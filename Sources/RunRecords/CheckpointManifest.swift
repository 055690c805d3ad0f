import Faults
import Files

/// The sizes and checksums of a checkpoint's files: `manifest.json`, written last.
struct CheckpointManifest: Codable {
    struct Entry: Codable, Hashable {
        /// In bytes.
        let size: Int
        /// Eight hexadecimal digits.
        let crc32: String
    }

    static let name = "manifest.json"
    static let currentFormatVersion = 1

    let formatVersion: Int
    let files: [String: Entry]

    enum CodingKeys: String, CodingKey {
        case formatVersion = "format_version"
        case files
    }

    /// Describes the files that are in the folder now.
    init(describing folder: String) throws {
        formatVersion = Self.currentFormatVersion
        var files: [String: Entry] = [:]
        for name in try FileAccess.names(in: folder) {
            precondition(!FileAccess.isFolder("\(folder)/\(name)"), "a checkpoint holds files only, not \(name)/")
            files[name] = try Self.entry("\(folder)/\(name)")
        }
        self.files = files
    }

    /// Compares the files in the folder with its manifest; files that it does not list are ignored.
    /// - Throws: a `Fault` that names the first file (in alphabetical order) that is damaged or missing.
    static func verify(folder: String) throws {
        let path = "\(folder)/\(name)"
        let manifest = try JSONFile.read(CheckpointManifest.self, from: path)
        guard manifest.formatVersion <= currentFormatVersion, manifest.files[Checkpoint.stateName] != nil else {
            throw damaged(path, "is no manifest that this program knows")
        }
        for (name, expected) in manifest.files.sorted(by: { $0.key < $1.key }) {
            // A checkpoint holds files only: a path could lead out of the folder, for instance to an endless device.
            guard FileAccess.split(name).name == name, name != "." && name != ".." else {
                throw damaged(path, "names \(name), which is no file of a checkpoint")
            }
            let file = "\(folder)/\(name)"
            let found = try entry(file)
            guard found.size == expected.size else {
                throw damaged(file, "has \(found.size) bytes instead of \(expected.size)")
            }
            guard found.crc32 == expected.crc32 else {
                throw damaged(file, "has CRC-32 \(found.crc32) instead of \(expected.crc32)")
            }
        }
    }

    private static func entry(_ path: String) throws(Fault) -> Entry {
        var size = 0
        var checksum = CRC32()
        try FileAccess.forEachPiece(of: path) {
            size += $0.count
            checksum.update($0)
        }
        return Entry(size: size, crc32: checksum.hexadecimal)
    }

    private static func damaged(_ path: String, _ problem: String) -> Fault {
        Fault(.badData, path, problem, remedy: "use an earlier checkpoint or a copy of this one")
    }
}
