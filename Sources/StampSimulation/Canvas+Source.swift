import Tensors

extension Canvas {
    /// Draws a stamp of the class of sources: the central source, and what its kind adds.
    ///
    /// - Returns: the line that the source has moved along, end to end; zero for one at rest.
    mutating func drawSource(
        _ kind: SimulatedStamp.Kind, signalToNoise: Float, offset: SIMD2<Float>, _ random: inout RandomStream
    ) -> SIMD2<Float> {
        var trail = SIMD2<Float>.zero
        if kind == .trailedSource {
            trail = pointSpread.fullWidthHalfMaximum * random.uniform(0.3, 1) * random.direction()
        }
        drawCentralSource(signalToNoise: signalToNoise, offset: offset, trail: trail)
        switch kind {
        case .crowdedSource:
            for _ in 0...random.index(below: 3) { drawCompanion(signalToNoise: 5...1000, reach: 1.2, &random) }
        case .flawedSource:
            if random.happens(0.5) {
                drawCosmicRay(clear: clearRadius, &random)
            } else {
                drawBadLine(clear: clearRadius, &random)
            }
        case .maskedSource:
            mask = Mask(&random, height: height, width: width, clear: clearRadius, level: sky.level)
        case .saturatedSource:
            saturation = Saturation(
                fullWell: fullWell(ofPeak: random.uniform(0.3, 0.8)), star: offset, reach: 0, halfWidth: 0,
                height: height, width: width)
        default:
            if random.happens(Self.companyShare) { drawCompanion(signalToNoise: 5...300, reach: 1.2, &random) }
        }
        return trail
    }

    /// A moving source is five points along its trail: they lie at most a quarter of a width apart.
    private mutating func drawCentralSource(signalToNoise: Float, offset: SIMD2<Float>, trail: SIMD2<Float>) {
        let steps: [Float] = trail == .zero ? [0] : [-0.4, -0.2, 0, 0.2, 0.4]
        for step in steps {
            source.add(pointSpread, flux: 1 / Float(steps.count), at: offset + step * trail)
        }
        let flux = signalToNoise * fluxOfUnitSignalToNoise(profile: source)
        for pixel in source.pixels.indices { source.pixels[pixel] *= flux }
    }
}
