import StampSimulation
import Testing

/// Each kind of stamp shows what its documentation says, measured from the noiseless image.
struct SimulatedKindsTests {
    private func scenes(
        _ kind: SimulatedStamp.Kind, _ count: Int, fullWidths: ClosedRange<Float> = 1.5...6, seed: UInt64 = 11
    ) -> [SimulatedScene] {
        let settings = SimulationSettings(fullWidths: fullWidths, kinds: KindShares([kind: 1]))
        let simulator = StampSimulator(seed: seed, settings: settings)
        return (0..<count).map { simulator.scene(kind.population, index: $0) }
    }

    /// What is not sky: the background less level and gradient, in σ.
    private func light(_ scene: SimulatedScene) -> [Double] {
        scene.background.indices.map { pixel in
            let x = Double(pixel % 21 - 10), y = Double(pixel / 21 - 10)
            let slope = Double(scene.sky.gradient.x) * x + Double(scene.sky.gradient.y) * y
            return (Double(scene.background[pixel]) - Double(scene.sky.level) - slope) / Double(scene.sky.sigma)
        }
    }

    private func distance(_ pixel: Int) -> Double {
        let x = Double(pixel % 21 - 10), y = Double(pixel / 21 - 10)
        return (x * x + y * y).squareRoot()
    }

    @Test func emptySkyShowsNothing() {
        for scene in scenes(.emptySky, 50) {
            // Single precision of levels up to 3,000 σ.
            #expect(light(scene).allSatisfy { abs($0) < 2e-3 })
            #expect(scene.source.allSatisfy { $0 == 0 })
        }
    }

    @Test(arguments: [SimulatedStamp.Kind.offCentreStar, .blend, .neighbour, .saturatedStar])
    func starsOfTheNoisePeakOffTheCentre(kind: SimulatedStamp.Kind) {
        for scene in scenes(kind, 200) {
            let light = light(scene)
            let brightest = light.indices.max { light[$0] < light[$1] }!
            // The wings of a faint star outside may be lost in the rounding of the level.
            guard light[brightest] > 0.05 else { continue }
            // Half a pixel's diagonal, and wings of another star that move the peak.
            #expect(distance(brightest) > 2.5, "\(kind)")
        }
    }

    @Test func dipolesHaveNoLightInSum() {
        // Free of field stars, which the sum of absolute values would tell apart from a dipole's wings.
        let balanced = scenes(.dipole, 100, fullWidths: 1.5...3).count { scene in
            let light = light(scene)
            let sum = light.reduce(0, +), strength = light.reduce(0) { $0 + abs($1) }
            return abs(sum) < 0.05 * strength && light.min()! < -0.3 * light.max()!
        }
        // All but the 15 % with a field star; five standard deviations.
        #expect(balanced >= 67)
    }

    @Test func cosmicRaysAreSharperThanStars() {
        // The brightest pixel over the mean of its eight neighbours, less what is far away.
        func sharpness(_ image: [Double], _ peak: Int) -> Double {
            let around = [-22, -21, -20, -1, 1, 20, 21, 22].reduce(0.0) { $0 + image[peak + $1] } / 8
            return image[peak] / around
        }
        var sharper = 0, count = 0
        for scene in scenes(.cosmicRay, 200, fullWidths: 3...6) {
            let light = light(scene)
            let peak = light.indices.max { light[$0] < light[$1] }!
            guard (1...19).contains(peak % 21), (1...19).contains(peak / 21) else { continue }
            var star = [Float](repeating: 0, count: 441)
            scene.pointSpread.add(flux: 1, at: SIMD2(10, 10), height: 21, width: 21, to: &star)
            count += 1
            if sharpness(light, peak) > 1.1 * sharpness(star.map(Double.init), 220) { sharper += 1 }
        }
        #expect(count > 150 && Double(sharper) > 0.8 * Double(count))
    }

    @Test func badLinesFillAColumnOrARow() {
        let lines = scenes(.badLine, 100).count { scene in
            let light = light(scene)
            let columns = (0..<21).map { column in abs((0..<21).reduce(0.0) { $0 + light[$1 * 21 + column] }) }
            let rows = (0..<21).map { row in abs((0..<21).reduce(0.0) { $0 + light[row * 21 + $1] }) }
            let total = light.reduce(0) { $0 + abs($1) }
            // Two lines, and what resampling puts into those beside.
            func share(_ sums: [Double]) -> Double {
                (0..<18).map { sums[$0...($0 + 3)].reduce(0, +) / total }.max()!
            }
            return max(share(columns), share(rows)) > 0.95
        }
        // All but the 15 % with a field star; five standard deviations.
        #expect(lines >= 67)
    }

    /// A Gaussian profile moved along a line of length L in five equal steps has the second moment of the profile at
    /// rest and L² Σ(step²)/5 = 0.08 L² more along the line.
    @Test func trailedSourcesAreLongerByTheirTrail() {
        for (moved, rest) in zip(
            scenes(.trailedSource, 60, fullWidths: 2...3), scenes(.pointSource, 60, fullWidths: 2...3))
        {
            let length = (moved.trail * moved.trail).sum().squareRoot()
            #expect(rest.trail == .zero)
            #expect((0.299...1.001).contains(length / moved.pointSpread.fullWidthHalfMaximum))
            guard moved.pointSpread.gaussianFraction == 1 else { continue }
            var still = [Float](repeating: 0, count: 441)
            moved.pointSpread.add(
                flux: 1, at: SIMD2(10, 10) + moved.offset, height: 21, width: 21, to: &still)
            let direction = moved.trail / length
            func moment(_ image: [Float]) -> Double {
                var sum = 0.0, square = 0.0
                for pixel in image.indices {
                    let from = SIMD2(Float(pixel % 21 - 10), Float(pixel / 21 - 10)) - moved.offset
                    let along = Double((from * direction).sum())
                    sum += Double(image[pixel])
                    square += Double(image[pixel]) * along * along
                }
                return square / sum
            }
            // Sampling of a Gaussian of σ 0.85 pixels or more, and its truncation by the stamp.
            #expect(abs(moment(moved.source) - moment(still) - 0.08 * Double(length * length)) < 0.02)
        }
    }

    @Test func neighboursOfCrowdedSourcesLeaveThemTheCentre() {
        var seen = 0
        for scene in scenes(.crowdedSource, 200) {
            let light = light(scene)
            let neighbour = light.indices.max { light[$0] < light[$1] }!
            let source = scene.source.indices.max { scene.source[$0] < scene.source[$1] }!
            #expect(abs(Double(source % 21 - 10)) <= 2 && abs(Double(source / 21 - 10)) <= 2)
            guard light[neighbour] > 0.5 else { continue }
            seen += 1
            #expect(distance(neighbour) > 2.5)
        }
        // Few are outside of the stamp, or faint.
        #expect(seen > 150)
    }

    @Test func flawsOfSourcesKeepOffTheCentre() {
        let scenes = scenes(.flawedSource, 200, fullWidths: 1.5...3)
        #expect(scenes.allSatisfy { scene in light(scene).contains { abs($0) > 0.3 } })
        for scene in scenes {
            let light = light(scene)
            // Clear within 3.5 pixels; resampling and rounding to pixels spread by up to 1.5.
            #expect(light.indices.allSatisfy { distance($0) > 1.5 || abs(light[$0]) < 2e-3 })
        }
    }

    @Test(arguments: [SimulatedStamp.Kind.saturatedStar, .saturatedSource])
    func saturatedCoresAreFlat(kind: SimulatedStamp.Kind) {
        let flat = scenes(kind, 100).count { scene in
            let peak = scene.pixels.max()!
            return scene.pixels.count { $0 == peak } >= 2
        }
        // Narrow or faint cores may have a single pixel above full well.
        #expect(flat > 70)
    }

    @Test(arguments: [SimulatedStamp.Kind.maskedSky, .maskedSource])
    func maskedPixelsHaveNoNoise(kind: SimulatedStamp.Kind) {
        let constant = scenes(kind, 150).count { scene in
            // 0 and the level are the constants that masks are filled with; others interpolate.
            let filled = scene.pixels.indices.filter {
                scene.pixels[$0] == 0 || scene.pixels[$0] == scene.sky.level
            }
            #expect(filled.count <= 441 / 5 + 21)
            if kind == .maskedSource { #expect(filled.allSatisfy { distance($0) > 3 }) }
            return !filled.isEmpty
        }
        // Two of three of the masks: five standard deviations.
        #expect(constant > 70 && constant < 130)
    }

    @Test func otherKindsHaveNoNoiselessPixels() {
        for scene in scenes(.pointSource, 50) {
            let noisy = scene.pixels.indices.count {
                scene.pixels[$0] != scene.background[$0] + scene.source[$0]
            }
            #expect(noisy > 430)
        }
    }

    /// How like the stamp's own point source at or near the centre the light of a stamp is: the largest cosine between
    /// the central 9 × 9 pixels and a source of offset up to 0.7 pixels, both less their means.
    private func likenessToASource(_ image: [Double], _ scene: SimulatedScene) -> Double {
        func centred(_ image: [Double]) -> [Double] {
            var box: [Double] = []
            for row in 6..<15 { for column in 6..<15 { box.append(image[row * 21 + column]) } }
            let mean = box.reduce(0, +) / 81
            return box.map { $0 - mean }
        }
        let box = centred(image)
        let norm = box.reduce(0) { $0 + $1 * $1 }.squareRoot()
        var best = -1.0
        for x in [-0.7, 0, 0.7] as [Float] {
            for y in [-0.7, 0, 0.7] as [Float] {
                var template = [Float](repeating: 0, count: 441)
                scene.pointSpread.add(flux: 1, at: SIMD2(10 + x, 10 + y), height: 21, width: 21, to: &template)
                let source = centred(template.map(Double.init))
                let size = source.reduce(0) { $0 + $1 * $1 }.squareRoot()
                best = max(best, zip(box, source).reduce(0) { $0 + $1.0 * $1.1 } / (norm * size))
            }
        }
        return best
    }

    @Test(
        arguments: SimulatedStamp.Kind.allCases.filter {
            // A dot of a dotted trail may be at the centre; the border of a chip gap and a trail that 1/n is left of may
            // be nothing but rounding.
            ![.emptySky, .maskedSky, .dottedTrail, .chipGap, .dilutedTrail].contains($0) && $0.population == .noise
        })
    func falsePositivesAreNoPointSourcesAtTheCentre(kind: SimulatedStamp.Kind) {
        // A cosmic ray's hit on the centre of an image that a narrow point spread barely samples is like one.
        let alike = scenes(kind, 100).count { likenessToASource(light($0), $0) > 0.9 }
        // So may be the bright end of a residual that is drawn out.
        let allowed: [SimulatedStamp.Kind: Int] = [.cosmicRay: 6, .trailedResidual: 3]
        #expect(alike <= allowed[kind, default: 0])
    }

    @Test func sourcesAreLikeSources() {
        for scene in scenes(.pointSource, 60) where abs(scene.offset).max() < 0.7 {
            #expect(likenessToASource(scene.source.map(Double.init), scene) > 0.9)
        }
    }

    private func abs(_ vector: SIMD2<Float>) -> SIMD2<Float> { SIMD2(Swift.abs(vector.x), Swift.abs(vector.y)) }
    private func abs(_ value: Double) -> Double { Swift.abs(value) }
}
