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

    init(height: Int, width: Int, pixels: [Float]) {
        precondition(pixels.count == height * width, "\(pixels.count) pixels are not \(height)×\(width)")
        self.height = height
        self.width = width
        self.pixels = pixels
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
    var withoutBorder: [Float] { cropped(by: 1) }

    /// The pixels without a border.
    func cropped(by border: Int) -> [Float] {
        var inner = [Float]()
        inner.reserveCapacity((height - 2 * border) * (width - 2 * border))
        for row in border..<(height - border) {
            inner += pixels[(row * width + border)...].prefix(width - 2 * border)
        }
        return inner
    }

    /// The same with a dark border.
    func bordered(by border: Int) -> Plane {
        var plane = Plane(height: height + 2 * border, width: width + 2 * border)
        for row in 0..<height {
            let start = (row + border) * plane.width + border
            plane.pixels.replaceSubrange(start..<(start + width), with: pixels[(row * width)...].prefix(width))
        }
        return plane
    }
}
