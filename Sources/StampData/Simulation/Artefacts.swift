import Tensors

/// Flaws of the detector, drawn into an image that is a border of one pixel wider than the stamp. Brightness is in
/// units of the sky's σ, before resampling spreads it over the neighbours.
struct Artefacts {
    let height: Int
    let width: Int
    /// (height, width), row by row.
    private(set) var image: [Float]

    init(height: Int, width: Int) {
        self.height = height
        self.width = width
        image = [Float](repeating: 0, count: height * width)
    }

    /// A cosmic ray that enters within a third of the stamp's size from the centre: half of them hit one or two
    /// pixels, the others leave a straight track of 3 to 12 pixels. The charge in a pixel is sharp and uneven.
    mutating func addCosmicRay(_ random: inout RandomStream) {
        let size = SIMD2(Float(width), Float(height))
        let entry = (size - 1) / 2 + size / 3 * SIMD2(random.uniform(-1, 1), random.uniform(-1, 1))
        let direction = random.direction()
        let length = random.happens(0.5) ? random.uniform(0, 1) : random.uniform(3, 12)
        let brightness = random.logUniform(8, 200, logOfRatio: 3.21887582)
        let step: Float = 0.25
        var last = -1
        for index in 0...Int(length / step) {
            let position = entry + Float(index) * step * direction
            let column = Int(position.x.rounded()), row = Int(position.y.rounded())
            guard row >= 0, row < height, column >= 0, column < width else { break }
            // A pixel is lit once, however many steps fall into it.
            if row * width + column == last { continue }
            last = row * width + column
            image[last] += brightness * random.uniform(0.6, 1.4)
        }
    }

    /// A bad column or row, one or two pixels wide, bright in two of three, whole or from some point on. Half of them
    /// pass within four pixels of the centre, where a search would have stopped at them.
    mutating func addBadLine(_ random: inout RandomStream) {
        let isColumn = random.happens(0.7)
        let across = isColumn ? width : height, along = isColumn ? height : width
        let line =
            random.happens(0.5)
            ? min(max(across / 2 + random.index(below: 9) - 4, 0), across - 1) : random.index(below: across)
        let thickness = random.happens(0.2) ? 2 : 1
        let start = random.happens(0.6) ? 0 : random.index(below: along * 2 / 3)
        let sign: Float = random.happens(0.67) ? 1 : -1
        let brightness = sign * random.logUniform(3, 40, logOfRatio: 2.59026717)
        for place in start..<along {
            let value = brightness * random.uniform(0.8, 1.2)
            for position in line..<min(line + thickness, across) {
                image[isColumn ? place * width + position : position * width + place] += value
            }
        }
    }
}
