import Faults
import FoundationEssentials
import Glibc

/// The few system calls that the records need, and the one place that turns `errno` into a ``Fault``.
enum FileAccess {
    /// The folder that holds `path`, and the last part of it.
    static func split(_ path: String) -> (folder: String, name: String) {
        guard let slash = path.lastIndex(of: "/") else { return (".", path) }
        let folder = path[..<slash]
        return (folder.isEmpty ? "/" : String(folder), String(path[path.index(after: slash)...]))
    }

    static func exists(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0
    }

    static func isFolder(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }

    /// Creates the file, or empties it, and writes `bytes` (write(2)); a fault calls it by `name`.
    static func write(_ bytes: [UInt8], to path: String, named name: String) throws(Fault) {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o666)
        guard descriptor >= 0 else { throw cannotWrite(name, errno) }
        var written = 0
        while written < bytes.count {
            let count = bytes.withUnsafeBytes {
                Glibc.write(descriptor, $0.baseAddress! + written, $0.count - written)
            }
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else {
                let code = errno
                close(descriptor)
                throw cannotWrite(name, code)
            }
            written += count
        }
        // Network file systems report a full disk only here.
        guard close(descriptor) == 0 else { throw cannotWrite(name, errno) }
    }

    /// Hands the file's bytes to `body`, a piece at a time (read(2)).
    static func forEachPiece(of path: String, _ body: (UnsafeRawBufferPointer) -> Void) throws(Fault) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw cannotRead(path, errno) }
        defer { close(descriptor) }
        let piece = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 64)
        defer { piece.deallocate() }
        while true {
            let count = Glibc.read(descriptor, piece.baseAddress, piece.count)
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else { throw cannotRead(path, errno) }
            guard count > 0 else { return }
            body(UnsafeRawBufferPointer(rebasing: piece[..<count]))
        }
    }

    static func read(_ path: String) throws(Fault) -> [UInt8] {
        var bytes: [UInt8] = []
        try forEachPiece(of: path) { bytes.append(contentsOf: $0) }
        return bytes
    }

    /// The names of what is in a folder, in alphabetical order.
    static func names(in folder: String) throws(Fault) -> [String] {
        do {
            return try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
        } catch {
            throw Fault(.missingInput, folder, "cannot be listed", remedy: "check the path and its permissions")
        }
    }

    /// Removes a file, or a folder with all that is in it; does nothing when it is not there.
    static func remove(_ path: String) throws(Fault) {
        guard exists(path) else { return }
        do {
            try FileManager.default.removeItem(atPath: path)
        } catch {
            throw Fault(.cannotWrite, path, "cannot be removed", remedy: "remove it by hand and start again")
        }
    }

    /// Waits until the file or folder is on the disk itself (fsync(2)).
    static func synchronize(_ path: String) throws(Fault) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw cannotWrite(path, errno) }
        defer { close(descriptor) }
        // Some file systems cannot synchronise a folder and answer EINVAL: then nothing more can be done.
        guard fsync(descriptor) == 0 || errno == EINVAL else { throw cannotWrite(path, errno) }
    }

    /// Gives a file or folder its final name (rename(2)); a file there before is replaced.
    static func move(_ path: String, to destination: String) throws(Fault) {
        guard rename(path, destination) == 0 else { throw cannotWrite(destination, errno) }
    }

    static func cannotWrite(_ path: String, _ code: Int32) -> Fault {
        let remedy =
            code == ENOSPC || code == EDQUOT
            ? "free some space there, or choose another folder with --output"
            : "choose a folder that can be written with --output"
        return Fault(.cannotWrite, path, "cannot write: \(message(code))", remedy: remedy)
    }

    static func cannotRead(_ path: String, _ code: Int32) -> Fault {
        Fault(.missingInput, path, "cannot read: \(message(code))", remedy: "check the path and its permissions")
    }

    private static func message(_ code: Int32) -> String { String(cString: strerror(code)) }
}
