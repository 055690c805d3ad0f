import Tensors

extension Canvas {
    /// The share of stamps that also show a field star, among kinds that are not about stars.
    static var companyShare: Float { 0.15 }

    /// Draws what a stamp of the class of noise shows besides the sky.
    mutating func drawNoise(_ kind: SimulatedStamp.Kind, _ random: inout RandomStream) {
        switch kind {
        case .emptySky: return
        case .neighbour: return drawNeighbour(&random)
        case .offCentreStar:
            for _ in 0...random.index(below: 4) { drawFieldStar(signalToNoise: 5...3000, reach: 1, &random) }
            return
        case .blend: return drawBlend(&random)
        case .saturatedStar: return drawSaturatedStar(&random)
        case .diffractionSpike: return drawDiffractionSpikes(&random)
        case .halo: light.add(Halo(&random, half: half.max(), sigma: sky.sigma).brightness)
        case .cosmicRay: drawCosmicRay(clear: 0, &random)
        case .badLine: drawBadLine(clear: 0, &random)
        case .trail:
            light.add(
                Trail(
                    &random, width: pointSpread.fullWidthHalfMaximum, reach: 0.5 * half.min(), sigma: sky.sigma
                ).brightness)
        case .dipole: drawDipole(&random)
        case .residual: drawResidual(&random)
        case .maskedSky: mask = Mask(&random, height: height, width: width, clear: 0, level: sky.level)
        case .trailedStar: drawTrailedStar(clear: 0, &random)
        case .dottedTrail: drawDottedTrail(&random)
        case .trailedResidual: drawTrailedResidual(&random)
        case .dilutedTrail: drawDilutedTrail(&random)
        case .chipGap: chipGap = ChipGap(&random, half: half.min())
        default: preconditionFailure("\(kind) is not of the class of noise")
        }
        if random.happens(Self.companyShare) { drawCompanion(signalToNoise: 5...300, reach: 1.2, &random) }
    }

    /// A cosmic ray that enters within a third of the stamp's size from the centre, or, if the centre must stay clear,
    /// anywhere else.
    mutating func drawCosmicRay(clear: Float, _ random: inout RandomStream) {
        let entry =
            clear > 0
            ? random.point(within: half - 0.5, beyond: clear)
            : 2 / 3 * half * SIMD2(random.uniform(-1, 1), random.uniform(-1, 1))
        drawFlaw { image in CosmicRay(&random, entry: entry).draw(on: &image, clear: clear, &random) }
    }

    mutating func drawBadLine(clear: Float, _ random: inout RandomStream) {
        drawFlaw { image in BadLine(&random).draw(on: &image, clear: clear, &random) }
    }

    /// Adds to what one exposure alone shows, in units of its σ.
    mutating func drawFlaw(_ draw: (inout Plane) -> Void) {
        var image = flaws ?? Plane(height: height + 2, width: width + 2)
        draw(&image)
        flaws = image
    }

    /// The spikes of a bright star, and its own wings.
    private mutating func drawDiffractionSpikes(_ random: inout RandomStream) {
        let spikes = DiffractionSpikes(
            &random, width: pointSpread.fullWidthHalfMaximum, half: half.max(), reach: 3, sigma: sky.sigma)
        light.add(spikes.brightness)
        let signalToNoise = random.logUniform(300, 10_000)
        light.add(pointSpread, flux: signalToNoise * centralFluxOfUnitSignalToNoise(), at: spikes.star)
    }

    /// Two equal stars of opposite sign whose midpoint is near the centre, 0.5 to 3 pixels apart: however close they
    /// are, the bright half peaks about 0.4 widths or more from the midpoint.
    private mutating func drawDipole(_ random: inout RandomStream) {
        let middle = 0.7 * SIMD2(random.uniform(-1, 1), random.uniform(-1, 1))
        let apart = random.uniform(0.25, 1.5) * random.direction()
        let flux = random.logUniform(10, 300) * centralFluxOfUnitSignalToNoise()
        light.add(pointSpread, flux: flux, at: middle + apart)
        light.add(pointSpread, flux: -flux, at: middle - apart)
    }

    private mutating func drawResidual(_ random: inout RandomStream) {
        let residual = Residual(
            &random, width: pointSpread.fullWidthHalfMaximum, half: half.max(), clear: clearRadius)
        let peak = sky.sigma * random.logUniform(2, 60)
        light.add { peak * residual.brightness(at: $0) }
    }
}
