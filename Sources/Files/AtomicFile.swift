import Faults
import Glibc
import Synchronization

/// A file that appears under its name complete or not at all.
///
/// Bytes go to a hidden file in the same folder; `commit` makes them durable and renames it. Without `commit` the
/// hidden file is removed with this object, and whatever was at the path stays as it was. Only a crash leaves the
/// hidden file behind; ``isPartial(_:of:)`` recognises it. A link is replaced, never followed; for files that a user
/// names there is ``OutputFile``.
public final class AtomicFile {
    /// Where the file appears.
    public let path: String
    /// The hidden file and what becomes of it; nil for what is written directly.
    private let temporary: (path: String, destination: String)?
    private var descriptor: Int32
    private static let serial = Atomic<Int>(0)

    /// Opens a hidden file next to `path`.
    ///
    /// - Throws: a `cannotWrite` fault when the folder does not exist or cannot be written, or something stands there
    ///   that is no file.
    public convenience init(_ path: String) throws { try self.init(path, named: path) }

    /// - Parameter name: what messages call it.
    init(_ path: String, named name: String) throws {
        self.path = name
        var status = stat()
        if lstat(path, &status) == 0 {
            switch status.st_mode & S_IFMT {
            case S_IFREG, S_IFLNK: break
            case S_IFDIR: throw Fault.cannotWrite(name, EISDIR)
            default:
                throw Fault(.cannotWrite, name, "is a device or a pipe, not a file", remedy: "remove it first")
            }
        }
        let opened = Self.openTemporary(nextTo: path)
        descriptor = opened.descriptor
        temporary = (opened.path, path)
        if descriptor < 0 { throw Fault.cannotWrite(name, errno) }
    }

    /// Writes directly to what is open; `path` is what messages call it.
    ///
    /// - Parameter descriptor: is closed with this object; negative, with errno, when opening it failed.
    init(descriptor: Int32, path: String) throws {
        (self.path, self.descriptor, temporary) = (path, descriptor, nil)
        if descriptor < 0 { throw Fault.cannotWrite(path, errno) }
    }

    private static func openTemporary(nextTo path: String) -> (descriptor: Int32, path: String) {
        let (folder, name) = FileAccess.split(path)
        // O_EXCL arbitrates between processes, even on two machines that share the folder.
        while true {
            let serial = Self.serial.wrappingAdd(1, ordering: .relaxed).newValue
            let temporaryPath = "\(folder)/.\(name).\(getpid())-\(serial)\(partialSuffix)"
            let descriptor = open(temporaryPath, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
            if descriptor >= 0 || errno != EEXIST { return (descriptor, temporaryPath) }
        }
    }

    /// Whether a file in the same folder was left by a crash while the file `name` was written.
    public static func isPartial(_ other: String, of name: String) -> Bool {
        other.hasPrefix(".\(name).") && other.hasSuffix(partialSuffix)
    }

    /// Removes what crashes have left in a folder while files were written there.
    ///
    /// - Parameter names: of the files; nil for all.
    /// - Throws: `Fault(.cannotWrite)`.
    public static func removePartial(in folder: String, of names: [String]? = nil) throws(Fault) {
        for name in try FileAccess.names(in: folder) {
            let isLeft =
                names?.contains { isPartial(name, of: $0) } ?? (name.hasPrefix(".") && name.hasSuffix(partialSuffix))
            if isLeft { try FileAccess.remove("\(folder)/\(name)") }
        }
    }

    private static let partialSuffix = ".partial"

    deinit {
        guard descriptor >= 0 else { return }
        close(descriptor)
        if let temporary { unlink(temporary.path) }
    }

    /// Appends bytes.
    public func write(_ bytes: UnsafeRawBufferPointer) throws {
        try writeAll(bytes) { Glibc.write(descriptor, $0, $1) }
    }

    /// Appends text.
    public func write(_ text: String) throws {
        try Array(text.utf8).withUnsafeBytes { try write($0) }
    }

    /// Writes bytes at an offset from the start of the file, without changing where `write` continues.
    public func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws {
        var offset = offset
        try writeAll(bytes) {
            let written = pwrite(descriptor, $0, $1, off_t(offset))
            offset += max(written, 0)
            return written
        }
    }

    /// Makes the bytes durable (fsync(2)) and gives the file its name. Nothing can be written afterwards.
    public func commit() throws {
        precondition(descriptor >= 0, "\(path) was committed before")
        guard let temporary else {
            let closed = close(descriptor)
            descriptor = -1
            if closed != 0 { throw Fault.cannotWrite(path, errno) }
            return
        }
        guard fsync(descriptor) == 0 else { throw Fault.cannotWrite(path, errno) }
        CrashPoint.pass()
        let closed = close(descriptor)
        descriptor = -1
        guard closed == 0, rename(temporary.path, temporary.destination) == 0 else {
            let error = errno
            unlink(temporary.path)
            throw Fault.cannotWrite(path, error)
        }
        CrashPoint.pass()
        // The new name must be durable too.
        try FileAccess.synchronize(FileAccess.split(temporary.destination).folder)
    }

    /// Writes `bytes` as the whole file `path`, atomically.
    public static func write(_ bytes: UnsafeRawBufferPointer, to path: String) throws {
        let file = try AtomicFile(path)
        try file.write(bytes)
        try file.commit()
    }

    /// Writes `text` as the whole file `path`, in UTF-8, atomically.
    public static func write(_ text: String, to path: String) throws {
        try Array(text.utf8).withUnsafeBytes { try write($0, to: path) }
    }

    private func writeAll(
        _ bytes: UnsafeRawBufferPointer, with write: (UnsafeRawPointer, Int) -> Int
    ) throws {
        precondition(descriptor >= 0, "\(path) was committed before")
        var rest = bytes[...]
        while let start = UnsafeRawBufferPointer(rebasing: rest).baseAddress, !rest.isEmpty {
            let written = write(start, rest.count)
            if written < 0 && errno == EINTR { continue }
            guard written > 0 else { throw Fault.cannotWrite(path, written < 0 ? errno : ENOSPC) }
            CrashPoint.pass()
            rest = rest.dropFirst(written)
        }
    }
}
