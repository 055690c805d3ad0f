import CZlib

/// The checksum of zip, zlib and PNG (ISO 3309), by way of zlib's `crc32_z`.
public struct CRC32 {
    private var state = crc32_z(0, nil, 0)

    /// The checksum of no bytes.
    public init() {}

    /// Goes on with bytes after those seen so far.
    public mutating func update(_ bytes: UnsafeRawBufferPointer) {
        guard let start = bytes.baseAddress else { return }
        state = crc32_z(state, start.assumingMemoryBound(to: UInt8.self), bytes.count)
    }

    /// The checksum of the bytes so far.
    public var value: UInt32 { UInt32(truncatingIfNeeded: state) }

    /// The same as eight hexadecimal digits.
    public var hexadecimal: String {
        let digits = String(value, radix: 16)
        return String(repeating: "0", count: 8 - digits.count) + digits
    }
}
