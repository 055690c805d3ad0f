/// A simulated stamp as a survey would hand it over.
public struct SimulatedStamp: Hashable, Sendable {
    /// What a stamp shows.
    public enum Kind: String, CaseIterable, Hashable, Sendable {
        /// A point source at the centre: the class of sources. All others are the class of noise.
        case pointSource
        /// Nothing but sky.
        case emptySky
        /// A cosmic ray's hit or track.
        case cosmicRay
        /// A bad column or row of the detector.
        case badLine
        /// The wings of a star near the border or outside of the stamp.
        case neighbour
        /// What a bright star leaves in a difference of two misaligned images: a bright and a dark half.
        case dipole
    }

    /// Brightness in ADU, (height, width), row by row.
    public let pixels: [Float]
    /// Of the central source; 0 in the class of noise.
    public let signalToNoise: Float
    public let kind: Kind
}

/// Everything that a simulated stamp was made from.
public struct SimulatedScene: Hashable, Sendable {
    public let kind: SimulatedStamp.Kind
    /// The central source's expected signal-to-noise ratio for the matched filter, in the noise of the sky alone:
    ///
    ///     S/N = flux · Σp² / √(pᵀ C p)
    ///
    /// p is the source's point-spread function, flux the source's and C the covariance of the sky's noise
    /// (`Sky.deviation(ofSumWeightedBy:height:width:)` is the square root). It is the mean of Σ p · (pixels − background)
    /// over its standard deviation. For white noise it is flux · √(Σp²) / σ. 0 if there is no source.
    public let signalToNoise: Float
    /// Where the central source is, or would be, from the centre of the stamp, (x, y) in pixels.
    public let offset: SIMD2<Float>
    public let pointSpread: PointSpreadFunction
    public let sky: Sky
    /// The central source without noise, (height, width); zeros in the class of noise.
    public let source: [Float]
    /// All else without noise, (height, width): the sky's level and gradient, neighbours, artefacts.
    public let background: [Float]
    /// The stamp itself, (height, width): source + background + noise.
    public let pixels: [Float]
}
