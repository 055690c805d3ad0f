/// A simulated stamp as a survey would deliver it.
public struct SimulatedStamp: Hashable, Sendable {
    /// What a stamp is known to show.
    public typealias Truth = SimulatedTruth<Kind>

    /// Brightness in ADU, (height, width), row by row.
    public let pixels: [Float]
    public let truth: Truth

    public var kind: Kind { truth.kind }
    public var signalToNoise: Float { truth.signalToNoise }
}

/// Everything that a simulated stamp was made from.
public struct SimulatedScene: Hashable, Sendable {
    public let kind: SimulatedStamp.Kind
    /// The central source's expected signal-to-noise ratio for the matched filter, in the noise of the sky alone:
    ///
    ///     S/N = flux · Σp² / √(pᵀ C p)
    ///
    /// p is the source's image of unit flux, flux the source's and C the covariance of the sky's noise
    /// (`Sky.deviation(ofSumWeightedBy:height:width:)` is the square root). It is the mean of Σ p · (pixels −
    /// background) over its standard deviation. For white noise it is flux · √(Σp²) / σ. 0 if there is no source.
    public let signalToNoise: Float
    /// Where the central source is from the centre of the stamp, (x, y) in pixels; zero if there is none.
    public let offset: SIMD2<Float>
    /// The real sky below it; nil for a simulated one.
    public let realSky: RealSkyUse?
    /// The line that the source moved along while it was exposed, from end to end; zero for all but trailed sources.
    public let trail: SIMD2<Float>
    public let pointSpread: PointSpreadFunction
    public let sky: Sky
    /// The central source without noise, (height, width); zeros in the class of noise.
    public let source: [Float]
    /// All else without noise, (height, width): the sky's level and gradient, neighbours, artefacts. A real sky is in
    /// it with its own noise.
    public let background: [Float]
    /// The stamp itself, (height, width): source + background + noise, but for saturated and masked pixels.
    public let pixels: [Float]
}
