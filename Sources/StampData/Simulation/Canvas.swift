import Tensors

/// A stamp while it is made, with a border of one pixel that the convolution of the noise uses up.
struct Canvas {
    /// Of the stamp without its border.
    let height: Int
    let width: Int
    let sky: Sky
    let pointSpread: PointSpreadFunction

    /// The central source, and the light of all other stars: (height + 2, width + 2), in ADU.
    private var source: [Float]
    private var others: [Float]
    private var artefacts: Artefacts?

    init(height: Int, width: Int, sky: Sky, pointSpread: PointSpreadFunction) {
        self.height = height
        self.width = width
        self.sky = sky
        self.pointSpread = pointSpread
        source = [Float](repeating: 0, count: (height + 2) * (width + 2))
        others = source
    }

    /// The stamp's centre as (x, y) on the canvas.
    private var centre: SIMD2<Float> { SIMD2(Float(width + 1), Float(height + 1)) / 2 }

    /// Draws what a stamp of this kind shows besides the sky.
    mutating func draw(
        _ kind: SimulatedStamp.Kind, signalToNoise: Float, offset: SIMD2<Float>, _ random: inout RandomStream
    ) {
        switch kind {
        case .pointSource:
            drawSource(signalToNoise: signalToNoise, offset: offset)
            // Fainter than those that pass for sources: the source stays what the stamp is about.
            if random.happens(0.1) {
                drawNeighbour(signalToNoise: random.logUniform(20, 300, logOfRatio: 2.70805020), &random)
            }
        case .emptySky: break
        case .cosmicRay, .badLine:
            var flaws = Artefacts(height: height + 2, width: width + 2)
            if kind == .cosmicRay { flaws.addCosmicRay(&random) } else { flaws.addBadLine(&random) }
            artefacts = flaws
        case .neighbour: drawNeighbour(signalToNoise: random.logUniform(20, 2000, logOfRatio: 4.60517019), &random)
        case .dipole: drawDipole(offset: offset, &random)
        }
    }

    private mutating func drawSource(signalToNoise: Float, offset: SIMD2<Float>) {
        add(flux: 1, at: centre + offset, to: &source)
        let flux = signalToNoise * fluxOfUnitSignalToNoise(profile: withoutBorder(source))
        for pixel in source.indices { source[pixel] *= flux }
    }

    /// A star of which the centre lies from 0.85 to 1.4 times as far out as the stamp's border.
    private mutating func drawNeighbour(signalToNoise: Float, _ random: inout RandomStream) {
        let distance = random.uniform(0.85, 1.4)
        let along = random.uniform(-distance, distance)
        let side: Float = random.happens(0.5) ? 1 : -1
        let place = random.happens(0.5) ? SIMD2(side * distance, along) : SIMD2(along, side * distance)
        let position = centre + place * SIMD2(Float(width), Float(height)) / 2
        add(flux: signalToNoise * centralFluxOfUnitSignalToNoise(), at: position, to: &others)
    }

    /// Two equal stars of opposite sign whose midpoint is near the centre, 0.5 to 3 pixels apart: however close they
    /// are, the bright half peaks about 0.4 widths or more from the midpoint.
    private mutating func drawDipole(offset: SIMD2<Float>, _ random: inout RandomStream) {
        let half = random.uniform(0.25, 1.5) * random.direction()
        let signalToNoise = random.logUniform(10, 150, logOfRatio: 2.70805020)
        let flux = signalToNoise * centralFluxOfUnitSignalToNoise()
        add(flux: flux, at: centre + offset + half, to: &others)
        add(flux: -flux, at: centre + offset - half, to: &others)
    }

    private func add(flux: Float, at position: SIMD2<Float>, to image: inout [Float]) {
        pointSpread.add(flux: flux, at: position, height: height + 2, width: width + 2, to: &image)
    }

    /// √(pᵀ C p) / Σp² for the profile p, in ADU.
    private func fluxOfUnitSignalToNoise(profile: [Float]) -> Float {
        let power = profile.reduce(into: Float(0)) { $0 += $1 * $1 }
        return sky.deviation(ofSumWeightedBy: profile, height: height, width: width) / power
    }

    private func centralFluxOfUnitSignalToNoise() -> Float {
        var profile = [Float](repeating: 0, count: source.count)
        add(flux: 1, at: centre, to: &profile)
        return fluxOfUnitSignalToNoise(profile: withoutBorder(profile))
    }

    private func withoutBorder(_ image: [Float]) -> [Float] {
        var inner = [Float]()
        inner.reserveCapacity(height * width)
        for row in 1...height { inner += image[(row * (width + 2) + 1)...].prefix(width) }
        return inner
    }

    /// The finished stamp.
    ///
    /// - Parameter white: white noise of variance 1, (height + 2, width + 2).
    func scene(
        _ kind: SimulatedStamp.Kind, signalToNoise: Float, offset: SIMD2<Float>, white: [Float]
    ) -> SimulatedScene {
        let innerSource = withoutBorder(source), background = background()
        var scaled = white
        let variance = sky.sigma * sky.sigma
        for pixel in scaled.indices {
            scaled[pixel] *= (variance + abs(source[pixel] + others[pixel]) / sky.gain).squareRoot()
        }
        var pixels = sky.convolved(scaled, height: height + 2, width: width + 2)
        for pixel in pixels.indices { pixels[pixel] += background[pixel] + innerSource[pixel] }
        return SimulatedScene(
            kind: kind, signalToNoise: signalToNoise, offset: offset, pointSpread: pointSpread, sky: sky,
            source: innerSource, background: background, pixels: pixels)
    }

    /// Level, gradient, neighbours, and artefacts as resampling leaves them: without noise.
    private func background() -> [Float] {
        var image = withoutBorder(others)
        let middle = centre - 1
        for row in 0..<height {
            let start = sky.level + (Float(row) - middle.y) * sky.gradient.y
            for column in 0..<width {
                image[row * width + column] += start + (Float(column) - middle.x) * sky.gradient.x
            }
        }
        if let artefacts {
            let spread = sky.convolved(artefacts.image, height: height + 2, width: width + 2)
            // The convolution keeps the noise's variance; an image must keep its flux.
            let scale = sky.sigma / sky.gainOfConvolution
            for pixel in image.indices { image[pixel] += scale * spread[pixel] }
        }
        return image
    }
}
