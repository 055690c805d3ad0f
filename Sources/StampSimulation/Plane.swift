/// Brightness over a part of the sky: (height, width), row by row, of float32. Positions are (x, y) in pixels from its
/// centre; pixels are sampled at their centres unless said otherwise.
struct Plane: Hashable, Sendable {
    let height: Int
    let width: Int
    var pixels: [Float]

    init(height: Int, width: Int) {
        self.height = height
        self.width = width
        pixels = [Float](repeating: 0, count: height * width)
    }

    /// The centre counted from the centre of the first pixel.
    var centre: SIMD2<Float> { SIMD2(Float(width - 1), Float(height - 1)) / 2 }

    /// Adds a brightness that is a function of the position.
    mutating func add(_ brightness: (SIMD2<Float>) -> Float) {
        let centre = centre
        for row in 0..<height {
            for column in 0..<width {
                pixels[row * width + column] += brightness(SIMD2(Float(column), Float(row)) - centre)
            }
        }
    }

    /// Adds a point source, integrated over pixels.
    mutating func add(_ pointSpread: PointSpreadFunction, flux: Float, at position: SIMD2<Float>) {
        pointSpread.add(flux: flux, at: centre + position, height: height, width: width, to: &pixels)
    }

    /// The pixels without a border of one.
    var withoutBorder: [Float] {
        var inner = [Float]()
        inner.reserveCapacity((height - 2) * (width - 2))
        for row in 1..<(height - 1) { inner += pixels[(row * width + 1)...].prefix(width - 2) }
        return inner
    }
}
