import CKernels
import Tensors

/// How the values of an array stand for those of a larger one: along axes of extent 1, one value for all, as numpy and
/// Keras broadcast.
struct Broadcast: Sendable {
    /// How many values the smaller array has.
    let smallCount: Int
    /// How many values the larger array has.
    let largeCount: Int
    private let extents: [Int]
    private let steps: [Int]

    /// The values of an array of shape `small` in the place of one of shape `large`; the last axes are compared.
    ///
    /// - Precondition: each extent of `small` is 1 or that of `large`.
    init(_ small: Shape, to large: Shape) {
        let missing = large.extents.count - small.extents.count
        precondition(missing >= 0, "\(small) has more axes than \(large)")
        (smallCount, largeCount) = (small.count, large.count)
        // From the innermost axis to the outermost: neighbours along which both arrays move alike become one.
        var (extents, steps): ([Int], [Int]) = ([], [])
        var step = 1
        for (axis, extent) in large.extents.enumerated().reversed() {
            let own = axis < missing ? 1 : small.extents[axis - missing]
            precondition(own == 1 || own == extent, "\(small) does not stand for \(large)")
            if extent == 1 { continue }
            let move = own == 1 ? 0 : step
            if let inner = extents.last, let innerStep = steps.last, move == innerStep * inner {
                extents[extents.count - 1] *= extent
            } else {
                extents.append(extent)
                steps.append(move)
            }
            step *= own
        }
        self.extents = extents.isEmpty ? [1] : extents.reversed()
        self.steps = steps.isEmpty ? [0] : steps.reversed()
    }

    /// Whether both arrays have the same values in the same order.
    var isIdentity: Bool { smallCount == largeCount }

    /// How many times the smaller array, one after another, makes the larger one, as a number for each channel does of a
    /// map; nil where it does not.
    var repetitions: Int? {
        if isIdentity { return 1 }
        return steps == [0, 1] ? extents[0] : nil
    }

    /// Writes the larger array.
    func expand(_ small: UnsafePointer<Float>, into large: UnsafeMutablePointer<Float>) {
        broadcast_expand(extents, steps, Int32(extents.count), small, large)
    }

    /// Calls `body` with the place of each value of the larger array and of the smaller one's that stands for it.
    func eachValue(_ body: (_ large: Int, _ small: Int) -> Void) {
        for large in 0..<largeCount {
            var (rest, small) = (large, 0)
            for (extent, step) in zip(extents, steps).reversed() {
                small += rest % extent * step
                rest /= extent
            }
            body(large, small)
        }
    }

    /// Adds up the values of the larger array for each of the smaller one, onto what `sums` has.
    func sum(_ large: UnsafePointer<Float>, into sums: UnsafeMutablePointer<Double>) {
        broadcast_sum(extents, steps, Int32(extents.count), large, sums)
    }
}

extension MutableBufferView<Float> {
    /// The first 2·count floats as as many doubles, all 0.
    ///
    /// - Precondition: the view starts at a multiple of eight bytes, as scratch memory does.
    func zeroedDoubles(_ count: Int) -> UnsafeMutablePointer<Double> {
        let start = UnsafeMutableRawPointer(pointer(2 * count)).assumingMemoryBound(to: Double.self)
        start.update(repeating: 0, count: count)
        return start
    }
}
