import CKernels
import Tensors

/// The trail of a moving body: brightness ∝ exp(−4 ln 2 · d² / w²) for the distance d to a straight line or to a
/// segment of it, a Gaussian of full width w at half maximum across.
package struct Trail: Hashable, Sendable {
    /// The middle of the trail from the stamp's centre.
    package let middle: SIMD2<Float>
    /// Along the trail, of length 1.
    package let direction: SIMD2<Float>
    package let length: Float
    package let fullWidthHalfMaximum: Float
    package let peak: Float

    package init(
        middle: SIMD2<Float>, direction: SIMD2<Float>, length: Float, fullWidthHalfMaximum: Float, peak: Float
    ) {
        self.middle = middle
        self.direction = direction
        self.length = length
        self.fullWidthHalfMaximum = fullWidthHalfMaximum
        self.peak = peak
    }

    /// One as drawn for the survey, at most `reach` pixels from the centre: seven of ten cross the whole stamp
    /// (satellites), half of these wider than a star by up to three times (near ones are out of focus); the others end
    /// after 4 to 8 widths (asteroids). The peak is 1.5 to 100 σ, or in another range of them, log-uniform.
    init(
        _ random: inout RandomStream, width: Float, reach: Float, sigma: Float, peaks: ClosedRange<Float> = 1.5...100
    ) {
        let crosses = random.happens(0.7)
        let wide = crosses && random.happens(0.5) ? random.uniform(1, 3) : 1
        let direction = random.direction()
        let aside = random.uniform(-reach, reach) * SIMD2(-direction.y, direction.x)
        let length = crosses ? 1000 : width * random.uniform(4, 8)
        let shift = crosses ? 0 : random.uniform(-0.5, 0.5) * length
        self.init(
            middle: aside + shift * direction, direction: direction, length: length,
            fullWidthHalfMaximum: wide * width, peak: sigma * random.logUniform(peaks))
    }

    /// Brightness at a position from the stamp's centre.
    package func brightness(at position: SIMD2<Float>) -> Float {
        let from = position - middle
        let along = (from * direction).sum()
        let nearest = min(max(along, -length / 2), length / 2) * direction
        let square = ((from - nearest) * (from - nearest)).sum()
        return peak * portable_expf(-2.77258872 * square / (fullWidthHalfMaximum * fullWidthHalfMaximum))
    }
}
