import Faults
import FoundationEssentials
import Glibc

/// The system calls that files and folders need, with a ``Fault`` for every one that fails.
public enum FileAccess {
    /// The folder that holds `path`, and the last part of it.
    public static func split(_ path: String) -> (folder: String, name: String) {
        guard let slash = path.lastIndex(of: "/") else { return (".", path) }
        let folder = path[..<slash]
        return (folder.isEmpty ? "/" : String(folder), String(path[path.index(after: slash)...]))
    }

    /// Whether there is a file or folder (stat(2)).
    public static func exists(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0
    }

    /// Whether there is a folder (stat(2)).
    public static func isFolder(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }

    /// Refuses a place that this process may not look at, where there is nothing to be said of what exists: in a folder
    /// without permission, for instance. A file or folder that is not there is no fault.
    ///
    /// - Throws: `Fault(.missingInput)` that names the folder which is closed.
    public static func requireReachable(_ path: String) throws(Fault) {
        var status = stat()
        guard stat(path, &status) != 0, errno != ENOENT, errno != ENOTDIR else { return }
        throw Fault.cannotRead(path, errno)
    }

    /// When a file, or what is in a folder, was last changed, in seconds since 1970 (stat(2)); nil if it does not exist.
    public static func modificationTime(_ path: String) -> Double? {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        return Double(status.st_mtim.tv_sec) + Double(status.st_mtim.tv_nsec) * 1e-9
    }

    /// Makes a folder of this program's own, if it is not there; a link to another one is not followed.
    ///
    /// - Returns: whether it was made.
    /// - Throws: `Fault(.cannotWrite)`.
    @discardableResult
    public static func makeOwnFolder(_ path: String) throws(Fault) -> Bool {
        if mkdir(path, 0o777) == 0 { return true }
        guard errno == EEXIST else { throw Fault.cannotWrite(path, errno) }
        var status = stat()
        guard lstat(path, &status) == 0 else { throw Fault.cannotWrite(path, errno) }
        switch status.st_mode & S_IFMT {
        case S_IFDIR: return false
        case S_IFLNK:
            throw Fault(
                .cannotWrite, path, "is a link, and nothing is written through links in a run folder",
                remedy: "remove it; the run folder itself may be a link")
        default: throw Fault.cannotWrite(path, ENOTDIR)
        }
    }

    /// Makes a folder of this program's own and those above it.
    ///
    /// - Throws: `Fault(.cannotWrite)`.
    public static func makeFolders(_ path: String) throws(Fault) {
        guard !isFolder(path) else { return }
        let parent = split(path).folder
        if parent != path { try makeFolders(parent) }
        try makeOwnFolder(path)
    }

    /// Makes an empty file that is not there yet (open(2) with `O_EXCL`): of several processes, one succeeds.
    ///
    /// - Returns: whether it was made.
    /// - Throws: `Fault(.cannotWrite)`.
    public static func makeNewFile(_ path: String) throws(Fault) -> Bool {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o666)
        guard descriptor >= 0 else {
            guard errno == EEXIST else { throw Fault.cannotWrite(path, errno) }
            return false
        }
        close(descriptor)
        return true
    }

    /// Refuses what is neither a file nor a link to one: a pipe would be waited for, and a device may never end.
    ///
    /// - Returns: its length in bytes.
    /// - Throws: `Fault(.badData)`; `Fault(.missingInput)` when there is nothing.
    @discardableResult
    public static func requireFile(_ path: String) throws(Fault) -> Int {
        var status = stat()
        guard stat(path, &status) == 0 else { throw Fault.cannotRead(path, errno) }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw Fault(
                .badData, path, "is a folder, a pipe or a device instead of a file", remedy: "put the file itself there"
            )
        }
        return Int(status.st_size)
    }

    /// Hands the file's bytes to `body`, a piece at a time (read(2)).
    ///
    /// Unlike with a mapped file, a damaged disk causes a fault instead of a signal.
    ///
    /// - Throws: as ``requireFile(_:)``, and when reading fails.
    public static func forEachPiece(of path: String, _ body: (UnsafeRawBufferPointer) -> Void) throws(Fault) {
        try requireFile(path)
        // Opening a pipe that has come there since does not wait either.
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw Fault.cannotRead(path, errno) }
        defer { close(descriptor) }
        let piece = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 64)
        defer { piece.deallocate() }
        while true {
            let count = Glibc.read(descriptor, piece.baseAddress, piece.count)
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else { throw Fault.cannotRead(path, errno) }
            guard count > 0 else { return }
            body(UnsafeRawBufferPointer(rebasing: piece[..<count]))
        }
    }

    /// The bytes of a file.
    ///
    /// - Parameter most: how many it may have.
    /// - Throws: as ``forEachPiece(of:_:)`` does, and `Fault(.badData)` for a longer file.
    public static func read(_ path: String, most: Int = .max) throws(Fault) -> [UInt8] {
        let size = try requireFile(path)
        guard size <= most else {
            throw Fault(
                .badData, path, "has \(size) bytes, and none of its kind has more than \(most)",
                remedy: "put the file that belongs there in its place")
        }
        var bytes: [UInt8] = []
        try forEachPiece(of: path) { bytes.append(contentsOf: $0) }
        return bytes
    }

    /// The names of a folder's entries, in alphabetical order.
    public static func names(in folder: String) throws(Fault) -> [String] {
        do {
            return try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
        } catch {
            guard access(folder, R_OK | X_OK) == 0 else { throw Fault.cannotRead(folder, errno) }
            throw Fault(.missingInput, folder, "cannot be listed", remedy: "check the path and its permissions")
        }
    }

    /// Removes a file, or a folder with everything in it; does nothing if it does not exist.
    public static func remove(_ path: String) throws(Fault) {
        var status = stat()
        // A link that leads nowhere is removed as well.
        guard lstat(path, &status) == 0 else { return }
        do {
            try FileManager.default.removeItem(atPath: path)
        } catch {
            throw Fault(.cannotWrite, path, "cannot be removed", remedy: "remove it by hand and start again")
        }
        CrashPoint.pass()
    }

    /// Waits until the file or folder is on the disk itself (fsync(2)).
    public static func synchronize(_ path: String) throws(Fault) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        // A folder may be writable but not readable: then nothing more can be done.
        guard descriptor >= 0 || errno == EACCES else { throw Fault.cannotWrite(path, errno) }
        guard descriptor >= 0 else { return }
        defer { close(descriptor) }
        // Some file systems cannot synchronise a folder and answer EINVAL: then nothing more can be done.
        guard fsync(descriptor) == 0 || errno == EINVAL else { throw Fault.cannotWrite(path, errno) }
        CrashPoint.pass()
    }

    /// Gives a file or folder its final name (rename(2)); an existing file is replaced.
    public static func move(_ path: String, to destination: String) throws(Fault) {
        guard rename(path, destination) == 0 else { throw Fault.cannotWrite(destination, errno) }
        CrashPoint.pass()
    }
}
