import Faults
import Glibc
import Synchronization

/// A regular file that is read by ranges of bytes, and opened only when it is first read.
///
/// Its descriptor is managed by ``OpenFiles``, so that a process can use more files than it may have open. Reading is
/// safe from many threads at once.
package final class RangedFile: Sendable {
    private static let nextNumber = Atomic<UInt64>(0)

    package let path: String
    /// The length of the file; a file that turns out to have another length is refused.
    package let byteCount: Int
    /// Distinguishes the file among those of the process.
    let number = RangedFile.nextNumber.add(1, ordering: .relaxed).newValue
    /// The whole file, once it has been requested.
    private let mapping = Mutex<ReadOnlyBytes?>(nil)

    /// Names a file of known length; touches nothing.
    package init(path: String, byteCount: Int) {
        self.path = path
        self.byteCount = byteCount
    }

    deinit { OpenFiles.shared.close(number) }

    /// A file whose length is looked up (stat(2)); nil for pipes and anything else that is not a regular file.
    ///
    /// - Throws: a `missingInput` fault when it does not exist.
    package static func regular(_ path: String) throws -> RangedFile? {
        var status = stat()
        guard stat(path, &status) == 0 else { throw Fault.cannotRead(path, errno) }
        return status.st_mode & S_IFMT == S_IFREG ? RangedFile(path: path, byteCount: Int(status.st_size)) : nil
    }

    /// Copies the bytes of `range` (pread(2)).
    ///
    /// - Throws: a `missingInput` fault when the file cannot be opened or read, `badData` when its length has changed.
    func read(_ range: Range<Int>, to destination: UnsafeMutableRawPointer) throws {
        precondition(range.lowerBound >= 0 && range.upperBound <= byteCount, "bytes \(range) of \(byteCount)")
        try OpenFiles.shared.withDescriptor(of: self) { descriptor in
            var done = 0
            while done < range.count {
                let count = pread(descriptor, destination + done, range.count - done, off_t(range.lowerBound + done))
                if count < 0 && errno == EINTR { continue }
                guard count >= 0 else { throw Fault.cannotRead(path, errno) }
                guard count > 0 else { throw changed(descriptor) }
                done += count
            }
        }
        ReadCounts.count(bytes: range.count)
    }

    /// The last bytes of the file, at most `count`.
    package func suffix(_ count: Int) throws -> [UInt8] {
        let start = max(0, byteCount - count)
        return try [UInt8](unsafeUninitializedCapacity: byteCount - start) { buffer, initialized in
            if let base = buffer.baseAddress { try read(start..<byteCount, to: base) }
            initialized = byteCount - start
        }
    }

    /// The first bytes of the file, at most `count`.
    package func prefix(_ count: Int) throws -> [UInt8] {
        let count = min(count, byteCount)
        return try [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
            if let base = buffer.baseAddress { try read(0..<count, to: base) }
            initialized = count
        }
    }

    /// Tells the system that the bytes of `range` will be read soon (posix_fadvise(2)), so that it prefetches them.
    ///
    /// - Throws: as reading does.
    package func willRead(_ range: Range<Int>) throws {
        try OpenFiles.shared.withDescriptor(of: self) {
            _ = posix_fadvise($0, off_t(range.lowerBound), off_t(range.count), POSIX_FADV_WILLNEED)
        }
    }

    /// The whole file in memory: mapped, where the file system allows it.
    ///
    /// - Throws: as reading does.
    func mapped() throws -> ReadOnlyBytes {
        try mapping.withLock { mapping in
            if let mapping { return mapping }
            let bytes = try ReadOnlyBytes.contents(of: path)
            guard bytes.bytes.count == byteCount else { throw changed(to: bytes.bytes.count) }
            mapping = bytes
            return bytes
        }
    }

    /// A new descriptor of the file, which must have the expected length.
    func open() throws -> Int32 {
        let descriptor = Glibc.open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw Fault.cannotRead(path, errno) }
        ReadCounts.countOpen()
        guard length(descriptor) == byteCount else {
            defer { Glibc.close(descriptor) }
            throw changed(descriptor)
        }
        return descriptor
    }

    private func length(_ descriptor: Int32) -> Int {
        var status = stat()
        return fstat(descriptor, &status) == 0 ? Int(status.st_size) : 0
    }

    private func changed(_ descriptor: Int32) -> Fault { changed(to: length(descriptor)) }

    private func changed(to length: Int) -> Fault {
        Fault(
            .badData, path, "is \(length) bytes long and was \(byteCount) when it was first looked at",
            remedy: "give all machines the same files, and leave them alone while they are read")
    }
}
