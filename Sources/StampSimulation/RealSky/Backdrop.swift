import CKernels

/// A piece of real sky that one stamp is drawn on.
struct Backdrop: Hashable, Sendable {
    /// (height, width) of the stamp, as the survey has them.
    let pixels: [Float]
    /// Their median and the robust standard deviation of their noise.
    let level: Float
    let sigma: Float
    let correlation: NoiseCorrelation
}

/// Which piece of real sky a stamp shows.
public struct RealSkyUse: Hashable, Sendable {
    /// The number of the background among all that were given, or of the tile of an image.
    public let background: Int
    /// Which of several images it comes from; 0 for stamps.
    public let image: Int
    /// The pixel that the stamp's source lies at, or its centre in the class of noise: (x, y) from the centre of the
    /// image's first pixel. Nil for stamps.
    public let position: SIMD2<Float>?
}

/// How a stamp lies on its piece of sky: one of the eight symmetries of the square.
struct Symmetry: Hashable, Sendable {
    let isTransposed: Bool
    let flipsRows: Bool
    let flipsColumns: Bool

    /// - Parameter number: 0 ..< 8; 0 changes nothing.
    init(_ number: Int) {
        isTransposed = number & 4 != 0
        flipsRows = number & 2 != 0
        flipsColumns = number & 1 != 0
    }

    /// Where a pixel of a square stamp comes from.
    func origin(row: Int, column: Int, height: Int, width: Int) -> (row: Int, column: Int) {
        let (row, column) = isTransposed ? (column, row) : (row, column)
        return (flipsRows ? height - 1 - row : row, flipsColumns ? width - 1 - column : column)
    }

    /// Where a place in the stamp, (x, y) from its centre, comes from.
    func origin(of place: SIMD2<Float>) -> SIMD2<Float> {
        let place = isTransposed ? SIMD2(place.y, place.x) : place
        return place * SIMD2(flipsColumns ? -1 : 1, flipsRows ? -1 : 1)
    }
}

extension Plane {
    /// Level, σ and noise of a piece of sky: the median, 1.4826 times the median distance from a plane through the pixels
    /// within 3 σ of it, and the pixels less that plane, in σ and clipped at ±3. Nil where three of four pixels are alike.
    func noise() -> (level: Float, sigma: Float, clipped: Plane)? {
        func median(_ values: [Float]) -> Float { values.sorted()[values.count / 2] }
        let level = median(pixels)
        let first = 1.4826 * median(pixels.map { abs($0 - level) })
        guard first > 0, level.isFinite, first.isFinite else { return nil }
        let clipped = pixels.map { min(max(($0 - level) / first, -3), 3) }
        var mean: Float = 0, slope = SIMD2<Float>.zero, squares = SIMD2<Float>.zero
        for (pixel, value) in clipped.enumerated() {
            let from = SIMD2(Float(pixel % width), Float(pixel / width)) - centre
            mean += value
            slope += value * from
            squares += from * from
        }
        mean /= Float(pixels.count)
        slope /= SIMD2(max(squares.x, 1), max(squares.y, 1))
        let flat = pixels.enumerated().map { pixel, value in
            let from = SIMD2(Float(pixel % width), Float(pixel / width)) - centre
            return (value - level) / first - mean - (slope * from).sum()
        }
        let scale = 1.4826 * median(flat.map(abs))
        guard scale > 0 else { return nil }
        return (
            level, first * scale,
            Plane(height: height, width: width, pixels: flat.map { min(max($0 / scale, -3), 3) })
        )
    }
}
