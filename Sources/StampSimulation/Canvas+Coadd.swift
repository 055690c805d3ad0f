import Tensors

/// What co-adds along a moving trajectory show.
extension Canvas {
    private var exposures: Int { sky.resampling.exposures }

    /// A star beside what the stamp is about, outside the clear disc; in a co-add along a trajectory half of them are drawn
    /// out.
    mutating func drawCompanion(
        signalToNoise: ClosedRange<Float>, reach: Float, _ random: inout RandomStream
    ) {
        if isAlongTrajectory, random.happens(0.5) {
            drawTrailedStar(clear: clearRadius, &random)
        } else {
            drawFieldStar(signalToNoise: signalToNoise, reach: reach, &random)
        }
    }

    /// A star drawn out into a dash of 2.5 to 10 widths, of signal-to-noise ratio 10 to 3,000 over the whole dash if all
    /// of its light were in one place; three of ten in a median, which leaves less of it.
    mutating func drawTrailedStar(clear: Float, _ random: inout RandomStream) {
        let length = pointSpread.fullWidthHalfMaximum * random.uniform(2.5, 10)
        let stacking: MovingStar.Stacking = random.happens(0.3) ? .median : .mean
        let star = dash(length: length, clear: clear, stacking: stacking, &random)
        star.add(pointSpread, flux: random.logUniform(10, 3000) * centralFluxOfUnitSignalToNoise(), to: &light)
    }

    /// Dots 1.5 to 3 widths apart, near enough that a second one is on the stamp, each of signal-to-noise ratio 3 to
    /// 100: a dot may be at the centre, where a search would have found it.
    mutating func drawDottedTrail(_ random: inout RandomStream) {
        let spacing = min(pointSpread.fullWidthHalfMaximum * random.uniform(1.5, 3), half.min() - 1)
        let count = max(exposures, 3)
        let star = MovingStar(
            &random, exposures: count, spacing: spacing, half: half.min(), clear: 0, stacking: .mean)
        let flux = Float(count) * random.logUniform(3, 100) * centralFluxOfUnitSignalToNoise()
        star.add(pointSpread, flux: flux, to: &light)
    }

    /// A star's residual drawn out: half of them a star less one 0.2 to 0.8 pixels beside, half a star less a wider or
    /// narrower one; no light in total.
    mutating func drawTrailedResidual(_ random: inout RandomStream) {
        let width = pointSpread.fullWidthHalfMaximum
        let length = width * random.uniform(1, 8)
        let star = dash(length: length, clear: 0, stacking: .mean, &random)
        let flux = random.logUniform(30, 3000) * centralFluxOfUnitSignalToNoise()
        star.add(pointSpread, flux: flux, to: &light)
        if random.happens(0.5) {
            star.shifted(by: random.uniform(0.2, 0.8) * random.direction()).add(pointSpread, flux: -flux, to: &light)
        } else {
            let other = pointSpread.widened(by: random.happens(0.5) ? random.uniform(1.1, 1.4) : 0.85)
            star.add(other, flux: -flux, to: &light)
        }
    }

    /// The trail of a satellite in one exposure, of 3 to 300 of its σ: 1/n of it is left.
    mutating func drawDilutedTrail(_ random: inout RandomStream) {
        let trail = Trail(
            &random, width: pointSpread.fullWidthHalfMaximum, reach: 0.5 * half.min(), sigma: 1,
            peaks: 3...300)
        drawFlaw { $0.add(trail.brightness) }
    }

    /// A star drawn out without breaks, by exposures at most half a width apart.
    private func dash(
        length: Float, clear: Float, stacking: MovingStar.Stacking, _ random: inout RandomStream
    ) -> MovingStar {
        let count = max(exposures, Int((2 * length / pointSpread.fullWidthHalfMaximum).rounded(.up)) + 1)
        return MovingStar(
            &random, exposures: count, spacing: length / Float(count - 1), half: half.min(), clear: clear,
            stacking: stacking)
    }
}
