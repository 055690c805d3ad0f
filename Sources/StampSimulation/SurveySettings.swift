/// The properties of a simulated survey, besides its size and its seed.
public struct SurveySettings<Kind: SimulatedKind>: Hashable, Sendable {
    /// Full widths at half maximum of point sources in pixels, log-uniform; of a survey that subtracts images those in
    /// the science images.
    public var fullWidths: ClosedRange<Float>
    /// Signal-to-noise ratios of the sources (in the difference, where there is one), log-uniform; those of saturated
    /// sources are in the upper half of the logarithmic range.
    public var signalToNoise: ClosedRange<Float>
    public var kinds: KindShares<Kind>

    /// - Precondition: positive ranges.
    public init(
        fullWidths: ClosedRange<Float> = 1.5...6, signalToNoise: ClosedRange<Float> = Kind.usualSignalToNoise,
        kinds: KindShares<Kind> = .standard
    ) {
        precondition(fullWidths.lowerBound >= 1, "widths below a pixel are not sampled")
        precondition(signalToNoise.lowerBound > 0, "a source has a positive signal-to-noise ratio")
        self.fullWidths = fullWidths
        self.signalToNoise = signalToNoise
        self.kinds = kinds
    }
}

/// Of a survey of single images.
public typealias SimulationSettings = SurveySettings<SimulatedStamp.Kind>

/// Of a survey that subtracts images.
public typealias TripletSettings = SurveySettings<SimulatedTriplet.Kind>
