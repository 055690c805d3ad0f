import Tensors

extension TripletCanvas {
    /// Draws a triplet of the class of noise.
    mutating func drawNoise(_ kind: SimulatedTriplet.Kind, _ random: inout RandomStream) {
        let unit = fluxOfUnitSignalToNoise()
        drawField(unit: unit, &random)
        switch kind {
        case .dipole: drawDipole(unit: unit, &random)
        case .starResidual: drawBrightStar(signalToNoise: 300...10_000, unit: unit, &random)
        case .saturatedStar: drawSaturatedStar(unit: unit, &random)
        default: drawUnchangedObject(unit: unit, &random)
        }
        switch kind {
        case .cosmicRay: drawCosmicRay(clear: 0, &random)
        case .hotPixel: drawHotPixel(&random)
        case .badLine: drawBadLine(clear: 0, &random)
        case .trail: trails.add(Trail(&random, width: seeing.scienceWidth, reach: 2, sigma: sigma).brightness)
        case .referenceCosmicRay: drawReferenceCosmicRay(&random)
        case .maskedSky: drawMask(clear: 0, &random)
        default: break
        }
    }

    /// A cosmic ray that enters within 1.5 pixels of the centre or, if the centre must stay clear, anywhere else.
    mutating func drawCosmicRay(clear: Float, _ random: inout RandomStream) {
        let entry = clear > 0 ? random.point(within: half - 0.5, beyond: clear) : 1.5 * random.pointInDisc()
        var flaws = emptyFlaws
        CosmicRay(&random, entry: entry).draw(on: &flaws, clear: clear, &random)
        scienceFlaws = flaws
    }

    mutating func drawBadLine(clear: Float, _ random: inout RandomStream) {
        var flaws = emptyFlaws
        BadLine(&random).draw(on: &flaws, clear: clear, &random)
        scienceFlaws = flaws
    }

    mutating func drawMask(clear: Float, _ random: inout RandomStream) {
        mask = Mask(&random, height: height, width: width, clear: clear, level: conditions.science.level)
    }

    /// Of a stamp and the pixel that resampling uses up.
    private var emptyFlaws: Plane { Plane(height: height + 2, width: width + 2) }

    /// A pixel within 1.5 of the centre, 8 to 300 σ bright; one of five has left a part of its charge in the next one
    /// of its column.
    private mutating func drawHotPixel(_ random: inout RandomStream) {
        var flaws = emptyFlaws
        let place = flaws.centre + 1.5 * random.pointInDisc()
        let pixel = Int(place.y.rounded()) * flaws.width + Int(place.x.rounded())
        flaws.pixels[pixel] = random.logUniform(8, 300)
        if random.happens(0.2) { flaws.pixels[pixel + flaws.width] = flaws.pixels[pixel] * random.uniform(0.05, 0.4) }
        scienceFlaws = flaws
    }

    private mutating func drawReferenceCosmicRay(_ random: inout RandomStream) {
        var flaws = emptyFlaws
        CosmicRay(&random, entry: 1.5 * random.pointInDisc()).draw(on: &flaws, clear: 0, &random)
        referenceFlaws = flaws
    }

    /// A star at the centre whose images are apart: where all of science is out of place (`TripletSeeing.Errors`), or,
    /// where that is as good as usual, because the star itself has moved by 0.2 to 0.8 pixels.
    private mutating func drawDipole(unit: Float, _ random: inout RandomStream) {
        let place = 0.7 * random.pointInDisc(), flux = random.logUniform(100, 3000) * unit
        light.add(seeing.pointSpread, flux: flux, at: place)
        guard !seeing.isOutOfPlace else { return }
        let moved = random.uniform(0.2, 0.8) * random.direction()
        change.add(seeing.pointSpread, flux: flux, at: place + moved)
        change.add(seeing.pointSpread, flux: -flux, at: place)
    }

    private mutating func drawBrightStar(
        signalToNoise: ClosedRange<Float>, unit: Float, _ random: inout RandomStream
    ) {
        light.add(seeing.pointSpread, flux: random.logUniform(signalToNoise) * unit, at: random.pointInDisc())
    }

    /// A star within half a width of the centre, clipped at 5 to 60 % of its peak in science; half of them have a
    /// trail of charge along their column. Half are clipped in the reference too, at a level of its own.
    private mutating func drawSaturatedStar(unit: Float, _ random: inout RandomStream) {
        let place = 0.5 * seeing.scienceWidth * random.pointInDisc()
        light.add(seeing.pointSpread, flux: random.logUniform(1000, 30_000) * unit, at: place)
        scienceSaturation = saturation(
            at: place, brightest: light, share: random.logUniform(0.05, 0.6), bleeds: random.happens(0.5), &random)
        guard random.happens(0.5) else { return }
        referenceSaturation = saturation(
            at: place, brightest: light, share: random.logUniform(0.05, 0.6), bleeds: random.happens(0.3), &random)
    }

    /// - Parameters:
    ///   - brightest: light whose peak is clipped to a share, but not below 8 σ.
    ///   - bleeds: charge has run along the column of the star, up to as far as the stamp reaches.
    func saturation(
        at place: SIMD2<Float>, brightest: Plane, share: Float, bleeds: Bool, _ random: inout RandomStream
    ) -> Saturation {
        let peak = seeing.inScience(brightest).cropped(by: border).max() ?? 0
        return Saturation(
            fullWell: max(share * peak, 8 * sigma), star: place, reach: bleeds ? random.uniform(1, 2) * half.y : 0,
            halfWidth: random.uniform(0.5, 1.2) * min(1, half.x / 8), height: light.height - 2, width: light.width - 2)
    }
}
