import Faults
import Files

/// The stamps of a FITS file: its image HDUs one after another, where each plane of a cube is a stamp; of several kinds
/// of HDU, each is a channel.
///
/// Reading is safe from many threads at once.
struct FITSImages: Sendable {
    /// The pixels of one HDU.
    struct Part: Hashable, Sendable, Codable {
        /// The number of its first pixel among those of all parts of its channel.
        let firstPixel: Int
        let pixelCount: Int
        /// Where they start in the storage.
        let byteOffset: Int
        let format: FITSPixelFormat

        /// Where a range of its pixels is.
        func bytes(of pixels: Range<Int>) -> Range<Int> {
            let size = format.storage.byteCount
            return byteOffset + pixels.lowerBound * size..<byteOffset + pixels.upperBound * size
        }
    }

    /// One channel of all stamps.
    struct Channel: Sendable, Codable {
        /// In the order of the file, none empty.
        let parts: [Part]

        var pixelCount: Int { parts.last.map { $0.firstPixel + $0.pixelCount } ?? 0 }
    }

    /// The number of stamps.
    let count: Int
    /// Rows of a stamp, NAXIS2. The first is the first in the file, as in astropy's arrays.
    let height: Int
    /// Columns of a stamp, NAXIS1.
    let width: Int
    /// At least one, each of as many pixels.
    let channels: [Channel]
    /// What the channels are called; nil where the file holds but one kind of image.
    let names: [String]?
    let storage: ArrayBytes

    /// Stamps whose pixels lie in `storage` as the channels' parts describe.
    init(height: Int, width: Int, channels: [Channel], names: [String]?, storage: ArrayBytes) {
        for part in channels.flatMap(\.parts) {
            precondition(
                part.bytes(of: 0..<part.pixelCount).upperBound <= storage.byteCount,
                "an image longer than the bytes that hold it")
        }
        (self.height, self.width, self.channels, self.names) = (height, width, channels, names)
        self.storage = storage
        count = channels[0].pixelCount / (height * width)
        precondition(channels.allSatisfy { $0.pixelCount == channels[0].pixelCount }, "channels of different lengths")
    }

    /// Copies physical values of a range of stamps to `destination`, the channels of each pixel side by side.
    ///
    /// - Throws: a `missingInput` fault when the file cannot be opened or read any more, `badData` when it has changed.
    func copyStamps(_ stamps: Range<Int>, into destination: UnsafeMutableBufferPointer<Double>) throws {
        let pixels = pixels(of: stamps)
        for (number, channel) in channels.enumerated() {
            try destination.fillChannels(number..<number + 1, of: channels.count) { target in
                try channel.forEachPart(of: pixels) { part, own in
                    try copy(own, of: part, to: target + (part.firstPixel + own.lowerBound - pixels.lowerBound))
                }
            }
        }
    }

    /// Tells the system that a stamp will be read soon, where that helps.
    ///
    /// - Throws: as `copyStamps` does.
    func willReadStamp(_ index: Int) throws {
        guard case .file(let file) = storage else { return }
        for channel in channels {
            try channel.forEachPart(of: pixels(of: index..<index + 1)) { part, own in
                try file.willRead(part.bytes(of: own))
            }
        }
    }

    /// Those of each channel.
    private func pixels(of stamps: Range<Int>) -> Range<Int> {
        precondition(stamps.lowerBound >= 0 && stamps.upperBound <= count, "stamps \(stamps) of \(count)")
        return stamps.lowerBound * height * width..<stamps.upperBound * height * width
    }

    /// Reads the stored pixels into the end of the room for them, since none is larger than a `Double`, and converts
    /// them from there to its beginning: no pixel is overwritten before it has been read.
    private func copy(_ pixels: Range<Int>, of part: Part, to target: UnsafeMutablePointer<Double>) throws {
        let bytes = part.bytes(of: pixels)
        let unread = UnsafeMutableRawPointer(target + pixels.count) - bytes.count
        try storage.copy(bytes, to: unread)
        part.format.convert(from: unread, count: pixels.count, to: target)
    }
}

extension FITSImages.Channel {
    /// Calls `body` with each part that holds pixels of `range`, and which of its own pixels they are.
    func forEachPart(of range: Range<Int>, _ body: (FITSImages.Part, Range<Int>) throws -> Void) rethrows {
        var next = range.lowerBound
        var index = indexOfPart(holding: next)
        while next < range.upperBound {
            let part = parts[index]
            let end = min(range.upperBound, part.firstPixel + part.pixelCount)
            try body(part, next - part.firstPixel..<end - part.firstPixel)
            next = end
            index += 1
        }
    }

    /// The last part that starts at or before a pixel.
    private func indexOfPart(holding pixel: Int) -> Int {
        var (low, high) = (0, parts.count)
        while high - low > 1 {
            let middle = (low + high) / 2
            if parts[middle].firstPixel <= pixel { low = middle } else { high = middle }
        }
        return low
    }
}
