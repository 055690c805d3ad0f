import CKernels
import Tensors

/// The spikes that the struts of a secondary mirror put on a bright star: straight arms whose brightness falls with the
/// distance r from the star as r₀ / r (the envelope of the slit's (sin x / x)² pattern over a broad band), and across
/// as a Gaussian of one width.
package struct DiffractionSpikes: Hashable, Sendable {
    /// The star from the stamp's centre, in pixels.
    package let star: SIMD2<Float>
    /// Directions of the arms, of length 1.
    package let arms: [SIMD2<Float>]
    package let fullWidthHalfMaximum: Float
    /// Brightness of an arm's middle line at `radius` from the star.
    package let peak: Float
    package let radius: Float

    package init(
        star: SIMD2<Float>, arms: [SIMD2<Float>], fullWidthHalfMaximum: Float, peak: Float, radius: Float
    ) {
        self.star = star
        self.arms = arms
        self.fullWidthHalfMaximum = fullWidthHalfMaximum
        self.peak = peak
        self.radius = radius
    }

    /// Spikes of a star 0.8 to 3 times as far away as the border (`half`), one of which passes within `reach` of the
    /// centre with a brightness of 3 to 100 σ: four at right angles (three of four stars) or six.
    init(_ random: inout RandomStream, width: Float, half: Float, reach: Float, sigma: Float) {
        let away = random.direction(), distance = half * random.uniform(0.8, 3)
        let target = random.uniform(-reach, reach) * SIMD2(-away.y, away.x)
        let towards = target - distance * away
        let length = (towards * towards).sum().squareRoot()
        let first = towards / length, aside = SIMD2(-first.y, first.x)
        // A sixth of a turn to either side.
        let left = 0.5 * first + 0.866025404 * aside, right = 0.5 * first - 0.866025404 * aside
        let lines = random.happens(0.75) ? [first, aside] : [first, left, right]
        self.init(
            star: distance * away, arms: lines + lines.map { -$0 },
            fullWidthHalfMaximum: width * random.uniform(0.6, 1),
            peak: sigma * random.logUniform(3, 100), radius: length)
    }

    /// Brightness at a position from the stamp's centre.
    package func brightness(at position: SIMD2<Float>) -> Float {
        let from = position - star
        var sum: Float = 0
        for arm in arms {
            let along = (from * arm).sum(), aside = from - along * arm
            guard along > 0 else { continue }
            let across = portable_expf(
                -2.77258872 * (aside * aside).sum() / (fullWidthHalfMaximum * fullWidthHalfMaximum))
            // Nearer than a width the arm is part of the star's core.
            sum += peak * radius / max(along, fullWidthHalfMaximum) * across
        }
        return sum
    }
}
