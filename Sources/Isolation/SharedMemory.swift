import Files
import FoundationEssentials
import Glibc

/// What is in memory that two processes share through a descriptor.
enum SharedMemory {
    /// No request and no answer is longer.
    private static let longestText = 64 << 20

    /// The text that is in the memory; nil when it cannot be read or is too long.
    static func contents(of descriptor: Int32) -> Data? {
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_size <= longestText,
            let bytes = ReadOnlyBytes(sharing: descriptor, byteCount: Int(status.st_size))
        else { return nil }
        return Data(bytes.copy)
    }

    /// Puts a text in the place of all that was there; whether that succeeded.
    static func replace(_ descriptor: Int32, by text: [UInt8]) -> Bool {
        ftruncate(descriptor, 0) == 0 && text.withUnsafeBytes { write($0, to: descriptor) }
    }

    /// Puts bytes at the start of the memory; whether that succeeded.
    static func write(_ bytes: UnsafeRawBufferPointer, to descriptor: Int32) -> Bool {
        var done = 0
        while done < bytes.count {
            let count = pwrite(descriptor, bytes.baseAddress! + done, bytes.count - done, off_t(done))
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { return false }
            done += count
        }
        return true
    }
}
