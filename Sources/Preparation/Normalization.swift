/// How the pixels of a stamp are scaled before a network sees them: `--normalize NAME[=A,B]`.
public enum Normalization: Hashable, Sendable {
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
    /// x / √(Σ x²), the Euclidean norm. Where all pixels are 0 they stay 0.
    case l2
    /// (x − mean) / standard deviation, as `numpy.mean` and `numpy.std` give them.
    case zscore
    /// (x − p_low) / (p_high − p_low), clipped to 0…1, with percentiles as `numpy.percentile` gives them (linear
    /// interpolation).
    case percentile(PercentileRange)
    /// (x − mean) / standard deviation with those of the channel over the training set, as scikit-learn's
    /// `StandardScaler` has them; nil until they are measured.
    case standard(StandardScaling?)
    /// (x − A) / B.
    case scale(LinearScaling)
    /// The pixels as they are.
    case none

    /// Where `robust` clips. Of 441 pixels of sky none lies 5σ low, so that only defects and the dark halves of dipoles
    /// are clipped, and they stay dark; at 20σ a source is beyond doubt, and its shape still shows in its wings.
    public static let clippingRange: ClosedRange<Float> = -5...20
    /// Within 3σ, where the sky is, `asinh` is linear to 12 %: faint pixels add up as they do in a matched filter.
    public static let asinhSoftening: Float = 3

    /// Those that have neither parameters nor anything to be measured, by whose names alone a model may tell them.
    public static let named: [Normalization] = [.notebook, .mean, .robust, .asinh, .minmax, .l2, .zscore, .none]

    /// The same, as it is before anything is measured on a training set.
    public var unmeasured: Normalization {
        if case .standard = self { return .standard(nil) }
        return self
    }

    /// Whether it cannot be applied before its ``StandardScaling`` is measured.
    public var isUnmeasured: Bool { self == .standard(nil) }
}

/// What a normalisation looks at as one: `--normalize-over`.
public enum NormalizationScope: String, Codable, Hashable, Sendable, CaseIterable {
    /// Each channel of a stamp is normalised by itself.
    case channel
    /// All channels of a stamp together.
    case stamp
}
