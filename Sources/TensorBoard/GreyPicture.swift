/// A picture in shades of grey that is drawn piece by piece: rectangles, enlarged stamps and numbers.
public struct GreyPicture: Sendable {
    public let width: Int
    public let height: Int
    private var pixels: [UInt8]

    /// An empty picture of one shade (0 black, 255 white).
    public init(width: Int, height: Int, shade: UInt8 = 255) {
        self.width = width
        self.height = height
        pixels = [UInt8](repeating: shade, count: width * height)
    }

    /// The picture as a PNG file.
    public var png: PNGImage { PNGImage(width: width, height: height, pixels: pixels) }

    /// Fills a rectangle, as far as it is within the picture.
    public mutating func fill(x: Int, y: Int, width: Int, height: Int, shade: UInt8) {
        let columns = (x..<x + width).clamped(to: 0..<self.width)
        for row in (y..<y + height).clamped(to: 0..<self.height) {
            for column in columns { pixels[row * self.width + column] = shade }
        }
    }

    /// Draws values row by row from the top, each as a square: the least is black, the greatest white.
    public mutating func draw(_ values: [Double], columns: Int, x: Int, y: Int, scale: Int) {
        let finite = values.filter(\.isFinite)
        guard let least = finite.min(), let greatest = finite.max() else { return }
        let range = greatest > least ? greatest - least : 1
        for (index, value) in values.enumerated() {
            let shade = value.isFinite ? UInt8(max(0, min(255, 255 * ((value - least) / range)))) : 0
            fill(
                x: x + index % columns * scale, y: y + index / columns * scale, width: scale, height: scale,
                shade: shade)
        }
    }

    /// Draws digits, points, signs and per cent signs, each 3×5 squares and one square of space; others are blank.
    public mutating func draw(_ number: String, x: Int, y: Int, scale: Int, shade: UInt8) {
        for (place, character) in number.enumerated() {
            for (row, bits) in (Self.shapes[character] ?? []).enumerated() {
                for column in 0..<3 where bits >> (2 - column) & 1 == 1 {
                    fill(
                        x: x + (4 * place + column) * scale, y: y + row * scale, width: scale, height: scale,
                        shade: shade)
                }
            }
        }
    }

    /// Rows from the top, bits from the left.
    private static let shapes: [Character: [UInt8]] = [
        "0": [7, 5, 5, 5, 7], "1": [2, 6, 2, 2, 7], "2": [7, 1, 7, 4, 7], "3": [7, 1, 7, 1, 7], "4": [5, 5, 7, 1, 1],
        "5": [7, 4, 7, 1, 7], "6": [7, 4, 7, 5, 7], "7": [7, 1, 1, 1, 1], "8": [7, 5, 7, 5, 7], "9": [7, 5, 7, 1, 7],
        ".": [0, 0, 0, 0, 2], "-": [0, 0, 7, 0, 0], "%": [5, 1, 2, 4, 5],
    ]
}
