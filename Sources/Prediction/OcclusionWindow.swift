/// A square window that is laid over a stamp at every position of a regular grid, to see what a network predicts from
/// the rest.
///
/// With 5 pixels and stride 1 the positions, the pixels under the window and the map's padding are those of the
/// occlusion map in astroML's notebook.
public struct OcclusionWindow: Hashable, Sendable {
    /// Pixels of one side.
    public let side: Int
    /// Pixels from one position to the next, in both directions.
    public let stride: Int

    public init(side: Int = 5, stride: Int = 1) {
        precondition(side > 0 && stride > 0, "a window of \(side) pixels with stride \(stride)")
        (self.side, self.stride) = (side, stride)
    }

    /// The number of positions down and across a stamp, row by row: ⌊(extent − side) / stride⌋ + 1.
    public func positions(height: Int, width: Int) -> (rows: Int, columns: Int) {
        precondition(side <= min(height, width), "a window of \(side) pixels on a stamp of \(height)×\(width)")
        return ((height - side) / stride + 1, (width - side) / stride + 1)
    }

    /// Fills the window at one position with 0, a normalised stamp's darkest value.
    public func cover(_ position: Int, of pixels: UnsafeMutablePointer<Double>, height: Int, width: Int) {
        let columns = positions(height: height, width: width).columns
        let corner = position / columns * stride * width + position % columns * stride
        for row in 0..<side { (pixels + corner + row * width).update(repeating: 0, count: side) }
    }

    /// The values of all positions as an image of the stamp's size.
    ///
    /// Each value is placed at the pixel side / 2 below and right of its window's first pixel, and for the stride ×
    /// stride pixels around that one. The rest, at the edges, is padded as by `numpy.pad(…, mode="minimum")`: each
    /// column with its minimum, then each row with its minimum. NaN does not count as a minimum.
    public func map(_ values: some RandomAccessCollection<Float>, height: Int, width: Int) -> [Float] {
        let (rows, columns) = positions(height: height, width: width)
        precondition(values.count == rows * columns, "\(values.count) values for \(rows)×\(columns) positions")
        let first = side / 2 - (stride - 1) / 2
        let down = max(first, 0)..<min(first + rows * stride, height)
        let across = max(first, 0)..<min(first + columns * stride, width)
        var map = [Float](repeating: 0, count: height * width)
        for y in down {
            for x in across {
                let position = (y - first) / stride * columns + (x - first) / stride
                map[y * width + x] = values[values.index(values.startIndex, offsetBy: position)]
            }
        }
        for x in across {
            let least = Self.minimum(down.lazy.map { map[$0 * width + x] })
            for y in 0..<height where !down.contains(y) { map[y * width + x] = least }
        }
        for y in 0..<height {
            let least = Self.minimum(across.lazy.map { map[y * width + $0] })
            for x in 0..<width where !across.contains(x) { map[y * width + x] = least }
        }
        return map
    }

    private static func minimum(_ values: some Sequence<Float>) -> Float { values.reduce(.nan, Float.minimum) }
}
