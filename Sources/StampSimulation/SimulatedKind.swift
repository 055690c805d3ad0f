/// What the stamps of one kind of survey show: the raw value is a kind's name on the command line and in files.
public protocol SimulatedKind: RawRepresentable<String>, CaseIterable, Hashable, Sendable {
    /// The class that stamps of this kind belong to.
    var population: StampSimulator.Population { get }
    /// What a stamp of this kind shows, in a few words.
    var summary: String { get }
    /// How often each kind is made if nobody says otherwise: a sum of 1 in each class.
    static var standardWeights: [Self: Double] { get }
    /// How often each kind is made of co-adds along a moving trajectory: a sum of 1 in each class.
    static var coaddWeights: [Self: Double] { get }
    /// The signal-to-noise ratios of sources if nobody says otherwise.
    static var usualSignalToNoise: ClosedRange<Float> { get }
    /// How far sources lie from the centre along an axis if nobody says otherwise, in pixels.
    static var usualLargestOffset: Float { get }
    /// Weights as they may be typed, for messages.
    static var exampleOfWeights: String { get }
}

/// What a simulated stamp is known to show.
public struct SimulatedTruth<Kind: SimulatedKind>: Hashable, Sendable {
    public let kind: Kind
    /// Full width at half maximum of the point-spread function, in pixels.
    public let fullWidthHalfMaximum: Float
    /// Of the central source; 0 in the class of noise.
    public let signalToNoise: Float
    /// Of the central source from the centre of the stamp, (x, y) in pixels; zero in the class of noise.
    public let offset: SIMD2<Float>
    /// The real sky that it is drawn on; nil for a simulated one.
    public var realSky: RealSkyUse?
}
