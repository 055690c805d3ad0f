/// The framing of TensorFlow's record files (`tensorflow/core/lib/io/record_writer.h`), little-endian:
/// length (8 bytes), masked CRC-32C of the length (4), data, masked CRC-32C of the data (4).
public enum TFRecord {
    /// One record that holds `data`.
    public static func framed(_ data: [UInt8]) -> [UInt8] {
        let length = bytes(of: UInt64(data.count))
        return length + bytes(of: CRC32C.masked(length)) + data + bytes(of: CRC32C.masked(data))
    }

    private static func bytes(of value: some FixedWidthInteger) -> [UInt8] {
        withUnsafeBytes(of: value.littleEndian, Array.init)
    }
}
