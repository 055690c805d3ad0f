import CZlib

/// The checksum of zlib and PNG (ISO 3309), by way of zlib's `crc32_z`.
struct CRC32 {
    private var value = crc32_z(0, nil, 0)

    mutating func update(_ bytes: UnsafeRawBufferPointer) {
        guard let start = bytes.baseAddress else { return }
        value = crc32_z(value, start.assumingMemoryBound(to: UInt8.self), bytes.count)
    }

    /// Eight hexadecimal digits.
    var hexadecimal: String {
        let digits = String(value, radix: 16)
        return String(repeating: "0", count: 8 - digits.count) + digits
    }
}
