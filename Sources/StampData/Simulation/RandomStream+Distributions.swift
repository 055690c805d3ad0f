import CKernels
import Tensors

/// The distributions that scenes are drawn from. Only arithmetic that is the same on every machine.
extension RandomStream {
    /// A number uniform between the bounds.
    mutating func uniform(_ low: Float, _ high: Float) -> Float { low + (high - low) * uniformFloat() }

    /// A number whose logarithm is uniform between those of the bounds: density proportional to 1 / x.
    mutating func logUniform(_ low: Float, _ high: Float, logOfRatio: Float) -> Float {
        min(max(low * portable_exp(logOfRatio * uniformFloat()), low), high)
    }

    /// A point uniform in the disc of radius 1, without its very centre.
    mutating func pointInDisc() -> SIMD2<Float> {
        while true {
            let point = SIMD2(uniform(-1, 1), uniform(-1, 1))
            let square = (point * point).sum()
            if square <= 1, square > 1e-4 { return point }
        }
    }

    /// A direction, uniform over the circle.
    mutating func direction() -> SIMD2<Float> {
        let point = pointInDisc()
        return point / (point * point).sum().squareRoot()
    }

    /// Whether an event of this probability happens.
    mutating func happens(_ probability: Float) -> Bool { uniformFloat() < probability }
}
