/// A part of a PNG file (W3C PNG specification, second edition, 5.3).
package enum PNGChunk {
    /// Length, name, content, CRC-32 of name and content.
    package static func bytes(_ name: String, _ content: [UInt8]) -> [UInt8] {
        let named = Array(name.utf8) + content
        var checksum = CRC32()
        named.withUnsafeBytes { checksum.update($0) }
        return bigEndian(content.count) + named + bigEndian(Int(checksum.value))
    }

    /// A number as PNG writes it, in four bytes.
    package static func bigEndian(_ value: Int) -> [UInt8] {
        withUnsafeBytes(of: UInt32(value).bigEndian, Array.init)
    }
}
