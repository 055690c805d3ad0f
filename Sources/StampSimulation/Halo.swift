import CKernels
import Tensors

/// The glow of a bright star or a galaxy outside of the stamp, or light scattered in the telescope: brightness
/// peak · exp(−(r − r₀) / h) at the distance r from its centre.
package struct Halo: Hashable, Sendable {
    /// From the stamp's centre, in pixels.
    package let centre: SIMD2<Float>
    /// h, in pixels.
    package let scaleLength: Float
    /// Brightness at the distance r₀.
    package let peak: Float
    package let radius: Float

    package init(centre: SIMD2<Float>, scaleLength: Float, peak: Float, radius: Float) {
        self.centre = centre
        self.scaleLength = scaleLength
        self.peak = peak
        self.radius = radius
    }

    /// One whose centre is 1.3 to 4 times as far away as the border (`half`), of scale length 3 to 20 pixels, and 2 to
    /// 100 σ at the border, both log-uniform.
    init(_ random: inout RandomStream, half: Float, sigma: Float) {
        let distance = half * random.uniform(1.3, 4)
        self.init(
            centre: distance * random.direction(), scaleLength: random.logUniform(3, 20),
            peak: sigma * random.logUniform(2, 100), radius: distance - half)
    }

    /// Brightness at a position from the stamp's centre.
    package func brightness(at position: SIMD2<Float>) -> Float {
        let from = position - centre
        let distance = (from * from).sum().squareRoot()
        // The corner of a stamp may lie nearer than r₀: no brighter there than 100 times the peak.
        return peak * portable_expf(min(-(distance - radius) / scaleLength, 4.6))
    }
}
