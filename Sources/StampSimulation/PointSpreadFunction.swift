import CKernels
import Tensors

/// The image of a point: a Moffat profile with a Gaussian share, both of one width and one elliptical shape, of unit
/// flux over the whole plane.
///
/// With t = 1 at half maximum, brightness ∝ (1 − g) · (1 + (2^(1/β) − 1) t)^−β / norm + g · exp(−t ln 2) / norm.
/// Source of the profile: A. F. J. Moffat, A&A 3, 455 (1969).
public struct PointSpreadFunction: Hashable, Sendable {
    /// Full width at half maximum in pixels: the geometric mean of the long and the short axis.
    public let fullWidthHalfMaximum: Float
    /// Moffat's β: the smaller, the brighter the wings.
    public let moffatIndex: Float
    /// The share of the flux that is in the Gaussian.
    public let gaussianFraction: Float
    /// Distortion (e₁, e₂), with |e| = (a² − b²) / (a² + b²) for axes a ≥ b, and e₁ > 0 along x.
    public let ellipticity: SIMD2<Float>
    /// The measured profile; nil for one that the numbers describe.
    private let image: PointSpreadImage?

    public init(
        fullWidthHalfMaximum: Float, moffatIndex: Float, gaussianFraction: Float, ellipticity: SIMD2<Float> = .zero
    ) {
        precondition(
            fullWidthHalfMaximum > 0 && moffatIndex > 1, "a point-spread function of infinite flux or no width")
        precondition((ellipticity * ellipticity).sum() < 1, "ellipticity \(ellipticity) is not below 1")
        self.fullWidthHalfMaximum = fullWidthHalfMaximum
        self.moffatIndex = moffatIndex
        self.gaussianFraction = gaussianFraction
        self.ellipticity = ellipticity
        image = nil
    }

    /// A measured profile; what is wider or narrower than it is a Gaussian.
    init(image: PointSpreadImage) {
        (fullWidthHalfMaximum, moffatIndex, gaussianFraction) = (image.fullWidthHalfMaximum, 3, 1)
        ellipticity = .zero
        self.image = image
    }

    /// One as drawn for the survey: width log-uniform in the range; a third each of pure Gaussians, pure Moffat
    /// profiles and mixtures, β 2.2 to 5; |e| up to 0.2, and up to 0.4 in one of five.
    init(_ random: inout RandomStream, fullWidths: ClosedRange<Float>) {
        let mixture: Float =
            switch random.index(below: 3) {
            case 0: 1
            case 1: 0
            default: random.uniformFloat()
            }
        self.init(
            fullWidthHalfMaximum: random.logUniform(fullWidths), moffatIndex: random.uniform(2.2, 5),
            gaussianFraction: mixture, ellipticity: (random.happens(0.2) ? 0.4 : 0.2) * random.pointInDisc())
    }

    /// The image of a galaxy: an exponential-like profile 1.2 to 2.5 times as wide, with a shape of its own.
    func galaxy(_ random: inout RandomStream) -> PointSpreadFunction {
        PointSpreadFunction(
            fullWidthHalfMaximum: fullWidthHalfMaximum * random.uniform(1.2, 2.5),
            moffatIndex: random.uniform(2, 4), gaussianFraction: 0, ellipticity: 0.6 * random.pointInDisc())
    }

    /// The same profile, so many times as wide.
    func widened(by factor: Float) -> PointSpreadFunction {
        PointSpreadFunction(
            fullWidthHalfMaximum: factor * fullWidthHalfMaximum, moffatIndex: moffatIndex,
            gaussianFraction: gaussianFraction, ellipticity: ellipticity)
    }

    /// Adds a point source to `image`, integrated over pixels.
    ///
    /// - Parameters:
    ///   - position: (x, y) in pixels; whole numbers are the centres of pixels.
    ///   - image: (height, width), row by row.
    public func add(flux: Float, at position: SIMD2<Float>, height: Int, width: Int, to image: inout [Float]) {
        precondition(image.count == height * width, "\(image.count) pixels are not \(height)×\(width)")
        if let measured = self.image {
            measured.add(flux: flux, at: position, height: height, width: width, to: &image)
            return
        }
        var shape = shape
        add_point_source(&shape, flux, position.x, position.y, height, width, &image)
    }

    private var shape: point_spread {
        let logOfTwo: Float = 0.693147181
        let radius = fullWidthHalfMaximum / 2
        let area = Float.pi * radius * radius
        let scale = portable_expf(logOfTwo / moffatIndex) - 1
        let stretch = 1 / (radius * radius * (1 - (ellipticity * ellipticity).sum()).squareRoot())
        return point_spread(
            xx: (1 - ellipticity.x) * stretch, xy: -ellipticity.y * stretch, yy: (1 + ellipticity.x) * stretch,
            moffat_index: moffatIndex, moffat_scale: scale,
            moffat_peak: (1 - gaussianFraction) * (moffatIndex - 1) * scale / area,
            gaussian_peak: gaussianFraction * logOfTwo / area)
    }
}
