import Faults
import Glibc

/// Bytes that do not change, at a fixed address: a file mapped into memory, or a block of memory.
///
/// A mapped file costs no memory until it is read and is shared by all processes of a machine. Truncating the file
/// while it is mapped kills the process (SIGBUS), as with every mapped file: large files that are read by range are
/// ``RangedFile``s instead.
package final class ReadOnlyBytes: @unchecked Sendable {
    /// Where the bytes came from.
    private enum Origin {
        case mapping
        /// Mapped, but memory of this process alone.
        case sharedMemory
        case memory
    }

    /// The bytes. Their address need not be aligned.
    package let bytes: UnsafeRawBufferPointer
    private let origin: Origin

    private init(_ bytes: UnsafeRawBufferPointer, origin: Origin) {
        self.bytes = bytes
        self.origin = origin
    }

    deinit {
        guard let base = bytes.baseAddress else { return }
        switch origin {
        case .mapping, .sharedMemory: munmap(UnsafeMutableRawPointer(mutating: base), bytes.count)
        case .memory: free(UnsafeMutableRawPointer(mutating: base))
        }
    }

    /// The contents of a file: mapped where the file allows it, otherwise (pipes, file systems without mmap) read.
    ///
    /// - Throws: a `missingInput` fault when the file does not exist or cannot be read.
    package static func contents(of path: String) throws -> ReadOnlyBytes {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw Fault.cannotRead(path, errno) }
        defer { close(descriptor) }
        ReadCounts.countOpen()
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw Fault.cannotRead(path, errno) }
        switch status.st_mode & S_IFMT {
        case S_IFREG:
            let count = Int(status.st_size)
            if count > 0, let base = mmap(nil, count, PROT_READ, MAP_PRIVATE, descriptor, 0), base != MAP_FAILED {
                ReadCounts.count(bytes: count)
                return ReadOnlyBytes(UnsafeRawBufferPointer(start: base, count: count), origin: .mapping)
            }
        case S_IFIFO, S_IFSOCK: break
        case S_IFDIR: throw Fault(.missingInput, path, "is a folder", remedy: "name files in it, as \"\(path)/*.npy\"")
        default: throw Fault(.missingInput, path, "is not a file", remedy: "name a file")
        }
        return try reading(descriptor, path: path)
    }

    /// A block of `count` bytes that `fill` writes, or nil when there is not enough memory.
    package static func memory(
        count: Int, filledBy fill: (UnsafeMutableRawBufferPointer) throws -> Void
    ) rethrows -> ReadOnlyBytes? {
        guard let base = malloc(max(count, 1)) else { return nil }
        let block = ReadOnlyBytes(UnsafeRawBufferPointer(start: base, count: count), origin: .memory)
        try fill(UnsafeMutableRawBufferPointer(start: base, count: count))
        return block
    }

    /// The first `byteCount` bytes of memory behind a descriptor, which nobody changes any more; nil when there are
    /// fewer, or they cannot be mapped.
    package convenience init?(sharing descriptor: Int32, byteCount: Int) {
        var status = stat()
        guard fstat(descriptor, &status) == 0, byteCount <= Int(status.st_size) else { return nil }
        guard byteCount > 0 else {
            self.init(UnsafeRawBufferPointer(start: nil, count: 0), origin: .sharedMemory)
            return
        }
        guard let base = mmap(nil, byteCount, PROT_READ | PROT_WRITE, MAP_PRIVATE, descriptor, 0), base != MAP_FAILED
        else { return nil }
        self.init(UnsafeRawBufferPointer(start: base, count: byteCount), origin: .sharedMemory)
    }

    /// A copy of bytes in a block of exactly their size.
    ///
    /// - Throws: an `internalFault` fault when there is not enough memory.
    package static func copying(_ bytes: UnsafeRawBufferPointer, _ name: String) throws -> ReadOnlyBytes {
        if let copy = memory(count: bytes.count, filledBy: { $0.copyMemory(from: bytes) }) { return copy }
        throw Fault(
            .internalFault, name, "does not fit into memory (\(bytes.count) bytes)", remedy: "end other programs first")
    }

    /// The bytes in an array, for short files.
    package var copy: [UInt8] { withExtendedLifetime(self) { [UInt8](bytes) } }

    /// Whether the bytes occupy memory of this process alone.
    package var isInMemory: Bool { origin != .mapping }

    /// Lets go of the memory that the bytes of a mapped file take since they were read; they are read again if needed.
    package func release() {
        guard origin == .mapping, let base = bytes.baseAddress else { return }
        madvise(UnsafeMutableRawPointer(mutating: base), bytes.count, MADV_DONTNEED)
    }

    /// Copies the bytes of `range`. Any thread.
    func copy(_ range: Range<Int>, to destination: UnsafeMutableRawPointer) {
        precondition(range.lowerBound >= 0 && range.upperBound <= bytes.count, "bytes \(range) of \(bytes.count)")
        if let base = bytes.baseAddress { memcpy(destination, base + range.lowerBound, range.count) }
    }

    private static func reading(_ descriptor: Int32, path: String) throws -> ReadOnlyBytes {
        var capacity = 1 << 16
        var count = 0
        var base = malloc(capacity)
        while let block = base {
            let received = read(descriptor, block + count, capacity - count)
            if received < 0 && errno == EINTR { continue }
            if received < 0 {
                let error = errno
                free(block)
                throw Fault.cannotRead(path, error)
            }
            ReadCounts.count(bytes: received)
            if received == 0 {
                return ReadOnlyBytes(UnsafeRawBufferPointer(start: block, count: count), origin: .memory)
            }
            count += received
            guard count == capacity else { continue }
            capacity *= 2
            base = realloc(block, capacity)
            if base == nil { free(block) }
        }
        throw Fault(
            .missingInput, path, "does not fit into memory after \(count) bytes",
            remedy: "store it in a regular file, which needs no memory of its own")
    }
}
