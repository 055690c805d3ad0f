import Foundation
import StampSimulation
import Testing

/// The shapes that light has in simulated stamps, against their formulas and by their moments.
struct DrawnShapesTests {
    /// Σ brightness · (position across)² / Σ brightness over a line of 401 points a tenth of a pixel apart.
    private func secondMoment(
        across direction: SIMD2<Float>, at place: SIMD2<Float>, _ brightness: (SIMD2<Float>) -> Float
    )
        -> Double
    {
        let normal = SIMD2(-direction.y, direction.x)
        var sum = 0.0, square = 0.0
        for step in -200...200 {
            let across = Float(step) / 10
            let value = Double(brightness(place + across * normal))
            sum += value
            square += value * Double(across) * Double(across)
        }
        return square / sum
    }

    /// A Gaussian's variance is w² / (8 ln 2).
    @Test(arguments: [1.5, 4, 9] as [Float]) func trailsAreAsWideAsStated(width: Float) {
        let direction = SIMD2<Float>(0.6, 0.8), middle = SIMD2<Float>(2, -1)
        let trail = Trail(middle: middle, direction: direction, length: 10, fullWidthHalfMaximum: width, peak: 7)
        for along in [-4, 0, 4.9] as [Float] {
            let moment = secondMoment(across: direction, at: middle + along * direction, trail.brightness)
            #expect(abs(moment / (Double(width * width) / (8 * log(2.0))) - 1) < 1e-3)
            #expect(abs(trail.brightness(at: middle + along * direction) - 7) < 1e-4)
        }
        // Half a width beyond the end, half of the peak is left.
        #expect(abs(trail.brightness(at: middle + (5 + width / 2) * direction) - 3.5) < 1e-4)
    }

    @Test func spikesFallWithTheDistanceFromTheirStarAndPassWhereTheyShould() {
        let star = SIMD2<Float>(-20, 5), arm = SIMD2<Float>(0.8, -0.6)
        let spikes = DiffractionSpikes(
            star: star, arms: [arm, -arm], fullWidthHalfMaximum: 3, peak: 10, radius: 25)
        for radius in [5, 10, 25, 50] as [Float] {
            #expect(abs(spikes.brightness(at: star + radius * arm) - 250 / radius) < 1e-3)
            #expect(abs(spikes.brightness(at: star - radius * arm) - 250 / radius) < 1e-3)
            let moment = secondMoment(across: arm, at: star + radius * arm, spikes.brightness)
            #expect(abs(moment / (9 / (8 * log(2.0))) - 1) < 1e-3)
        }
        #expect(spikes.brightness(at: star + 25 * SIMD2(0.6, 0.8)) < 1e-6)
    }

    @Test func halosFallExponentially() {
        let halo = Halo(centre: SIMD2(30, 40), scaleLength: 6, peak: 5, radius: 38)
        for distance in [35, 38, 44, 60] as [Float] {
            let place = SIMD2<Float>(30, 40) - distance * SIMD2(0.6, 0.8)
            let expected = 5 * exp(-(Double(distance) - 38) / 6)
            #expect(abs(Double(halo.brightness(at: place)) / expected - 1) < 1e-5)
        }
        #expect(halo.brightness(at: SIMD2(30, 40)) < 5 * 100)
    }

    @Test func ringsHaveTheirPeriodAndDecay() {
        let centre = SIMD2<Float>(4, 3)
        let rings = Residual.rings(centre: centre, period: 3, phase: 0, decay: 5)
        for ring in 0..<4 {
            let radius = Float(3 * ring)
            #expect(abs(Double(rings.brightness(at: centre + SIMD2(radius, 0))) - exp(-Double(radius) / 5)) < 1e-5)
            let dark = radius + 1.5
            #expect(abs(Double(rings.brightness(at: centre - SIMD2(0, dark))) + exp(-Double(dark) / 5)) < 1e-5)
        }
    }

    @Test func tooMuchSubtractedLeavesADarkCoreInABrightRing() {
        let residual = Residual.darkCore(centre: SIMD2(0.5, 0), fullWidthHalfMaximum: 3, depth: 2)
        #expect(abs(residual.brightness(at: SIMD2(0.5, 0)) + 1) < 1e-5)
        #expect(residual.brightness(at: SIMD2(3, 0)) > 0)
        // Half a width out, half of the core: exp(−ln 2 / 1.6²) − 1.
        #expect(abs(Double(residual.brightness(at: SIMD2(2, 0))) - (exp(-log(2.0) / 2.56) - 1)) < 1e-5)
    }

    @Test func lobesHaveNoLightInSumAndNoneAtTheCentre() {
        let residual = Residual.lobes(centre: .zero, axis: SIMD2(0.6, 0.8), radius: 2)
        var sum: Float = 0
        for row in -20...20 {
            for column in -20...20 { sum += residual.brightness(at: SIMD2(Float(column), Float(row))) }
        }
        #expect(abs(sum) < 1e-3)
        #expect(residual.brightness(at: .zero) == 0)
        #expect(abs(residual.brightness(at: 2 * SIMD2(0.6, 0.8)) - 1) < 1e-5)
        #expect(abs(residual.brightness(at: 2 * SIMD2(-0.8, 0.6)) + 1) < 1e-5)
    }
}
