/// Arrays whose elements do not lie in C order.
public enum StridedArray {
    /// Where the elements of an array stand, in C order: start + Σ iₐ·strideₐ for each index (i₀, i₁, …).
    ///
    /// - Parameters:
    ///   - extents: of each axis.
    ///   - strides: elements from one place along each axis to the next, as many as there are extents.
    ///   - start: of the first element.
    public static func offsets(extents: [Int], strides: [Int], from start: Int = 0) -> [Int] {
        precondition(extents.count == strides.count, "\(strides.count) strides of \(extents.count) axes")
        guard !extents.contains(0) else { return [] }
        return zip(extents, strides).reduce([start]) { offsets, axis in
            offsets.flatMap { place in (0..<axis.0).lazy.map { place + $0 * axis.1 } }
        }
    }
}
