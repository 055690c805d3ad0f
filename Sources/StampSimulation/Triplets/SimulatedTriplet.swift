/// Three images of one place: an exposure (science), a deeper image of an earlier time (reference), and the exposure
/// less the reference as it would be in the exposure's seeing (difference).
public struct TripletChannels: Hashable, Sendable {
    /// Each (height, width), row by row.
    public var science: [Float]
    public var reference: [Float]
    public var difference: [Float]

    /// (height, width, channels): science, reference, difference.
    public var interleaved: [Float] {
        var values = [Float]()
        values.reserveCapacity(3 * science.count)
        for pixel in science.indices { values += [science[pixel], reference[pixel], difference[pixel]] }
        return values
    }
}

/// A simulated triplet with everything it was made from.
public struct SimulatedTriplet: Hashable, Sendable {
    /// The width is that of the science image. The signal-to-noise ratio is the expected one of the matched filter in
    /// the difference, in the noise of the skies alone, that is, of the source's change of flux.
    public let truth: SimulatedTruth<Kind>
    public let conditions: TripletConditions
    /// The central source's new light without noise, (height, width) each: none in the reference. Zeros in the class
    /// of noise.
    public let source: TripletChannels
    /// What flaws of the detector, cosmic rays and trails add to each image, without noise.
    public let artefacts: TripletChannels
    /// All without noise: skies, stars, artefacts and the source, before saturation and masks.
    public let noiseless: TripletChannels
    /// The images themselves.
    public let pixels: TripletChannels

    public var kind: Kind { truth.kind }
}
