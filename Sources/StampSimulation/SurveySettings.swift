/// The properties of a simulated survey, besides its size and its seed.
public struct SurveySettings<Kind: SimulatedKind>: Hashable, Sendable {
    /// Full widths at half maximum of point sources in pixels, log-uniform; of a survey that subtracts images those in
    /// the science images.
    public var fullWidths: ClosedRange<Float>
    /// Signal-to-noise ratios of the sources (in the difference, where there is one); those of saturated sources are
    /// log-uniform in the upper half of the logarithmic range.
    public var signalToNoise: ClosedRange<Float>
    /// The density of signal-to-noise ratios x is proportional to x^(−1 − slope): 0 is log-uniform, 1.5 the counts of
    /// sources in a space that they fill evenly.
    public var signalToNoiseSlope: Float
    public var kinds: KindShares<Kind>
    /// The farthest that a source lies from the stamp's centre along an axis, in pixels: how good the positions are that
    /// stamps are cut out at. What is not the source has its centre at least ``gap`` pixels farther away.
    public var largestOffset: Float
    /// The least and the largest number of exposures that a stamp is co-added from, along a moving trajectory; nil for
    /// stamps of many origins, single exposures and stacks of up to six.
    public var exposures: ClosedRange<Int>?
    /// The point-spread function of all stamps; nil for one of each stamp's own, drawn from ``fullWidths``.
    public var pointSpread: PointSpreadFunction?

    /// What parts the positions of sources from those of their neighbours, in pixels.
    public static var gap: Float { 2 }

    /// - Precondition: positive ranges, an offset of at least 0.
    public init(
        fullWidths: ClosedRange<Float> = 1.5...6, signalToNoise: ClosedRange<Float> = Kind.usualSignalToNoise,
        signalToNoiseSlope: Float = 0,
        kinds: KindShares<Kind> = .standard, largestOffset: Float = Kind.usualLargestOffset,
        exposures: ClosedRange<Int>? = nil
    ) {
        precondition(fullWidths.lowerBound >= 1, "widths below a pixel are not sampled")
        precondition(signalToNoise.lowerBound > 0, "a source has a positive signal-to-noise ratio")
        precondition(largestOffset >= 0, "an offset of \(largestOffset) pixels")
        precondition(exposures.map { $0.lowerBound > 0 } ?? true, "a stack of no exposures")
        self.fullWidths = fullWidths
        self.signalToNoise = signalToNoise
        self.signalToNoiseSlope = signalToNoiseSlope
        self.kinds = kinds
        self.largestOffset = largestOffset
        self.exposures = exposures
    }
}

/// Of a survey of single images.
public typealias SimulationSettings = SurveySettings<SimulatedStamp.Kind>

/// Of a survey that subtracts images.
public typealias TripletSettings = SurveySettings<SimulatedTriplet.Kind>
