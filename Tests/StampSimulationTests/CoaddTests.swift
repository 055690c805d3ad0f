import StampSimulation
import Testing

/// What co-adds along a moving trajectory show, measured from the noiseless image.
struct CoaddTests {
    private func scenes(
        _ kind: SimulatedStamp.Kind, _ count: Int, exposures: ClosedRange<Int> = 20...20,
        fullWidths: ClosedRange<Float> = 2...3
    ) -> [SimulatedScene] {
        let settings = SimulationSettings(fullWidths: fullWidths, kinds: KindShares([kind: 1]), exposures: exposures)
        let simulator = StampSimulator(seed: 5, settings: settings)
        return (0..<count).map { simulator.scene(kind.population, index: $0) }
    }

    /// The background less level and gradient, in σ.
    private func light(_ scene: SimulatedScene) -> [Float] {
        scene.background.indices.map { pixel in
            let x = Float(pixel % 21 - 10), y = Float(pixel / 21 - 10)
            return (scene.background[pixel] - scene.sky.level - scene.sky.gradient.x * x - scene.sky.gradient.y * y)
                / scene.sky.sigma
        }
    }

    /// Eigenvalues of the second moments of positive light about its mean: the larger and the smaller.
    private func moments(_ light: [Float]) -> (Double, Double) {
        var sum = 0.0, x = 0.0, y = 0.0, xx = 0.0, xy = 0.0, yy = 0.0
        for (pixel, value) in light.enumerated() where value > 0.02 * light.max()! {
            let (weight, column, row) = (Double(value), Double(pixel % 21), Double(pixel / 21))
            sum += weight
            x += weight * column
            y += weight * row
            xx += weight * column * column
            xy += weight * column * row
            yy += weight * row * row
        }
        xx = xx / sum - x * x / sum / sum
        yy = yy / sum - y * y / sum / sum
        xy = xy / sum - x * y / sum / sum
        let middle = (xx + yy) / 2, half = ((xx - yy) * (xx - yy) / 4 + xy * xy).squareRoot()
        return (middle + half, middle - half)
    }

    @Test(arguments: [1...1, 20...20, 5...9] as [ClosedRange<Int>])
    func stampsAreStacksOfAsManyExposures(exposures: ClosedRange<Int>) {
        let settings = SimulationSettings(exposures: exposures)
        let simulator = StampSimulator(seed: 5, settings: settings)
        let counts = (0..<60).map { simulator.scene(.noise, index: $0).sky.resampling.exposures }
        #expect(Set(counts) == Set(exposures))
    }

    @Test func withoutExposuresNothingIsDrawnOut() {
        let shares = KindShares<SimulatedStamp.Kind>.standard
        for kind in [SimulatedStamp.Kind.trailedStar, .dottedTrail, .trailedResidual, .dilutedTrail, .chipGap] {
            #expect(shares.share(of: kind) == 0 && KindShares.coadd.share(of: kind) > 0)
        }
        for population in StampSimulator.Population.allCases {
            let kinds = SimulatedStamp.Kind.allCases.filter { $0.population == population }
            #expect(abs(kinds.reduce(0) { $0 + KindShares.coadd.share(of: $1) } - 1) < 1e-9)
        }
    }

    @Test func trailedStarsAreDashesAndDotsAreNotOneDot() {
        for kind in [SimulatedStamp.Kind.trailedStar, .dottedTrail] {
            let longer = scenes(kind, 100).count { scene in
                let moments = moments(light(scene))
                return moments.0 > 1.5 * moments.1
            }
            // All but those of which only an end is on the stamp, that have a field star beside, or that a median took.
            #expect(longer >= 60, "\(kind)")
        }
        let round = scenes(.offCentreStar, 100).count { scene in moments(light(scene)).0 > 1.5 * moments(light(scene)).1
        }
        #expect(round < 90)
    }

    @Test func trailedResidualsHaveNoLightInSum() {
        let balanced = scenes(.trailedResidual, 100).count { scene in
            let light = light(scene)
            let sum = light.reduce(0, +), strength = light.reduce(0) { $0 + abs($1) }
            return strength > 1 && abs(sum) < 0.2 * strength && light.min()! < -0.1 * light.max()!
        }
        // Some leave the stamp, or have a field star beside.
        #expect(balanced >= 50)
    }

    /// One exposure in n has the trail: 1/n of its light, and √n less noise.
    @Test func satelliteTrailsAreDilutedByTheNumberOfExposures() {
        func strength(_ exposures: Int) -> Float {
            let strengths = scenes(.dilutedTrail, 200, exposures: exposures...exposures).map { light($0).max()! }
            return strengths.sorted()[100]
        }
        // The median of a log-uniform peak over two decades varies by a factor of 1.4 or so from set to set.
        let ratio = strength(4) / strength(64)
        #expect((2.4...6.8).contains(ratio))
    }

    @Test func chipGapsAreNoisier() {
        func withNoisyLines(_ kind: SimulatedStamp.Kind) -> Int {
            scenes(kind, 100, fullWidths: 1.5...2).count { scene in
                let noise = scene.pixels.indices.map { scene.pixels[$0] - scene.background[$0] }
                func variance(_ pixels: [Int]) -> Float {
                    pixels.reduce(0) { $0 + noise[$1] * noise[$1] } / Float(pixels.count)
                }
                let columns = (0..<21).map { column in variance((0..<21).map { $0 * 21 + column }) }.sorted()
                let rows = (0..<21).map { row in variance((0..<21).map { row * 21 + $0 }) }.sorted()
                return max(columns[19] / columns[3], rows[19] / rows[3]) > 2.8
            }
        }
        let (noisier, even) = (withNoisyLines(.chipGap), withNoisyLines(.emptySky))
        #expect(noisier > 50 && noisier > 2 * even)
    }

    @Test(arguments: [7, 21]) func stampsAreFiniteAndNeverFlat(size: Int) {
        let simulator = StampSimulator(
            seed: 3, height: size, width: size, settings: SimulationSettings(kinds: .coadd, exposures: 1...40))
        for population in StampSimulator.Population.allCases {
            for index in 0..<200 {
                let pixels = simulator.stamp(population, index: index).pixels
                let sorted = pixels.sorted()
                #expect(pixels.allSatisfy { $0.isFinite } && sorted[3 * sorted.count / 4] > sorted[sorted.count / 4])
            }
        }
    }
}
