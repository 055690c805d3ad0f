import Tensors

/// Pixels at full well: no pixel exceeds `fullWell`, and the charge that a star's core could not hold has run along its
/// column.
struct Saturation {
    /// In ADU as the stamp has them.
    let fullWell: Float
    /// The pixels that the charge has run over.
    private let bleeding: [Int]

    /// - Parameters:
    ///   - star: the centre of the star, from that of the stamp.
    ///   - reach: how far along the column, in pixels, charge has run; 0 for none.
    ///   - halfWidth: of the trail of charge, in pixels.
    init(fullWell: Float, star: SIMD2<Float>, reach: Float, halfWidth: Float, height: Int, width: Int) {
        self.fullWell = fullWell
        let centre = SIMD2(Float(width - 1), Float(height - 1)) / 2
        bleeding = (0..<(height * width)).filter { pixel in
            let from = SIMD2(Float(pixel % width), Float(pixel / width)) - centre - star
            return abs(from.x) <= halfWidth && abs(from.y) <= reach
        }
    }

    func apply(to pixels: inout [Float]) {
        for pixel in bleeding { pixels[pixel] = fullWell }
        for pixel in pixels.indices { pixels[pixel] = min(pixels[pixel], fullWell) }
    }
}
