import CKernels

/// How the pixels of a stamp are scaled before a network sees them.
public enum Normalization: String, Codable, CaseIterable, Sendable {
    /// `normalize_image` of the notebook, with p25, p50 and p75 as `numpy.percentile` gives them (linear interpolation):
    /// σ_G = 0.7413 · (p75 − p25); pixels below p50 − 2σ_G become that; subtract the minimum; divide by the sum.
    ///
    /// Pixels then sum to 1.
    case notebook
    /// As `notebook`, but divided by the mean instead of the sum: pixels are then of order 1.
    case mean
    /// The pixels as they are.
    case none

    /// Normalises one stamp in double precision and rounds the result to single precision.
    ///
    /// The same bits on every processor: sums are kept in 16 partial sums in a fixed order.
    /// - Parameters:
    ///   - pixels: the `count` ≥ 1 pixels of the stamp.
    ///   - scratch: room for 2 · `count` doubles.
    ///   - output: room for `count` floats; undefined when the result is false.
    /// - Returns: false when the stamp cannot be normalised: a pixel is NaN or infinite, or all are equal once clipped.
    public func apply(
        pixels: UnsafePointer<Double>, count: Int, scratch: UnsafeMutablePointer<Double>,
        into output: UnsafeMutablePointer<Float>
    ) -> Bool {
        precondition(count > 0, "a stamp of \(count) pixels")
        if self == .none { return stamp_round(pixels, count, output) }
        return stamp_normalize(pixels, scratch, count, self == .mean, output)
    }
}
