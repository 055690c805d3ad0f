import CKernels
import Preparation

/// Normalisation of pixels that belong together: those of one channel, or of all channels of a stamp.
///
/// `none`, `standard` and `scale` are one line for all stamps, so that it does not matter whether augmentation comes
/// before them or after. All others but `l2` are affine-invariant: a·x + b with a > 0 gives what x gives, up to
/// rounding.
extension Normalization {
    /// Whether what it does to a pixel depends on no other pixel.
    private var isOfSinglePixels: Bool {
        switch self {
        case .none, .standard, .scale: true
        case .notebook, .mean, .robust, .asinh, .minmax, .l2, .zscore, .percentile: false
        }
    }

    /// What is to be applied to pixels that were normalised already, or are as `prepareForAugmentation` left them, once
    /// they have been changed.
    public var again: Normalization { isOfSinglePixels ? .none : self }

    /// Normalises pixels in double precision and rounds the result to single precision (`asinh` itself is computed in
    /// single precision).
    ///
    /// The same bits on every processor: sums are kept in 16 partial sums in a fixed order.
    /// - Parameters:
    ///   - pixels: the `count` ≥ 1 pixels.
    ///   - channel: which of the means and deviations of `standard` are theirs.
    ///   - scratch: room for 2 · `count` doubles.
    ///   - output: room for `count` floats; undefined when the result is false.
    /// - Returns: false when they cannot be normalised: a pixel is NaN or infinite, or all are equal (for `notebook`
    ///   and `mean`: once clipped; for `percentile`: the percentiles). Equal pixels do for `none`, `standard`, `scale`
    ///   and `l2`.
    public func apply(
        pixels: UnsafePointer<Double>, count: Int, channel: Int = 0, scratch: UnsafeMutablePointer<Double>,
        into output: UnsafeMutablePointer<Float>
    ) -> Bool {
        precondition(count > 0, "a stamp of \(count) pixels")
        switch self {
        case .none: return stamp_round(pixels, count, output)
        case .notebook: return stamp_normalize(pixels, scratch, count, false, output)
        case .mean: return stamp_normalize(pixels, scratch, count, true, output)
        case .minmax: return stamp_scale_to_range(pixels, scratch, count, output)
        case .l2: return stamp_divide_by_norm(pixels, scratch, count, output)
        case .zscore: return stamp_zscore(pixels, count, output)
        case .percentile(let range):
            return stamp_scale_percentiles(pixels, scratch, count, range.low, range.high, output)
        case .scale(let scaling): return stamp_scale(pixels, count, scaling.zero, scaling.unit, output)
        case .standard(let scaling):
            guard let scaling else { preconditionFailure("the training set was not measured") }
            return stamp_scale(pixels, count, scaling.means[channel], scaling.deviations[channel], output)
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

    /// Puts pixels into the form in which they are kept until they are augmented and then normalised (``again``): z,
    /// which keeps its digits whatever the sky's level is, or normalised already where that must not depend on what
    /// augmentation does.
    ///
    /// - Parameters:
    ///   - pixels: the `count` ≥ 1 pixels.
    ///   - channel: as above.
    ///   - scratch: room for 3 · `count` doubles.
    ///   - output: room for `count` floats; undefined when the result is false.
    /// - Returns: false when they cannot be normalised.
    func keep(
        pixels: UnsafePointer<Double>, count: Int, channel: Int = 0, scratch: UnsafeMutablePointer<Double>,
        into output: UnsafeMutablePointer<Float>
    ) -> Bool {
        guard apply(pixels: pixels, count: count, channel: channel, scratch: scratch, into: output) else {
            return false
        }
        if isOfSinglePixels || self == .l2 { return true }
        // What is kept must bear normalising too: the augmented stamp may have to give way to it.
        let kept = scratch + 2 * count
        guard stamp_standardize(pixels, scratch, count, output) else { return false }
        stamp_widen(output, count, kept)
        guard apply(pixels: kept, count: count, scratch: scratch, into: output) else { return false }
        for pixel in 0..<count { output[pixel] = Float(kept[pixel]) }
        return true
    }

    /// The same of one channel that is normalised by itself.
    ///
    /// - Returns: the sky's standard deviation in units of what is kept; nil when the channel cannot be normalised.
    public func prepareForAugmentation(
        pixels: UnsafePointer<Double>, count: Int, channel: Int = 0, scratch: UnsafeMutablePointer<Double>,
        into output: UnsafeMutablePointer<Float>
    ) -> Float? {
        guard keep(pixels: pixels, count: count, channel: channel, scratch: scratch, into: output) else { return nil }
        switch self {
        case .notebook, .mean, .robust, .asinh, .minmax, .zscore, .percentile: return 1
        case .none: return Self.spread(of: pixels, count: count, scratch: scratch)
        case .l2, .scale, .standard:
            stamp_widen(output, count, scratch + 2 * count)
            return Self.spread(of: scratch + 2 * count, count: count, scratch: scratch)
        }
    }

    /// The standard deviation of the sky in some pixels; nil when it is not finite.
    static func spread(
        of pixels: UnsafePointer<Double>, count: Int, scratch: UnsafeMutablePointer<Double>
    ) -> Float? {
        var median = 0.0
        let spread = Float(stamp_spread(pixels, scratch, count, &median))
        return spread.isFinite ? spread : nil
    }
}
