/// The properties of a simulated survey, besides its size and its seed.
public struct SimulationSettings: Hashable, Sendable {
    /// Full widths at half maximum of point sources in pixels, log-uniform.
    public var fullWidths: ClosedRange<Float>
    /// Signal-to-noise ratios of the sources, log-uniform; those of saturated sources are in the upper half of the
    /// logarithmic range.
    public var signalToNoise: ClosedRange<Float>
    public var kinds: KindShares<SimulatedStamp.Kind>

    /// - Precondition: positive ranges.
    public init(
        fullWidths: ClosedRange<Float> = 1.5...6, signalToNoise: ClosedRange<Float> = 3...300,
        kinds: KindShares<SimulatedStamp.Kind> = .standard
    ) {
        precondition(fullWidths.lowerBound >= 1, "widths below a pixel are not sampled")
        precondition(signalToNoise.lowerBound > 0, "a source has a positive signal-to-noise ratio")
        self.fullWidths = fullWidths
        self.signalToNoise = signalToNoise
        self.kinds = kinds
    }
}
