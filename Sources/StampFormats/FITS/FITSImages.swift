import Faults
import Files

/// The stamps of a FITS file: its image HDUs one after another, where each plane of a cube is a stamp.
///
/// Reading is safe from many threads at once.
struct FITSImages: Sendable {
    /// The pixels of one HDU.
    struct Part: Hashable, Sendable, Codable {
        /// The number of its first pixel among those of all parts.
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

    /// The number of stamps.
    let count: Int
    /// Rows of a stamp, NAXIS2. The first is the first in the file, as in astropy's arrays.
    let height: Int
    /// Columns of a stamp, NAXIS1.
    let width: Int
    /// In the order of the file, none empty.
    let parts: [Part]
    let storage: ArrayBytes

    /// Stamps whose pixels lie in `storage` as `parts` describe.
    init(height: Int, width: Int, parts: [Part], storage: ArrayBytes) {
        for part in parts {
            precondition(
                part.bytes(of: 0..<part.pixelCount).upperBound <= storage.byteCount,
                "an image longer than the bytes that hold it")
        }
        (self.height, self.width, self.parts, self.storage) = (height, width, parts, storage)
        count = (parts.last.map { $0.firstPixel + $0.pixelCount } ?? 0) / (height * width)
    }

    /// Copies physical values of the pixels of `range`, counted through all stamps, to the start of `destination`.
    ///
    /// - Throws: a `missingInput` fault when the file cannot be opened or read any more, `badData` when it has changed.
    func copy(_ range: Range<Int>, into destination: UnsafeMutableBufferPointer<Double>) throws {
        precondition(
            range.lowerBound >= 0 && range.upperBound <= count * height * width, "pixels \(range) of \(count) stamps")
        precondition(destination.count >= range.count, "\(range.count) pixels into room for \(destination.count)")
        guard let target = destination.baseAddress else { return }
        try forEachPart(of: range) { part, pixels in
            try copy(pixels, of: part, to: target + (part.firstPixel + pixels.lowerBound - range.lowerBound))
        }
    }

    /// Tells the system that the pixels of `range` will be read soon, where that helps.
    ///
    /// - Throws: as `copy` does.
    func willRead(_ range: Range<Int>) throws {
        guard case .file(let file) = storage else { return }
        try forEachPart(of: range) { part, pixels in try file.willRead(part.bytes(of: pixels)) }
    }

    /// Calls `body` with each part that holds pixels of `range`, and which of its own pixels they are.
    private func forEachPart(of range: Range<Int>, _ body: (Part, Range<Int>) throws -> Void) rethrows {
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

    /// Reads the stored pixels into the end of the room for them, since none is larger than a `Double`, and converts
    /// them from there to its beginning: no pixel is overwritten before it has been read.
    private func copy(_ pixels: Range<Int>, of part: Part, to target: UnsafeMutablePointer<Double>) throws {
        let bytes = part.bytes(of: pixels)
        let unread = UnsafeMutableRawPointer(target + pixels.count) - bytes.count
        try storage.copy(bytes, to: unread)
        part.format.convert(from: unread, count: pixels.count, to: target)
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
