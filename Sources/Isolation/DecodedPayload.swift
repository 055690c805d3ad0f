import Faults
import Glibc

/// Memory that an isolated process fills and who asked receives, as large as the decoder says.
package final class DecodedPayload {
    private let descriptor: Int32
    private(set) var byteCount = 0

    init(descriptor: Int32) { self.descriptor = descriptor }

    /// The memory, `count` bytes of zero. To be called once.
    ///
    /// - Parameter name: the file that wants it, for messages.
    /// - Throws: a `badData` fault when there is not as much.
    package func allocate(_ count: Int, name: String) throws -> UnsafeMutableRawBufferPointer {
        precondition(byteCount == 0, "a payload is allocated once")
        guard count > 0 else { return UnsafeMutableRawBufferPointer(start: nil, count: 0) }
        guard ftruncate(descriptor, off_t(count)) == 0,
            let base = mmap(nil, count, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0), base != MAP_FAILED
        else {
            throw Fault(
                .badData, name, "needs \(count) bytes of memory once it is decompressed, which are not free",
                remedy: "save it uncompressed, which needs none")
        }
        byteCount = count
        return UnsafeMutableRawBufferPointer(start: base, count: count)
    }
}
