import CKernels
import Tensors

/// What the size of values adds to the loss: l1·Σ|x| + l2·Σx². Results equal `keras.regularizers.L1L2`.
public struct Penalty: Hashable, Sendable {
    public let l1: Float
    public let l2: Float

    public init(l1: Float, l2: Float) {
        self.l1 = l1
        self.l2 = l2
    }

    /// The penalty of `count` values, added up in double precision in an order that depends on `count` alone.
    public func value(_ values: UnsafePointer<Float>, count: Int) -> Double {
        var sums = (magnitudes: 0.0, squares: 0.0)
        penalty_sums(values, count, &sums.magnitudes, &sums.squares)
        return Double(l1) * sums.magnitudes + Double(l2) * sums.squares
    }

    /// Adds `factor`·∂penalty/∂x = `factor`·(l1·sign x + 2·l2·x) to a gradient; the sign of 0 is 0.
    public func addGradient(
        _ values: UnsafePointer<Float>, count: Int, factor: Float = 1, to gradient: UnsafeMutablePointer<Float>
    ) {
        add_penalty_gradient(values, count, factor * l1, factor * 2 * l2, gradient)
    }
}
