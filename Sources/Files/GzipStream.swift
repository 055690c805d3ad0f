import CZlib
import Faults

/// Files that gzip(1) made, as `.fits.gz` files are (RFC 1952): one or several members, whose contents follow each
/// other.
package enum GzipStream {
    /// The start of a member: gzip's magic number and deflate, its only method.
    package static let magic: [UInt8] = [0x1F, 0x8B, 0x08]

    /// The contents of a file, in memory. zlib checks them against the file's checksums.
    ///
    /// They are first inflated just to count them, so that exactly the memory they need is allocated.
    ///
    /// - Throws: a `badData` fault when the file is damaged or holds more than ``Expansion`` allows, or its contents do
    ///   not fit into memory.
    package static func contents(of bytes: UnsafeRawBufferPointer, name: String) throws -> ReadOnlyBytes {
        var count = 0
        let most = Expansion.most(of: bytes.count)
        try withUnsafeTemporaryAllocation(byteCount: 1 << 16, alignment: 64) { piece in
            count = try inflate(bytes, name: name) { written in
                guard written <= most else {
                    throw Fault(
                        .badData, name, "inflates to more than \(most) bytes, which stamps do not",
                        remedy: "gunzip the file if that is what it should hold")
                }
                return piece
            }
        }
        let contents = try ReadOnlyBytes.memory(count: count) { block in
            _ = try inflate(bytes, name: name) { UnsafeMutableRawBufferPointer(rebasing: block[min($0, count)...]) }
        }
        guard let contents else {
            throw Fault(
                .badData, name, "needs \(count) bytes of memory once it is inflated, which are not free",
                remedy: "gunzip the file: what is not compressed needs none")
        }
        return contents
    }

    /// Inflates all members.
    ///
    /// - Parameter room: where to write the contents that follow the given number of bytes.
    /// - Returns: the number of bytes.
    private static func inflate(
        _ bytes: UnsafeRawBufferPointer, name: String, _ room: (Int) throws -> UnsafeMutableRawBufferPointer
    ) throws -> Int {
        let damaged = Fault(.badData, name, "is damaged: gunzip cannot read it", remedy: "copy the file again")
        var stream = z_stream()
        // Adding 16 to the window's size makes zlib expect gzip's headers.
        guard inflateInit2_(&stream, MAX_WBITS + 16, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK else {
            throw Fault(.internalFault, name, "zlib has no memory", remedy: "end other programs first")
        }
        defer { inflateEnd(&stream) }
        let largest = 1 << 30
        var (consumed, written) = (0, 0)
        // One spare byte lets a stream reach its end when all room is used.
        var spare: UInt8 = 0
        while true {
            let target = try room(written)
            let input = min(bytes.count - consumed, largest)
            let output = target.isEmpty ? 1 : min(target.count, largest)
            let status = withUnsafeMutablePointer(to: &spare) { spare in
                stream.next_in = UnsafeMutablePointer(
                    mutating: bytes.baseAddress?.advanced(by: consumed).assumingMemoryBound(to: UInt8.self))
                stream.avail_in = UInt32(input)
                stream.next_out = target.isEmpty ? spare : target.baseAddress?.assumingMemoryBound(to: UInt8.self)
                stream.avail_out = UInt32(output)
                return CZlib.inflate(&stream, Z_NO_FLUSH)
            }
            consumed += input - Int(stream.avail_in)
            written += output - Int(stream.avail_out)
            switch status {
            case Z_OK: continue
            case Z_STREAM_END:
                let rest = bytes[consumed...]
                // Tapes are padded with zeros.
                if rest.allSatisfy({ $0 == 0 }) { return written }
                guard rest.starts(with: magic), inflateReset(&stream) == Z_OK else { throw damaged }
            default: throw damaged
            }
        }
    }
}
