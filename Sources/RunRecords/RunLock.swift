import Faults
import Files
import Glibc
import Synchronization

/// Keeps a second run out of a run folder: a lock (flock(2)) on the file `.lock` in it, which names its holder.
///
/// The system releases the lock with the process, however that ends, so a crash leaves no lock behind. Over NFS, Linux
/// turns flock into a lock of the server; on a file system without locks there is none.
public final class RunLock: Sendable {
    private let path: String
    private let descriptor: Mutex<Int32>

    /// The file of a folder that is locked.
    public static func file(ofFolder folder: String) -> String { "\(folder)/.lock" }

    /// Locks the folder.
    /// - Throws: `Fault(.usage)` that names the process and the host of the run that holds the lock.
    public init(folder: String) throws {
        path = Self.file(ofFolder: folder)
        descriptor = Mutex(try Self.lockedFile(path, folder: folder))
    }

    deinit { release() }

    /// Releases the folder and removes the file.
    public func release() {
        descriptor.withLock { descriptor in
            guard descriptor >= 0 else { return }
            // In this order: another run that has opened this file must not find it unlocked while it still exists.
            unlink(path)
            close(descriptor)
            descriptor = -1
        }
    }

    private static func lockedFile(_ path: String, folder: String) throws -> Int32 {
        while true {
            let descriptor = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0o666)
            guard descriptor >= 0 else {
                guard errno != ELOOP else {
                    throw Fault(.cannotWrite, path, "is a link, which no run makes", remedy: "remove it")
                }
                throw Fault.cannotWrite(path, errno)
            }
            if flock(descriptor, LOCK_EX | LOCK_NB) != 0, errno == EWOULDBLOCK {
                close(descriptor)
                throw held(path, folder: folder)
            }
            guard isFile(descriptor, at: path) else {
                // Its owner removed it between the two calls.
                close(descriptor)
                continue
            }
            let owner = Array("process \(getpid()) on \(hostName())\n".utf8)
            ftruncate(descriptor, 0)
            _ = write(descriptor, owner, owner.count)
            return descriptor
        }
    }

    private static func held(_ path: String, folder: String) -> Fault {
        let text = (try? FileAccess.read(path)).map { String(decoding: $0, as: UTF8.self) } ?? ""
        let owner = text.split(separator: "\n").first.map(String.init) ?? "another process"
        return Fault(
            .usage, "--output \(folder)", "is in use by a run (\(owner))",
            remedy: "wait until that run has ended, or choose another --output")
    }

    private static func isFile(_ descriptor: Int32, at path: String) -> Bool {
        var opened = stat()
        var named = stat()
        return fstat(descriptor, &opened) == 0 && stat(path, &named) == 0
            && opened.st_ino == named.st_ino && opened.st_dev == named.st_dev
    }

    /// This machine's name (gethostname(2)).
    public static func hostName() -> String {
        var name = [CChar](repeating: 0, count: 256)
        guard gethostname(&name, name.count - 1) == 0 else { return "localhost" }
        return String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
