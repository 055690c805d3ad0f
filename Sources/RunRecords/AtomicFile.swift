import Faults
import Glibc

/// Files that are whole or absent, never half: written under a hidden name beside their place, synchronised, renamed.
///
/// A crash leaves at most `.NAME.partial`, which the next start of the run removes.
public enum AtomicFile {
    /// Replaces the file at `path` by these bytes.
    /// - Throws: `Fault(.cannotWrite)`; the file that stood there before is then untouched.
    public static func write(_ bytes: [UInt8], to path: String) throws {
        try replace(path) { partial in try FileAccess.write(bytes, to: partial, named: path) }
    }

    /// Replaces the file at `path` by this text, in UTF-8.
    /// - Throws: `Fault(.cannotWrite)`; the file that stood there before is then untouched.
    public static func write(_ text: String, to path: String) throws {
        try write(Array(text.utf8), to: path)
    }

    /// Replaces the file at `path` by the one that `contents` writes to the path that it is given.
    /// - Throws: `Fault(.cannotWrite)`, or what `contents` throws; the file that stood there before is then untouched.
    public static func replace(_ path: String, contents: (_ partialPath: String) throws -> Void) throws {
        let (folder, name) = FileAccess.split(path)
        let partial = "\(folder)/\(PartialName.of(name))"
        do {
            try contents(partial)
            try FileAccess.synchronize(partial)
            try FileAccess.move(partial, to: path)
        } catch {
            unlink(partial)
            throw error
        }
        try FileAccess.synchronize(folder)
    }
}

/// The names under which files and checkpoints are written before they are whole.
enum PartialName {
    static func of(_ name: String) -> String { ".\(name).partial" }

    static func isOne(_ name: String) -> Bool { name.hasPrefix(".") && name.hasSuffix(".partial") }
}
