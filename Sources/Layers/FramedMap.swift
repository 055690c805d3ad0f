import Tensors

/// A map with rows and columns around it, which together are a larger one.
struct FramedMap {
    /// The map inside.
    let inner: Shape
    /// The larger map.
    let outer: Shape
    /// Rows above the inner map.
    let top: Int
    /// Columns before it.
    let left: Int

    /// Calls `body` with the places of each line of the inner map in both, and its length.
    func eachLine(samples: Int, _ body: (_ inner: Int, _ outer: Int, _ count: Int) -> Void) {
        let (height, line) = (inner.extents[0], inner.extents[1] * inner.channels)
        let outerLine = outer.extents[1] * inner.channels
        for sample in 0..<samples {
            for row in 0..<height {
                body(
                    sample * inner.count + row * line,
                    sample * outer.count + (row + top) * outerLine + left * inner.channels, line)
            }
        }
    }
}
