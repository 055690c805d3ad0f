import Tensors

extension TripletCanvas {
    /// Light of a star or a galaxy that does not change.
    ///
    /// - Parameter signalToNoise: what a star of its flux would have at the centre of science.
    mutating func addStill(
        _ profile: PointSpreadFunction, signalToNoise: Float, unit: Float, at place: SIMD2<Float>
    ) {
        light.add(profile, flux: signalToNoise * unit, at: place)
    }

    /// The stars and galaxies of the field, up to seven for 63 × 63 pixels and forty at most, away from the centre:
    /// three of ten are galaxies. Signal-to-noise ratios from 5 to 3,000, half of them below 20, as there are more
    /// faint stars than bright ones.
    mutating func drawField(unit: Float, _ random: inout RandomStream) {
        let most = min(max(7 * height * width / (63 * 63), 1), 40)
        for _ in 0..<random.index(below: most + 1) {
            let place = random.point(within: 1.1 * half, beyond: clearRadius)
            let profile = random.happens(0.3) ? seeing.pointSpread.galaxy(&random) : seeing.pointSpread
            let brightest = random.logUniform(5, 3000)
            addStill(profile, signalToNoise: random.logUniform(5, brightest), unit: unit, at: place)
        }
    }

    /// One to three stars as near to the centre as may be, at most 10 pixels away from it along either axis.
    mutating func drawNeighbours(unit: Float, _ random: inout RandomStream) {
        let near = SIMD2(min(half.x, 10), min(half.y, 10))
        for _ in 0...random.index(below: 3) {
            let place = random.point(within: near, beyond: clearRadius)
            addStill(seeing.pointSpread, signalToNoise: random.logUniform(20, 1000), unit: unit, at: place)
        }
    }

    /// A galaxy: one of three with its nucleus at a place, the others up to 0.8 of their width beside it. Its core and
    /// its outskirts have profiles of their own.
    mutating func drawHost(around place: SIMD2<Float>, unit: Float, _ random: inout RandomStream) {
        let core = seeing.pointSpread.galaxy(&random)
        let extent = core.fullWidthHalfMaximum * random.uniform(1.2, 3)
        let outskirts = PointSpreadFunction(
            fullWidthHalfMaximum: extent, moffatIndex: random.uniform(2, 4), gaussianFraction: 0,
            ellipticity: core.ellipticity)
        let away = random.happens(0.33) ? 0.1 : 0.8 * extent * random.uniformFloat()
        let centre = place + away * random.direction()
        let signalToNoise = random.logUniform(15, 2000), share = random.uniformFloat()
        addStill(core, signalToNoise: share * signalToNoise, unit: unit, at: centre)
        addStill(outskirts, signalToNoise: (1 - share) * signalToNoise, unit: unit, at: centre)
    }

    /// What an unremarkable candidate lies on: nothing, a galaxy, or a star of signal-to-noise ratio up to 500.
    mutating func drawUnchangedObject(unit: Float, _ random: inout RandomStream) {
        let place = random.pointInDisc()
        switch random.uniformFloat() {
        case ..<0.35: return
        case ..<0.7: drawHost(around: place, unit: unit, &random)
        default: addStill(seeing.pointSpread, signalToNoise: random.logUniform(5, 500), unit: unit, at: place)
        }
    }
}
