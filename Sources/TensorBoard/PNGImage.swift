import CZlib
import Files

/// A picture of 8 bits a channel as a PNG file (W3C PNG specification, second edition): grey or RGB, rows unfiltered.
public struct PNGImage: Sendable {
    /// The channels of a pixel; the raw value is their number.
    public enum Channels: Int, Sendable {
        case grey = 1
        case rgb = 3

        /// PNG's number for it.
        var colourType: UInt8 { self == .grey ? 0 : 2 }
    }

    public let width: Int
    public let height: Int
    public let channels: Channels
    /// The file.
    public let bytes: [UInt8]

    /// Encodes a picture.
    ///
    /// - Parameter pixels: row after row from the top, channel beside channel: height × width × channels.
    public init(width: Int, height: Int, channels: Channels = .grey, pixels: [UInt8]) {
        precondition(width > 0 && height > 0 && width <= 1 << 15 && height <= 1 << 15, "a picture needs a sane size")
        precondition(pixels.count == width * height * channels.rawValue, "pixels do not fill the picture")
        self.width = width
        self.height = height
        self.channels = channels
        let header =
            PNGChunk.bigEndian(width) + PNGChunk.bigEndian(height) + [
                8, channels.colourType, 0, 0, 0,  // bits a channel, colour, deflate, standard filters, not interlaced
            ]
        let signature: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]
        bytes =
            signature + PNGChunk.bytes("IHDR", header)
            + PNGChunk.bytes("IDAT", Self.compressed(Self.rows(pixels, length: width * channels.rawValue)))
            + PNGChunk.bytes("IEND", [])
    }

    /// Each row, preceded by its filter type: none.
    private static func rows(_ pixels: [UInt8], length: Int) -> [UInt8] {
        var rows: [UInt8] = []
        rows.reserveCapacity(pixels.count + pixels.count / length)
        for start in stride(from: 0, to: pixels.count, by: length) {
            rows.append(0)
            rows += pixels[start..<(start + length)]
        }
        return rows
    }

    private static func compressed(_ bytes: [UInt8]) -> [UInt8] {
        let capacity = compressBound(uLong(bytes.count))
        return [UInt8](unsafeUninitializedCapacity: Int(capacity)) { target, count in
            var length = capacity
            let status = compress2(
                target.baseAddress, &length, bytes, uLong(bytes.count), Z_DEFAULT_COMPRESSION)
            precondition(status == Z_OK, "zlib's compress2 has room enough and fails")
            count = Int(length)
        }
    }
}
