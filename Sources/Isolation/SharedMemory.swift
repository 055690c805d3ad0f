import FoundationEssentials
import Glibc

/// Small texts in memory that two processes share through a descriptor.
enum SharedMemory {
    static let page = Int(sysconf(Int32(_SC_PAGESIZE)))
    /// No request and no answer is longer.
    static let largest = 64 << 20

    /// All that is in the memory; nil when it cannot be read or is too long.
    static func contents(of descriptor: Int32) -> Data? {
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_size <= largest else { return nil }
        var bytes = [UInt8](repeating: 0, count: Int(status.st_size))
        var done = 0
        while done < bytes.count {
            let count = bytes.withUnsafeMutableBytes {
                pread(descriptor, $0.baseAddress! + done, $0.count - done, off_t(done))
            }
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { return nil }
            done += count
        }
        return Data(bytes)
    }

    /// Puts `contents` in the place of all that was there; whether that succeeded.
    static func replace(_ descriptor: Int32, by contents: Data) -> Bool {
        guard ftruncate(descriptor, 0) == 0 else { return false }
        let bytes = [UInt8](contents)
        var done = 0
        while done < bytes.count {
            let count = bytes.withUnsafeBytes {
                pwrite(descriptor, $0.baseAddress! + done, $0.count - done, off_t(done))
            }
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { return false }
            done += count
        }
        return true
    }
}
