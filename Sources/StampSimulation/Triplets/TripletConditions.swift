import Tensors

/// What the three images of a triplet were taken under.
public struct TripletConditions: Hashable, Sendable {
    public let science: Sky
    /// Of the reference: of 5 to 40 exposures.
    public let reference: Sky
    /// What subtracting the skies leaves in the difference: its level at the centre, and its change per pixel.
    public let residualLevel: Float
    public let residualGradient: SIMD2<Float>
    /// The pattern that reading out leaves in science.
    let stripes: Stripes?
    let seeing: TripletSeeing

    /// Full width at half maximum of point sources in the science image, in pixels.
    public var scienceWidth: Float { seeing.scienceWidth }
    public var referenceWidth: Float { seeing.referenceWidth }
    public var scienceIsSharper: Bool { seeing.scienceIsSharper }
    /// Of the sharper image.
    public var pointSpread: PointSpreadFunction { seeing.pointSpread }

    /// As drawn for the survey: skies of 100 to 10,000 ADU at a gain of 0.5 to 8, both log-uniform, that of the
    /// reference up to 30 % brighter or fainter. One of four surveys subtracts the sky up to a σ. What is left in the
    /// difference are a twentieth of a σ and a tenth of a σ from the centre to the border.
    init(_ random: inout RandomStream, height: Int, width: Int, seeing: TripletSeeing) {
        self.seeing = seeing
        let half = SIMD2(Float(width), Float(height)) / 2
        let brightness = random.logUniform(100, 10_000), gain = random.logUniform(0.5, 8)
        let keepsSky = random.happens(0.75)
        let slope = random.happens(0.8) ? random.uniform(0, 0.5) : random.logUniform(0.3, 3)
        // A kernel has at most a third of the variance of the point-spread function.
        let width = min(seeing.scienceWidth, seeing.referenceWidth), smoothest = min(0.4, width * width / 16.6)
        func sky(_ random: inout RandomStream, brightness: Float, gain: Float, smoothing: Float) -> Sky {
            let sigma = (brightness / gain).squareRoot()
            return Sky(
                level: keepsSky ? brightness : sigma * random.uniform(-1, 1), sigma: sigma, gain: gain,
                gradient: slope * sigma * random.direction() / half,
                resampling: Resampling(smoothingVariance: smoothing))
        }
        let scienceSmoothing = random.happens(0.6) ? 0 : random.uniform(0, smoothest)
        science = sky(&random, brightness: brightness, gain: gain, smoothing: scienceSmoothing)
        let exposures = random.logUniform(5, 40), change = random.uniform(0.7, 1.3)
        let referenceSmoothing = random.uniform(0.1, 1) * smoothest
        reference = sky(
            &random, brightness: change * brightness, gain: exposures * gain, smoothing: referenceSmoothing)
        residualLevel = 0.05 * science.sigma * random.uniform(-1, 1)
        residualGradient = 0.1 * science.sigma * random.pointInDisc() / half
        stripes = random.happens(0.4) ? Stripes(&random, sigma: science.sigma) : nil
    }

    /// Standard deviation of Σ profile · noise in the difference, far from stars, in ADU.
    ///
    /// - Parameter profile: (height, width).
    public func differenceDeviation(ofSumWeightedBy profile: [Float], height: Int, width: Int) -> Float {
        let plane = Plane(height: height, width: width, pixels: profile).bordered(by: seeing.reach)
        let weights = seeing.weights(plane)
        let ofScience = science.deviation(
            ofSumWeightedBy: weights.science.pixels, height: plane.height, width: plane.width)
        let ofReference = reference.deviation(
            ofSumWeightedBy: weights.reference.pixels, height: plane.height, width: plane.width)
        return (ofScience * ofScience + ofReference * ofReference).squareRoot()
    }
}
