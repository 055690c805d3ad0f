import CKernels

/// Additions between buffers whose first float belongs to parameter `firstIndex`.
struct GradientAdditions {
    /// Floats of each buffer that are worked on at a time, so that a sum is still in cache when it is added on: 8 KiB.
    private static let blockLength = 2048

    private let pairs: [(into: UnsafeMutablePointer<Float>, from: UnsafePointer<Float>)]
    private let firstIndex: Int

    init(_ additions: [CanonicalTree.Addition], buffers: [UnsafeMutablePointer<Float>], firstIndex: Int) {
        pairs = additions.map { (buffers[$0.into], UnsafePointer(buffers[$0.from])) }
        self.firstIndex = firstIndex
    }

    var isEmpty: Bool { pairs.isEmpty }

    /// Makes all additions for the parameters in `range`.
    func apply(to range: Range<Int>) {
        guard !pairs.isEmpty else { return }
        for start in stride(from: range.lowerBound, to: range.upperBound, by: Self.blockLength) {
            let count = min(Self.blockLength, range.upperBound - start)
            for pair in pairs { add_into(pair.into + (start - firstIndex), pair.from + (start - firstIndex), count) }
        }
    }
}
