import Tensors

extension TripletCanvas {
    /// Draws a triplet of the class of sources: the new light, and what its kind adds.
    ///
    /// - Parameter signalToNoise: of the new light in the difference.
    mutating func drawSource(
        _ kind: SimulatedTriplet.Kind, signalToNoise: Float, offset: SIMD2<Float>, _ random: inout RandomStream
    ) {
        source.add(seeing.pointSpread, flux: 1, at: offset)
        let profile = images(ofSource: source).difference
        let power = profile.reduce(into: Float(0)) { $0 += $1 * $1 }
        let deviation = conditions.differenceDeviation(ofSumWeightedBy: profile, height: height, width: width)
        let flux = signalToNoise * deviation / power
        for pixel in source.pixels.indices { source.pixels[pixel] *= flux }

        let unit = fluxOfUnitSignalToNoise()
        drawField(unit: unit, &random)
        switch kind {
        case .hostedTransient: drawHost(around: offset, unit: unit, &random)
        case .crowdedTransient: drawNeighbours(unit: unit, &random)
        case .variableStar:
            // The reference has a tenth to ten times as much light as came anew.
            light.add(seeing.pointSpread, flux: flux * random.logUniform(0.1, 10), at: offset)
        case .saturatedTransient:
            scienceSaturation = saturation(
                at: offset, brightest: source, share: random.uniform(0.3, 0.8), bleeds: false, &random)
        case .flawedTransient:
            if random.happens(0.5) {
                drawCosmicRay(clear: clearRadius, &random)
            } else {
                drawBadLine(clear: clearRadius, &random)
            }
        case .maskedTransient: drawMask(clear: clearRadius, &random)
        default:
            // One of three has a faint galaxy that is not its host nearby.
            if random.happens(0.33) {
                let place = random.point(within: half, beyond: clearRadius)
                drawHost(around: place, unit: unit, &random)
            }
        }
    }
}
