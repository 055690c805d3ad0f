import CKernels
import Tensors

/// What remains where something was subtracted or sharpened imperfectly.
package enum Residual: Hashable, Sendable {
    /// Rings around a bright star, as resampling or deconvolution leave: cos(2π (r / period + phase)) · exp(−r /
    /// decay).
    case rings(centre: SIMD2<Float>, period: Float, phase: Float, decay: Float)
    /// Too much of a star subtracted with too narrow a profile: a bright disc of full width 1.6 w less a core of full
    /// width w and of depth `depth` times its peak.
    case darkCore(centre: SIMD2<Float>, fullWidthHalfMaximum: Float, depth: Float)
    /// A galaxy less a round model of it: four lobes of alternating sign, (x′² − y′²) / r² · (r / s) · exp(1 − r / s),
    /// x′ along the axis and s the radius of the lobes; no light at its centre and none in total.
    case lobes(centre: SIMD2<Float>, axis: SIMD2<Float>, radius: Float)

    /// One of each with equal probability: rings about a place off the centre (`half` is the border's distance, `clear`
    /// the least distance), cores and lobes within a pixel of it.
    init(_ random: inout RandomStream, width: Float, half: Float, clear: Float) {
        switch random.index(below: 3) {
        case 0:
            let distance = random.uniform(clear, 1.5 * max(half, clear))
            self = .rings(
                centre: distance * random.direction(), period: max(2.5, width * random.uniform(0.7, 1.6)),
                phase: random.uniformFloat(), decay: random.uniform(4, 12))
        case 1:
            self = .darkCore(
                centre: random.pointInDisc(), fullWidthHalfMaximum: width, depth: random.uniform(1.2, 3))
        default:
            self = .lobes(
                centre: random.pointInDisc(), axis: random.direction(), radius: width * random.uniform(0.4, 1))
        }
    }

    /// Brightness at a position from the stamp's centre, where the brightest place has about 1.
    package func brightness(at position: SIMD2<Float>) -> Float {
        switch self {
        case .rings(let centre, let period, let phase, let decay):
            let radius = Self.length(position - centre)
            return portable_cosine_of_turns(radius / period + phase) * portable_expf(-radius / decay)
        case .darkCore(let centre, let width, let depth):
            let square = Self.length(position - centre) * Self.length(position - centre) / (width * width)
            return portable_expf(-1.08304247 * square) - depth * portable_expf(-2.77258872 * square)
        case .lobes(let centre, let axis, let radius):
            let from = position - centre
            let distance = Self.length(from)
            guard distance > 1e-3 else { return 0 }
            let along = (from * axis).sum() / distance
            return (2 * along * along - 1) * distance / radius * portable_expf(1 - distance / radius)
        }
    }

    private static func length(_ vector: SIMD2<Float>) -> Float { (vector * vector).sum().squareRoot() }
}
