import Faults
import Files
import Glibc

/// Which files hold stamps: those that a pattern matches, and those of a data folder. Their order determines each
/// stamp's index, so it is the same whenever the same files are there.
public enum StampFiles {
    /// The endings that files in a data folder may have, the preferred ones first.
    public static let endings = [".npy", ".npz", ".fits", ".fits.gz", ".fits.fz"] + HDF5Stamps.nameEndings

    /// Replaces every pattern (`*`, `?`, `[…]`, as in glob(7)) by the files that match it, sorted by the bytes of their
    /// names, as a shell in the C locale does.
    ///
    /// A name without such characters stays as it is, and so does one that is itself the name of a file. What follows
    /// the file's name (`FILE.npz:NAME`, `FILE.fits:NAME`) is kept with every match.
    ///
    /// - Throws: a `missingInput` fault when nothing matches, or a folder cannot be searched.
    public static func expand(_ names: [String]) throws(Fault) -> [String] {
        var files: [String] = []
        for name in names {
            let (file, part) = split(name)
            let isPattern = file.contains { "*?[".contains($0) }
            if !isPattern || FileAccess.exists(file) || FileAccess.exists(name) {
                files.append(name)
            } else {
                files += try matches(file, of: name).map { found in part.map { "\(found):\($0)" } ?? found }
            }
        }
        return files
    }

    /// The files of a class in a data folder: `NAME.npy`, or with another of the endings; else, in the order of their
    /// numbers, `NAME-00000.npy`, `NAME-00001.npy` ….
    ///
    /// - Returns: an empty array if there are none.
    /// - Throws: a `badData` fault when two files have the same number.
    public static func files(called name: String, in folder: String) throws(Fault) -> [String] {
        let single = endings.map { "\(folder)/\(name)\($0)" }
        if let path = single.first(where: { FileAccess.exists($0) }) { return [path] }
        guard FileAccess.isFolder(folder) else { return [] }
        var shards: [(number: Int, path: String)] = []
        for entry in try FileAccess.names(in: folder) where entry.hasPrefix(name + "-") {
            guard let ending = endings.first(where: { entry.hasSuffix($0) }) else { continue }
            let digits = entry.dropFirst(name.count + 1).dropLast(ending.count)
            guard digits.allSatisfy({ $0.isASCII && $0.isNumber }), let number = Int(digits) else { continue }
            shards.append((number, "\(folder)/\(entry)"))
        }
        shards.sort { ($0.number, $0.path) < ($1.number, $1.path) }
        for (shard, next) in zip(shards, shards.dropFirst()) where shard.number == next.number {
            throw Fault(
                .badData, next.path, "has the same number as \(shard.path)", remedy: "keep one file of each number")
        }
        return shards.map(\.path)
    }

    /// What to say of a file that is none of the formats that stamps are read from; nil for one that may hold some, and
    /// for one of which nothing is known.
    public static func faultOfOtherFormat(_ path: String) -> Fault? {
        switch ForeignFile(path: path) {
        case nil, .npy, .fits, .hdf5, .zip, .packed("gzip", _): nil
        default: ForeignArray.fault(OutputFile.beginning(of: path), name: path)
        }
    }

    /// The file in a name that may also say which part of it is meant (`FILE.npz:NAME`, `FILE.fits:NAME`,
    /// `FILE.h5:/PATH`).
    public static func file(of name: String) -> String { split(name).file }

    /// Splits a name into that of a file and what selects a part of it; nil if nothing does.
    static func split(_ name: String) -> (file: String, part: String?) {
        NamedPart.split(name, endings: [".npz"] + FITSImages.nameEndings + HDF5Stamps.nameEndings)
            .map { ($0.file, $0.part) } ?? (name, nil)
    }

    /// What glob(3) finds, sorted here, as its own order depends on the locale.
    private static func matches(_ pattern: String, of name: String) throws(Fault) -> [String] {
        var found = glob_t()
        defer { globfree(&found) }
        switch glob(pattern, GLOB_ERR | GLOB_NOSORT, nil, &found) {
        case 0:
            let paths = (0..<Int(found.gl_pathc)).map { String(cString: found.gl_pathv[$0]!) }
            return paths.sortedByBytes()
        case GLOB_NOMATCH:
            throw Fault(
                .missingInput, name, "matches no file", remedy: "check the pattern; `ls` with the same one lists files")
        default:
            let folder = FileAccess.split(String(pattern.prefix { !"*?[".contains($0) })).folder
            try FileAccess.requireReachable("\(folder)/.")
            _ = try FileAccess.names(in: folder)
            throw Fault(
                .missingInput, name, "could not be searched for", remedy: "check that the folders in it can be read")
        }
    }
}
