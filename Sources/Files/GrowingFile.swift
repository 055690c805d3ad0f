import Faults
import Glibc

/// A file that only grows, in whole pieces: one that cannot be written whole is removed again. Not to be used from two
/// threads at once.
public final class GrowingFile {
    /// The file.
    public let path: String
    private let descriptor: Int32
    /// The bytes of whole pieces.
    private var length: Int

    /// Creates a file, which must not exist yet.
    /// - Throws: `Fault(.cannotWrite)`.
    public init(creating path: String) throws(Fault) {
        self.path = path
        length = 0
        descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
        guard descriptor >= 0 else { throw Fault.cannotWrite(path, errno) }
    }

    /// Continues a file of `length` bytes; a link is not followed.
    /// - Throws: `Fault(.cannotWrite)`.
    public init(continuing path: String, length: Int) throws(Fault) {
        self.path = path
        self.length = length
        descriptor = open(path, O_WRONLY | O_NOFOLLOW | O_CLOEXEC)
        guard descriptor >= 0 else { throw Fault.cannotWrite(path, errno) }
    }

    deinit { close(descriptor) }

    /// Appends a piece (pwrite(2)).
    /// - Throws: `Fault(.cannotWrite)`; the file then ends with the previous piece.
    public func append(_ piece: [UInt8]) throws(Fault) {
        var written = 0
        while written < piece.count {
            let count = piece.withUnsafeBytes {
                pwrite(descriptor, $0.baseAddress! + written, $0.count - written, off_t(length + written))
            }
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else {
                let code = count < 0 ? errno : ENOSPC
                // Half a piece would make everything unreadable that is written once there is room again.
                ftruncate(descriptor, off_t(length))
                throw Fault.cannotWrite(path, code)
            }
            written += count
        }
        length += piece.count
    }

    /// Makes what was written durable (fsync(2)).
    /// - Throws: `Fault(.cannotWrite)`.
    public func synchronize() throws(Fault) {
        guard fsync(descriptor) == 0 || errno == EINVAL else { throw Fault.cannotWrite(path, errno) }
    }
}
