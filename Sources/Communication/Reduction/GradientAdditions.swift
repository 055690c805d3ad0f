import CKernels

/// Additions between buffers whose first float belongs to parameter `firstIndex`.
struct GradientAdditions {
    /// Floats of each buffer that are processed at a time, so that a sum is still in cache when it is added to another:
    /// 8 KiB.
    private static let blockLength = 2048

    private let pairs: [(into: UnsafeMutablePointer<Float>, from: UnsafePointer<Float>)]
    private let firstIndex: Int
    private let format: GradientFormat

    /// - Parameter format: to which every sum is rounded.
    init(
        _ additions: [CanonicalTree.Addition], buffers: [UnsafeMutablePointer<Float>], firstIndex: Int,
        format: GradientFormat
    ) {
        pairs = additions.map { (buffers[$0.into], UnsafePointer(buffers[$0.from])) }
        self.firstIndex = firstIndex
        self.format = format
    }

    var isEmpty: Bool { pairs.isEmpty }

    /// Performs all additions for the parameters in `range`.
    func apply(to range: Range<Int>) {
        guard !pairs.isEmpty else { return }
        for start in stride(from: range.lowerBound, to: range.upperBound, by: Self.blockLength) {
            let count = min(Self.blockLength, range.upperBound - start)
            for pair in pairs {
                format.add(pair.from + (start - firstIndex), to: pair.into + (start - firstIndex), count: count)
            }
        }
    }
}

extension GradientFormat {
    /// Adds values of this format and rounds each sum to it. The one operation of the tree.
    public func add(_ values: UnsafePointer<Float>, to sums: UnsafeMutablePointer<Float>, count: Int) {
        switch self {
        case .float32: add_into(sums, values, count)
        case .bfloat16: add_rounded_into(sums, values, count)
        }
    }

    /// Rounds a microbatch's values, before they are added to others.
    public func round(_ values: UnsafeMutablePointer<Float>, count: Int) {
        if self == .bfloat16 { round_to_bfloat16(values, count) }
    }
}
