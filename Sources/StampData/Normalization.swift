import CKernels

/// How the pixels of a stamp are scaled before a network sees them.
///
/// All but ``none`` are affine-invariant: a·x + b with a > 0 gives what x gives, up to rounding.
public enum Normalization: String, Codable, CaseIterable, Sendable {
    /// `normalize_image` of the notebook, with p25, p50 and p75 as `numpy.percentile` gives them (linear
    /// interpolation): σ_G = 0.7413 · (p75 − p25); pixels below p50 − 2σ_G become that; subtract the minimum; divide by
    /// the sum.
    ///
    /// Pixels then sum to 1.
    case notebook
    /// As `notebook`, but divided by the mean instead of the sum: pixels are then of order 1.
    case mean
    /// z = (x − p50) / σ_G, clipped to ``clippingRange``: the sky has mean 0 and standard deviation 1, whatever else is
    /// in the stamp. Where σ_G is 0 because half of the pixels are equal, √(π/2) times the mean |x − p50| stands for
    /// it.
    case robust
    /// ``asinhSoftening`` · asinh(z / ``asinhSoftening``) of the same z, unclipped: linear in the sky, logarithmic in
    /// stars (R. H. Lupton, J. E. Gunn, A. S. Szalay, AJ 118, 1406 (1999)).
    case asinh
    /// (x − minimum) / (maximum − minimum): from 0 to 1.
    case minmax
    /// The pixels as they are.
    case none

    /// Where `robust` clips. Of 441 pixels of sky none lies 5σ low, so that only defects and the dark halves of dipoles
    /// are clipped, and they stay dark; at 20σ a source is beyond doubt, and its shape still shows in its wings.
    public static let clippingRange: ClosedRange<Float> = -5...20
    /// Within 3σ, where the sky is, `asinh` is linear to 12 %: faint pixels add up as they do in a matched filter.
    public static let asinhSoftening: Float = 3

    /// Normalises one stamp in double precision and rounds the result to single precision (`asinh` itself is computed
    /// in single precision).
    ///
    /// The same bits on every processor: sums are kept in 16 partial sums in a fixed order.
    /// - Parameters:
    ///   - pixels: the `count` ≥ 1 pixels of the stamp.
    ///   - scratch: room for 2 · `count` doubles.
    ///   - output: room for `count` floats; undefined when the result is false.
    /// - Returns: false when the stamp cannot be normalised: a pixel is NaN or infinite, or all are equal (for
    ///   `notebook` and `mean`: once clipped).
    public func apply(
        pixels: UnsafePointer<Double>, count: Int, scratch: UnsafeMutablePointer<Double>,
        into output: UnsafeMutablePointer<Float>
    ) -> Bool {
        precondition(count > 0, "a stamp of \(count) pixels")
        switch self {
        case .none: return stamp_round(pixels, count, output)
        case .notebook: return stamp_normalize(pixels, scratch, count, false, output)
        case .mean: return stamp_normalize(pixels, scratch, count, true, output)
        case .minmax: return stamp_scale_to_range(pixels, scratch, count, output)
        case .robust:
            guard stamp_standardize(pixels, scratch, count, output) else { return false }
            stamp_clip(output, count, Self.clippingRange.lowerBound, Self.clippingRange.upperBound)
            return true
        case .asinh:
            guard stamp_standardize(pixels, scratch, count, output) else { return false }
            stamp_asinh(output, count, Self.asinhSoftening)
            return true
        }
    }

    /// Puts a stamp into the form in which it is kept until it is augmented and then normalised: z, which keeps its
    /// digits whatever the sky's level is, or for ``none`` the pixels as they are.
    ///
    /// - Parameters:
    ///   - pixels: the `count` ≥ 1 pixels of the stamp.
    ///   - scratch: room for 3 · `count` doubles.
    ///   - output: room for `count` floats; undefined when the result is nil.
    /// - Returns: the sky's standard deviation in units of what is kept; nil when the stamp cannot be normalised.
    public func prepareForAugmentation(
        pixels: UnsafePointer<Double>, count: Int, scratch: UnsafeMutablePointer<Double>,
        into output: UnsafeMutablePointer<Float>
    ) -> Float? {
        guard apply(pixels: pixels, count: count, scratch: scratch, into: output) else { return nil }
        if self == .none {
            var median = 0.0
            let spread = Float(stamp_spread(pixels, scratch, count, &median))
            return spread.isFinite ? spread : nil
        }
        // What is kept must bear normalising too: the augmented stamp may have to give way to it.
        let kept = scratch + 2 * count
        guard stamp_standardize(pixels, scratch, count, output) else { return nil }
        stamp_widen(output, count, kept)
        guard apply(pixels: kept, count: count, scratch: scratch, into: output) else { return nil }
        for pixel in 0..<count { output[pixel] = Float(kept[pixel]) }
        return 1
    }
}
