import Tensors

extension Canvas {
    /// A star, or in three of ten a galaxy, off the centre: anywhere outside the clear disc.
    ///
    /// - Parameters:
    ///   - signalToNoise: the range, log-uniform, of what a star of its flux would have at the centre.
    ///   - reach: how far out, in units of the distance of the border.
    mutating func drawFieldStar(
        signalToNoise: ClosedRange<Float>, reach: Float, _ random: inout RandomStream
    ) {
        let profile = random.happens(0.3) ? pointSpread.galaxy(&random) : pointSpread
        let place = random.point(within: reach * half, beyond: clearRadius)
        light.add(profile, flux: random.logUniform(signalToNoise) * centralFluxOfUnitSignalToNoise(), at: place)
    }

    /// A star of signal-to-noise ratio 20 to 30,000 whose centre lies from 0.85 to 1.6 times as far out as the border.
    mutating func drawNeighbour(_ random: inout RandomStream) {
        let distance = random.uniform(0.85, 1.6)
        let along = random.uniform(-distance, distance), side = random.sign()
        let place = random.happens(0.5) ? SIMD2(side * distance, along) : SIMD2(along, side * distance)
        let flux = random.logUniform(20, 30_000) * centralFluxOfUnitSignalToNoise()
        light.add(pointSpread, flux: flux, at: place * half)
    }

    /// Two or three stars 0.6 to 1.5 widths apart, the others 0.3 to 1 times as bright as the first; none has its
    /// centre in the clear disc.
    mutating func drawBlend(_ random: inout RandomStream) {
        let first = random.point(within: half, beyond: clearRadius)
        let flux = random.logUniform(10, 1000) * centralFluxOfUnitSignalToNoise()
        light.add(pointSpread, flux: flux, at: first)
        for _ in 0...random.index(below: 2) {
            var place = first
            repeat {
                place = first + pointSpread.fullWidthHalfMaximum * random.uniform(0.6, 1.5) * random.direction()
            } while (place * place).sum() < clearRadius * clearRadius
            light.add(pointSpread, flux: random.uniform(0.3, 1) * flux, at: place)
        }
    }

    /// A star of signal-to-noise ratio 300 to 30,000 off the centre, clipped at 3 to 60 % of its peak; half of them
    /// have a trail of charge along their column, up to as long as the stamp.
    mutating func drawSaturatedStar(_ random: inout RandomStream) {
        let place = random.point(within: half, beyond: clearRadius)
        let flux = random.logUniform(300, 30_000) * centralFluxOfUnitSignalToNoise()
        light.add(pointSpread, flux: flux, at: place)
        saturation = Saturation(
            fullWell: fullWell(ofPeak: random.logUniform(0.03, 0.6)), star: place,
            reach: random.happens(0.5) ? random.uniform(1, 2) * half.y : 0,
            halfWidth: random.uniform(0.5, 1.2) * min(1, half.x / 8), height: height, width: width)
    }

    /// Full well at a share of the brightest pixel over the level, but high enough that three of five pixels stay below
    /// it, so that the stamp's quartiles differ, as normalisation requires.
    func fullWell(ofPeak share: Float) -> Float {
        let brightness = zip(background(), source.withoutBorder).map { $0 + $1 }.sorted()
        let peak = brightness[brightness.count - 1] - sky.level, common = brightness[brightness.count * 3 / 5]
        let deviation = (sky.sigma * sky.sigma + abs(common - sky.level) / sky.gain).squareRoot()
        return max(sky.level + share * peak, common + 4 * deviation)
    }
}
