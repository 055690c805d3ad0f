/// The checksum of Castagnoli (iSCSI, RFC 3720, appendix B.4) with which TFRecord files protect lengths and data.
///
/// A byte at a time from a table: event files hold kilobytes a second at most.
public enum CRC32C {
    /// The polynomial 0x1EDC6F41 with its bits in reverse, as bytes are taken lowest bit first.
    private static let polynomial: UInt32 = 0x82F6_3B78

    private static let table: [UInt32] = (0..<256).map { byte in
        (0..<8).reduce(UInt32(byte)) { remainder, _ in
            remainder & 1 == 0 ? remainder >> 1 : remainder >> 1 ^ polynomial
        }
    }

    /// The checksum of some bytes.
    public static func checksum(_ bytes: some Sequence<UInt8>) -> UInt32 {
        ~bytes.reduce(~0) { $0 >> 8 ^ table[Int(UInt8(truncatingIfNeeded: $0) ^ $1)] }
    }

    /// The checksum as it is stored beside its data: rotated right by 15 bits, plus a constant, so that data may
    /// themselves contain checksums (TensorFlow's `crc32c::Mask`).
    public static func masked(_ bytes: some Sequence<UInt8>) -> UInt32 {
        let checksum = checksum(bytes)
        return (checksum >> 15 | checksum << 17) &+ 0xA282_EAD8
    }
}
