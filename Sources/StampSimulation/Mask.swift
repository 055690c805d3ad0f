import Tensors

/// Pixels that a survey's software has replaced: a few lines, a block, or a strip along the border of the detector.
struct Mask {
    /// What replaces masked pixels.
    enum Filling: Hashable, Sendable {
        /// One number in all of them.
        case constant(Float)
        /// A straight line between the nearest good pixels of the row; the level where a row has none.
        case interpolated(level: Float)
    }

    private let masked: [Bool]
    private let height: Int
    private let width: Int
    private var filling: Filling

    /// A mask that covers at most a fifth of the stamp and leaves the disc of radius `clear` around the centre alone.
    init(_ random: inout RandomStream, height: Int, width: Int, clear: Float, level: Float) {
        self.height = height
        self.width = width
        filling =
            switch random.index(below: 3) {
            case 0: .constant(0)
            case 1: .constant(level)
            default: .interpolated(level: level)
            }
        var columns = 0..<width, rows = 0..<height
        switch random.index(below: 3) {
        case 0: columns = Self.interval(&random, extent: width, longest: max(width / 7, 1))
        case 1: columns = random.happens(0.5) ? 0..<(width / 5) : (width - width / 5)..<width
        default:
            columns = Self.interval(&random, extent: width, longest: max(width / 4, 1))
            rows = Self.interval(&random, extent: height, longest: max(height / 4, 1))
        }
        let turned = height == width && random.happens(0.3)
        let centre = SIMD2(Float(width - 1), Float(height - 1)) / 2
        masked = (0..<(height * width)).map { pixel in
            let row = pixel / width, column = pixel % width
            let from = SIMD2(Float(column), Float(row)) - centre
            let inside =
                turned
                ? columns.contains(row) && rows.contains(column) : columns.contains(column) && rows.contains(row)
            return inside && (from * from).sum() >= clear * clear
        }
    }

    /// The same pixels of an image whose sky was subtracted: its level is 0.
    var withoutLevel: Mask {
        var mask = self
        switch filling {
        case .constant: mask.filling = .constant(0)
        case .interpolated: mask.filling = .interpolated(level: 0)
        }
        return mask
    }

    private static func interval(_ random: inout RandomStream, extent: Int, longest: Int) -> Range<Int> {
        let length = 1 + random.index(below: longest), start = random.index(below: extent - length + 1)
        return start..<(start + length)
    }

    func apply(to pixels: inout [Float]) {
        switch filling {
        case .constant(let value):
            for pixel in masked.indices where masked[pixel] { pixels[pixel] = value }
        case .interpolated(let level):
            for row in 0..<height { interpolate(&pixels, row: row * width..<(row + 1) * width, level: level) }
        }
    }

    private func interpolate(_ pixels: inout [Float], row: Range<Int>, level: Float) {
        var pixel = row.lowerBound
        while pixel < row.upperBound {
            guard masked[pixel] else {
                pixel += 1
                continue
            }
            let start = pixel
            while pixel < row.upperBound, masked[pixel] { pixel += 1 }
            let before = start > row.lowerBound ? pixels[start - 1] : nil
            let behind = pixel < row.upperBound ? pixels[pixel] : nil
            let first = before ?? behind ?? level, last = behind ?? before ?? level
            for place in start..<pixel {
                pixels[place] = first + (last - first) * Float(place - start + 1) / Float(pixel - start + 1)
            }
        }
    }
}
