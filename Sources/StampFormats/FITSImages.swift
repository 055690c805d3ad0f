import Faults

/// The stamps of a FITS file: its image HDUs one behind the other, a cube being as many stamps as it has planes.
///
/// Reading is safe from many threads at once.
struct FITSImages: Sendable {
    /// The pixels of one HDU.
    struct Part: Hashable, Sendable {
        /// The number of its first pixel among those of all parts.
        let firstPixel: Int
        let pixelCount: Int
        /// Where they start in the storage.
        let byteOffset: Int
        let format: FITSPixelFormat
    }

    /// The number of stamps.
    let count: Int
    /// Rows of a stamp, NAXIS2. The first is the first in the file, as in an array that astropy gives.
    let height: Int
    /// Columns of a stamp, NAXIS1.
    let width: Int
    /// In the order of the file, none empty.
    private let parts: [Part]
    private let storage: ReadOnlyBytes

    /// Stamps whose pixels lie in `storage` as `parts` tell.
    init(height: Int, width: Int, parts: [Part], storage: ReadOnlyBytes) {
        for part in parts {
            let end = part.byteOffset + part.pixelCount * part.format.storage.byteCount
            precondition(end <= storage.bytes.count, "an image longer than the bytes that hold it")
        }
        (self.height, self.width, self.parts, self.storage) = (height, width, parts, storage)
        count = (parts.last.map { $0.firstPixel + $0.pixelCount } ?? 0) / (height * width)
    }

    /// Copies physical values of the pixels of `range`, counted through all stamps, to the start of `destination`.
    func copy(_ range: Range<Int>, into destination: UnsafeMutableBufferPointer<Double>) {
        precondition(
            range.lowerBound >= 0 && range.upperBound <= count * height * width, "pixels \(range) of \(count) stamps")
        precondition(destination.count >= range.count, "\(range.count) pixels into room for \(destination.count)")
        guard var target = destination.baseAddress, !range.isEmpty else { return }
        var next = range.lowerBound
        var index = indexOfPart(holding: next)
        while next < range.upperBound {
            let part = parts[index]
            let end = min(range.upperBound, part.firstPixel + part.pixelCount)
            copy(next - part.firstPixel..<end - part.firstPixel, of: part, to: target)
            target += end - next
            next = end
            index += 1
        }
    }

    /// Reads the stored pixels to the end of the room for them, since none is larger than a `Double`, and converts them from
    /// there to its beginning: no pixel is written over before it has been read.
    private func copy(_ pixels: Range<Int>, of part: Part, to target: UnsafeMutablePointer<Double>) {
        let size = part.format.storage.byteCount
        let first = part.byteOffset + pixels.lowerBound * size
        let unread = UnsafeMutableRawPointer(target + pixels.count) - pixels.count * size
        storage.copy(first..<first + pixels.count * size, to: unread)
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
