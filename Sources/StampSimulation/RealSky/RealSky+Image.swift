import Faults
import StampFormats

extension RealSky {
    /// Blank tiles of a survey's own images.
    ///
    /// Each image is cut into tiles of the stamps' size, which do not overlap, from its first pixel on. A tile is taken
    /// unless it has pixels that are not finite, or a source near its centre: a detected pixel (``SourceMask``) within
    /// `clearRadius`, so that there may be real neighbours farther out.
    ///
    /// - Parameters:
    ///   - files: FITS files or arrays of one image each.
    ///   - fullWidthHalfMaximum: of point sources, in pixels.
    ///   - clearRadius: how far off the centre a source counts as that of the stamp.
    /// - Throws: as reading a ``SkyImage`` does; a `badData` fault for an image smaller than a stamp, and when a class
    ///   gets no tile.
    public init(
        images files: [String], size: Int, fullWidthHalfMaximum: Float, clearRadius: Float, share: Float
    ) throws {
        var pieces: [(number: Int, image: Int, corner: SIMD2<Int>?, pixels: Plane)] = []
        var first = 0
        for (number, path) in try StampFiles.expand(files).enumerated() {
            let image = try SkyImage(contentsOf: path)
            guard min(image.height, image.width) >= size else {
                throw Fault(
                    .badData, path, "is an image of \(image.height)×\(image.width), smaller than a stamp",
                    remedy: "give the whole image, or a smaller --size")
            }
            let mask = SourceMask(
                pixels: image.pixels, height: image.height, width: image.width,
                fullWidthHalfMaximum: fullWidthHalfMaximum)
            let columns = image.width / size, rows = image.height / size
            for tile in 0..<rows * columns {
                let top = tile / columns * size, left = tile % columns * size
                guard
                    mask.isClear(
                        x: Float(left) + Float(size - 1) / 2, y: Float(top) + Float(size - 1) / 2, within: clearRadius)
                else { continue }
                var pixels: [Float] = []
                pixels.reserveCapacity(size * size)
                for row in top..<top + size { pixels += image.pixels[(row * image.width + left)...].prefix(size) }
                // Neighbours along a row have numbers of different parity, and so have those below each other.
                let parity = (tile / columns + tile % columns) % 2
                pieces.append(
                    (
                        2 * (first + tile) + parity, number, SIMD2(left, top),
                        Plane(height: size, width: size, pixels: pixels)
                    ))
            }
            first += rows * columns
        }
        try self.init(pieces, share: share, name: files.joined(separator: " "))
    }
}
