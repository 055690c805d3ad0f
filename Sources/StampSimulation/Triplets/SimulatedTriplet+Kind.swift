extension SimulatedTriplet {
    /// What a triplet shows.
    public enum Kind: String, SimulatedKind {
        // The class of sources.
        case transient
        case hostedTransient = "hosted-transient"
        case crowdedTransient = "crowded-transient"
        case variableStar = "variable-star"
        case saturatedTransient = "saturated-transient"
        case flawedTransient = "flawed-transient"
        case maskedTransient = "masked-transient"
        // The class of noise.
        case unchangedSky = "unchanged-sky"
        case cosmicRay = "cosmic-ray"
        case hotPixel = "hot-pixel"
        case badLine = "bad-line"
        case trail
        case dipole
        case starResidual = "star-residual"
        case saturatedStar = "saturated-star"
        case referenceCosmicRay = "reference-cosmic-ray"
        case maskedSky = "masked-sky"

        public var population: StampSimulator.Population {
            switch self {
            case .transient, .hostedTransient, .crowdedTransient, .variableStar, .saturatedTransient, .flawedTransient,
                .maskedTransient:
                .sources
            default: .noise
            }
        }

        public var summary: String {
            switch self {
            case .transient: "a new point source in science and difference"
            case .hostedTransient: "a new point source on or beside a galaxy"
            case .crowdedTransient: "a new point source with one to three stars nearby"
            case .variableStar: "a star that is brighter than in the reference: in all three"
            case .saturatedTransient: "a bright new point source whose core is clipped at full well"
            case .flawedTransient: "a new point source with a cosmic ray or a bad line away from it"
            case .maskedTransient: "a new point source with masked pixels away from it"
            case .unchangedSky: "sky, a star or a galaxy, as in the reference"
            case .cosmicRay: "a cosmic ray in science and difference"
            case .hotPixel: "one or two pixels of the detector in science and difference"
            case .badLine: "a bad column or row in science and difference"
            case .trail: "the trail of a satellite or an asteroid in science and difference"
            case .dipole: "a star out of place: a bright and a dark half in the difference"
            case .starResidual: "a bright star that is subtracted with the wrong width: rings in the difference"
            case .saturatedStar: "a star at full well, some with a bleed trail, which does not subtract"
            case .referenceCosmicRay: "a cosmic ray left in the reference: negative in the difference"
            case .maskedSky: "sky with masked pixels in science and difference"
            }
        }

        public static let standardWeights: [Kind: Double] = [
            .transient: 0.28, .hostedTransient: 0.3, .crowdedTransient: 0.12, .variableStar: 0.16,
            .saturatedTransient: 0.05, .flawedTransient: 0.05, .maskedTransient: 0.04,
            .unchangedSky: 0.29, .cosmicRay: 0.13, .hotPixel: 0.08, .badLine: 0.07, .trail: 0.06, .dipole: 0.11,
            .starResidual: 0.1, .saturatedStar: 0.06, .referenceCosmicRay: 0.06, .maskedSky: 0.04,
        ]

        /// Triplets are not co-added along trajectories.
        public static var coaddWeights: [Kind: Double] { standardWeights }
        public static let usualSignalToNoise: ClosedRange<Float> = 5...1000
        public static let usualLargestOffset: Float = 1
        public static let exampleOfWeights = "unchanged-sky=0.5,cosmic-ray=0.1"
    }
}
