import CKernels
import Tensors

/// The distributions that scenes are drawn from, using only arithmetic that is the same on every machine.
extension RandomStream {
    /// A number uniform between the bounds.
    mutating func uniform(_ low: Float, _ high: Float) -> Float { low + (high - low) * uniformFloat() }

    /// A number whose logarithm is uniform between those of the bounds: density proportional to 1 / x.
    mutating func logUniform(_ low: Float, _ high: Float) -> Float {
        min(max(low * portable_expf(portable_logf(high / low) * uniformFloat()), low), high)
    }

    mutating func logUniform(_ range: ClosedRange<Float>) -> Float { logUniform(range.lowerBound, range.upperBound) }

    /// A number x of the range whose density is proportional to x^(−1 − slope): log-uniform for a slope of 0, and the
    /// larger the slope, the more small ones.
    mutating func powerLaw(_ range: ClosedRange<Float>, slope: Float) -> Float {
        guard slope != 0 else { return logUniform(range) }
        let low = range.lowerBound, high = range.upperBound
        // x^−slope is uniform between those of the bounds.
        let farthest = portable_expf(-slope * portable_logf(high / low))
        let power = 1 + uniformFloat() * (farthest - 1)
        return min(max(low * portable_expf(-portable_logf(power) / slope), low), high)
    }

    /// 1 or -1.
    mutating func sign() -> Float { happens(0.5) ? 1 : -1 }

    /// A point uniform in the disc of radius 1, without its very centre.
    mutating func pointInDisc() -> SIMD2<Float> {
        while true {
            let point = SIMD2(uniform(-1, 1), uniform(-1, 1))
            let square = (point * point).sum()
            if square <= 1, square > 1e-4 { return point }
        }
    }

    /// A point uniform in the rectangle of |x| ≤ `half.x`, |y| ≤ `half.y` outside the disc of radius `clear`, or of the
    /// largest disc that leaves corners of it.
    mutating func point(within half: SIMD2<Float>, beyond clear: Float) -> SIMD2<Float> {
        let radius = min(clear, half.min())
        while true {
            let point = half * SIMD2(uniform(-1, 1), uniform(-1, 1))
            if (point * point).sum() > radius * radius { return point }
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
