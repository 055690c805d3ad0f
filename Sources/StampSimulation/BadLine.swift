import Tensors

/// A bad column (seven of ten) or row of the detector, one or two pixels wide, bright in two of three, whole or from
/// some point on, in units of one exposure's σ. Half of them pass within four pixels of the centre, where a search
/// would have picked them up.
struct BadLine {
    private let isColumn: Bool
    private let thickness: Int
    private let brightness: Float

    init(_ random: inout RandomStream) {
        isColumn = random.happens(0.7)
        thickness = random.happens(0.2) ? 2 : 1
        let sign: Float = random.happens(0.67) ? 1 : -1
        brightness = sign * random.logUniform(3, 60)
    }

    /// - Parameter clear: the line passes at least this far from the centre, or at the border.
    func draw(on image: inout Plane, clear: Float, _ random: inout RandomStream) {
        let across = isColumn ? image.width : image.height, along = isColumn ? image.height : image.width
        // The border of one pixel is not part of the stamp.
        let half = Float(across - 3) / 2
        let nearest = min(clear, half - 1)
        let farthest = random.happens(0.5) ? min(nearest + 4, half) : half
        let place = half + 1 + random.sign() * random.uniform(nearest, farthest)
        let line = min(max(Int(place.rounded()), 1), across - 2)
        let start = random.happens(0.6) ? 0 : random.index(below: along * 2 / 3)
        for place in start..<along {
            let value = brightness * random.uniform(0.8, 1.2)
            for position in line..<min(line + thickness, across) {
                image.pixels[isColumn ? place * image.width + position : position * image.width + place] += value
            }
        }
    }
}
