extension SimulatedStamp {
    /// What a stamp shows. The raw value is its name on the command line and in files.
    public enum Kind: String, SimulatedKind {
        // The class of sources.
        case pointSource = "point-source"
        case crowdedSource = "crowded-source"
        case trailedSource = "trailed-source"
        case flawedSource = "flawed-source"
        case maskedSource = "masked-source"
        case saturatedSource = "saturated-source"
        // The class of noise.
        case emptySky = "empty-sky"
        case halo
        case cosmicRay = "cosmic-ray"
        case badLine = "bad-line"
        case neighbour
        case offCentreStar = "off-centre-star"
        case blend
        case saturatedStar = "saturated-star"
        case diffractionSpike = "diffraction-spike"
        case trail
        case dipole
        case residual
        case maskedSky = "masked-sky"
        // The class of noise, in co-adds along a moving trajectory.
        case trailedStar = "trailed-star"
        case dottedTrail = "dotted-trail"
        case trailedResidual = "trailed-residual"
        case dilutedTrail = "diluted-trail"
        case chipGap = "chip-gap"

        /// The class that stamps of this kind belong to.
        public var population: StampSimulator.Population {
            switch self {
            case .pointSource, .crowdedSource, .trailedSource, .flawedSource, .maskedSource, .saturatedSource: .sources
            default: .noise
            }
        }

        /// What a stamp of this kind shows, in a few words.
        public var summary: String {
            switch self {
            case .pointSource: "a point source near the centre"
            case .crowdedSource: "a point source with one to three neighbours"
            case .trailedSource: "a source that moved by up to its width while exposed"
            case .flawedSource: "a point source with a cosmic ray or a bad line away from it"
            case .maskedSource: "a point source with masked pixels away from it"
            case .saturatedSource: "a bright point source whose core is clipped at full well"
            case .emptySky: "nothing but sky"
            case .halo: "the steep, curved glow of a bright star or galaxy far outside"
            case .cosmicRay: "a cosmic ray: a hit, a track or a worm"
            case .badLine: "a bad column or row"
            case .neighbour: "the wings of a star at the border or outside"
            case .offCentreStar: "stars and galaxies inside the stamp, off its centre"
            case .blend: "two or three stars that overlap, off the centre"
            case .saturatedStar: "a star off the centre, clipped at full well, some with a bleed trail"
            case .diffractionSpike: "the diffraction spikes of a bright star outside"
            case .trail: "the trail of a satellite or an asteroid that crosses"
            case .dipole: "a bright and a dark half, as misaligned images leave"
            case .residual: "rings, dark cores and lobes, as subtracted stars and galaxies leave"
            case .maskedSky: "sky with masked pixels"
            case .trailedStar: "a star that a co-add along a moving trajectory draws out into a dash"
            case .dottedTrail: "a star of whose path such a co-add shows dots"
            case .trailedResidual: "what imperfect subtraction leaves of a star in such a co-add"
            case .dilutedTrail: "the trail of a satellite that crossed one of the co-added exposures"
            case .chipGap: "a border beyond which fewer exposures were co-added"
            }
        }

        public static let standardWeights: [Kind: Double] = [
            .pointSource: 0.58, .crowdedSource: 0.25, .trailedSource: 0.05, .flawedSource: 0.05, .maskedSource: 0.04,
            .saturatedSource: 0.03,
            .emptySky: 0.34, .halo: 0.05, .cosmicRay: 0.08, .badLine: 0.05, .neighbour: 0.1, .offCentreStar: 0.14,
            .blend: 0.04, .saturatedStar: 0.03, .diffractionSpike: 0.03, .trail: 0.04, .dipole: 0.04, .residual: 0.04,
            .maskedSky: 0.02,
        ]

        public static let coaddWeights: [Kind: Double] = [
            .pointSource: 0.53, .crowdedSource: 0.25, .trailedSource: 0.1, .flawedSource: 0.05, .maskedSource: 0.04,
            .saturatedSource: 0.03,
            .emptySky: 0.25, .halo: 0.04, .cosmicRay: 0.05, .badLine: 0.04, .neighbour: 0.07, .offCentreStar: 0.1,
            .blend: 0.03, .saturatedStar: 0.02, .diffractionSpike: 0.02, .trail: 0.02, .dipole: 0.03, .residual: 0.03,
            .maskedSky: 0.02, .trailedStar: 0.08, .dottedTrail: 0.06, .trailedResidual: 0.04, .dilutedTrail: 0.05,
            .chipGap: 0.05,
        ]

        public static let usualSignalToNoise: ClosedRange<Float> = 3...300
        public static let usualLargestOffset: Float = 1.5
        public static let exampleOfWeights = "empty-sky=0.5,cosmic-ray=0.1"
    }
}
