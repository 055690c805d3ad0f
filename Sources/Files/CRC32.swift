import CZlib

/// The checksum of zip, zlib and PNG (ISO 3309), computed by zlib's `crc32_z`.
public struct CRC32 {
    private var state = crc32_z(0, nil, 0)

    /// The checksum of no bytes.
    public init() {}

    /// Continues with the bytes that follow those seen so far.
    public mutating func update(_ bytes: UnsafeRawBufferPointer) {
        guard let start = bytes.baseAddress else { return }
        state = crc32_z(state, start.assumingMemoryBound(to: UInt8.self), bytes.count)
    }

    /// The checksum of the bytes so far.
    public var value: UInt32 { UInt32(truncatingIfNeeded: state) }

    /// The value as eight hexadecimal digits.
    public var hexadecimal: String {
        let digits = String(value, radix: 16)
        return String(repeating: "0", count: 8 - digits.count) + digits
    }
}
