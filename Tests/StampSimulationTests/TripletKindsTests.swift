import StampSimulation
import Testing

/// What each kind of triplet shows, and in which of its images, measured without noise.
struct TripletKindsTests {
    private static let size = 41

    private func triplets(
        _ kind: SimulatedTriplet.Kind, _ count: Int = 150, fullWidths: ClosedRange<Float> = 2...5
    ) -> [SimulatedTriplet] {
        let settings = TripletSettings(fullWidths: fullWidths, kinds: KindShares([kind: 1]))
        let simulator = TripletSimulator(seed: 12, height: Self.size, width: Self.size, settings: settings)
        return (0..<count).map { simulator.triplet(kind.population, index: $0) }
    }

    private func position(_ pixel: Int) -> SIMD2<Float> {
        let middle = Self.size / 2
        return SIMD2(Float(pixel % Self.size - middle), Float(pixel / Self.size - middle))
    }

    /// An image less its sky, within `radius` of the centre, in units of science's σ.
    private func centre(_ image: [Float], _ triplet: SimulatedTriplet, _ sky: Sky?, radius: Float = 4) -> [Float] {
        image.indices.compactMap { pixel in
            let from = position(pixel)
            guard (from * from).sum() <= radius * radius else { return nil }
            let level = sky.map { $0.level + ($0.gradient * from).sum() } ?? 0
            return (image[pixel] - level) / triplet.conditions.science.sigma
        }
    }

    private func difference(_ triplet: SimulatedTriplet, radius: Float = 4) -> [Float] {
        centre(triplet.noiseless.difference, triplet, nil, radius: radius)
    }

    private func science(_ triplet: SimulatedTriplet) -> [Float] {
        centre(triplet.noiseless.science, triplet, triplet.conditions.science)
    }

    private func reference(_ triplet: SimulatedTriplet) -> [Float] {
        centre(triplet.noiseless.reference, triplet, triplet.conditions.reference)
    }

    @Test(
        arguments: SimulatedTriplet.Kind.allCases.filter { $0.population == .sources && $0 != .saturatedTransient })
    func sourcesAreInScienceAndDifferenceWithTheSameLight(kind: SimulatedTriplet.Kind) {
        for triplet in triplets(kind, 60) {
            let light = triplet.source.science.reduce(0) { $0 + Double($1) }
            let left = triplet.source.difference.reduce(0) { $0 + Double($1) }
            // Wings that leave the stamp, and the scale that matching gets wrong by 0.3 %.
            #expect(light > 0 && abs(left / light - 1) < 0.02)
            #expect(triplet.source.reference.allSatisfy { $0 == 0 })
            let brightest = triplet.source.difference.indices.max {
                triplet.source.difference[$0] < triplet.source.difference[$1]
            }!
            // Up to a pixel off the centre along each axis, and half a pixel for the brightest one.
            let place = position(brightest)
            #expect(abs(place.x) <= 1.5 && abs(place.y) <= 1.5)
            // The residual of the host or of the star below is small beside it.
            let peak = difference(triplet).max()!
            let own = triplet.source.difference.max()! / triplet.conditions.science.sigma
            #expect(peak > 0.7 * own - 2)
        }
    }

    @Test func transientsAreNotInTheReference() {
        // No star or galaxy within 3.5 pixels; wings of those outside.
        let dark = triplets(.transient).count { reference($0).max()! < 0.3 * science($0).max()! + 1 }
        #expect(dark > 110)
    }

    @Test func hostsAreInBothImages() {
        let hosted = triplets(.hostedTransient, fullWidths: 2...3).count { reference($0).max()! > 0.2 }
        let bare = triplets(.transient, fullWidths: 2...3).count { reference($0).max()! > 0.2 }
        #expect(hosted > 140 && bare < 120)
    }

    @Test func variableStarsAreInAllThreeAndBrighterInScience() {
        for triplet in triplets(.variableStar) {
            let light = reference(triplet).reduce(0, +)
            #expect(light > 0)
            #expect(science(triplet).reduce(0, +) > 0 && difference(triplet).max()! > 0)
        }
    }

    @Test func neighboursOfCrowdedTransientsAreNear() {
        func near(_ triplet: SimulatedTriplet) -> Bool {
            centre(triplet.noiseless.reference, triplet, triplet.conditions.reference, radius: 12).max()! > 1
        }
        #expect(triplets(.crowdedTransient).count(where: near) > 145)
    }

    private func sum(_ image: [Float]) -> Double { image.reduce(0) { $0 + Double($1) } }
    private func strength(_ image: [Float]) -> Double { image.reduce(0) { $0 + Double(abs($1)) } }

    private static let flawsOfScience: [SimulatedTriplet.Kind] = [.cosmicRay, .hotPixel, .badLine, .trail]

    @Test(arguments: flawsOfScience + [.flawedTransient])
    func flawsOfScienceAreInScienceAndDifferenceAlone(kind: SimulatedTriplet.Kind) {
        for triplet in triplets(kind, 60) {
            let flaws = triplet.artefacts, sigma = triplet.conditions.science.sigma
            #expect(flaws.reference.allSatisfy { $0 == 0 })
            #expect(flaws.science.map { abs($0) }.max()! > sigma, "\(kind)")
            if triplet.conditions.scienceIsSharper {
                // Blurred with the rest of science, by a kernel that leaves the sum but for what crosses the border: half of
                // a line that lies there.
                #expect(abs(sum(flaws.difference) / sum(flaws.science) - 1) < 0.5)
            } else {
                #expect(flaws.difference == flaws.science)
            }
            // It is in the pixels too: what is left without it is noise, stars and sky.
            let brightest = flaws.science.indices.max { abs(flaws.science[$0]) < abs(flaws.science[$1]) }!
            let noise = triplet.pixels.science[brightest] - triplet.noiseless.science[brightest]
            let light = abs(triplet.noiseless.science[brightest] - triplet.conditions.science.level)
            let gain = triplet.conditions.science.gain
            #expect(abs(noise) < 6 * (sigma * sigma + light / gain).squareRoot())
        }
    }

    @Test func flawsOfTheReferenceAreDarkInTheDifference() {
        for triplet in triplets(.referenceCosmicRay, 60) {
            let flaws = triplet.artefacts
            #expect(flaws.science.allSatisfy { $0 == 0 } && flaws.reference.allSatisfy { $0 >= 0 })
            #expect(sum(flaws.reference) > 0 && abs(sum(flaws.difference) / sum(flaws.reference) + 1) < 0.25)
        }
    }

    @Test(
        arguments: SimulatedTriplet.Kind.allCases.filter {
            !flawsOfScience.contains($0) && $0 != .referenceCosmicRay && $0 != .flawedTransient
        })
    func otherKindsHaveNoFlaws(kind: SimulatedTriplet.Kind) {
        for triplet in triplets(kind, 20) {
            for image in [triplet.artefacts.science, triplet.artefacts.reference, triplet.artefacts.difference] {
                #expect(strength(image) == 0)
            }
        }
    }

    @Test func flawsOfFlawedTransientsKeepOffTheCentre() {
        for triplet in triplets(.flawedTransient, fullWidths: 2...3) {
            // Clear within 3.5 pixels; resampling and rounding to pixels spread by up to 1.5.
            let flaws = triplet.artefacts.science
            #expect(flaws.indices.allSatisfy { (position($0) * position($0)).sum() > 2.3 || flaws[$0] == 0 })
        }
    }

    @Test func hotPixelsAreOneOrTwo() {
        for triplet in triplets(.hotPixel) {
            let flaws = triplet.artefacts.science, peak = flaws.max()!
            // Smoothing leaves at most 0.3 of a pixel in those beside it.
            #expect((1...2).contains(flaws.count { $0 > 0.45 * peak }))
            let place = position(flaws.firstIndex(of: peak)!)
            #expect(max(abs(place.x), abs(place.y)) <= 2)
        }
    }

    @Test func referenceCosmicRaysAreNegativeInTheDifference() {
        let negative = triplets(.referenceCosmicRay).count { triplet in
            let difference = difference(triplet)
            return -difference.min()! > 2 * difference.max()! && reference(triplet).max()! > 5
        }
        // 8 σ, spread by matching, may be less than what a star leaves.
        #expect(negative > 100)
    }

    @Test func badLinesAreInScienceAndDifferenceAlone() {
        func lineStrength(_ image: [Float]) -> Float {
            let size = Self.size
            let columns = (0..<size).map { column in (0..<size).map { image[$0 * size + column] }.sorted()[size / 2] }
            let rows = (0..<size).map { row in image[(row * size)..<((row + 1) * size)].sorted()[size / 2] }
            return [columns, rows].map { line in
                let middle = line.sorted()[size / 2]
                return line.map { abs($0 - middle) }.max()!
            }.max()!
        }
        let found = triplets(.badLine).count { triplet in
            let sigma = triplet.conditions.science.sigma
            return lineStrength(triplet.noiseless.difference) > 1.5 * sigma
        }
        let usual = triplets(.unchangedSky).count { triplet in
            lineStrength(triplet.noiseless.difference) > 1.5 * triplet.conditions.science.sigma
        }
        // A line that starts below the middle does not move a median.
        #expect(found > 110 && usual == 0)
    }

    @Test func trailsCrossScienceAndDifferenceAlone() {
        for triplet in triplets(.trail, 60) {
            // 1.5 σ and more; matching an image that is the sharper one dims it.
            #expect(difference(triplet, radius: 6).max()! > 1)
            let bright = difference(triplet, radius: 12)
            let peak = bright.max()!
            guard peak > 10 else { continue }
            #expect(bright.count { $0 > 0.4 * peak } >= 8)
        }
    }

    @Test func dipolesHaveTwoHalvesAndNoLightInSum() {
        let balanced = triplets(.dipole, fullWidths: 2...3).count { triplet in
            let difference = difference(triplet, radius: 6)
            let sum = difference.reduce(0, +), strength = difference.reduce(0) { $0 + abs($1) }
            return abs(sum) < 0.25 * strength && -difference.min()! > 0.4 * difference.max()!
                && difference.max()! > 2
        }
        #expect(balanced > 120)
    }

    @Test func residualsOfStarsHaveRingsAndNoLightInSum() {
        let rings = triplets(.starResidual, fullWidths: 2...3).count { triplet in
            let difference = difference(triplet, radius: 8)
            let sum = difference.reduce(0, +), strength = difference.reduce(0) { $0 + abs($1) }
            // In both images, yet far above what a matched star leaves.
            return abs(sum) < 0.4 * strength && strength > 10 && reference(triplet).max()! > 20
        }
        #expect(rings > 100)
    }

    @Test func saturatedStarsLeaveAHole() {
        let holes = triplets(.saturatedStar).count { triplet in
            let science = centre(triplet.pixels.science, triplet, triplet.conditions.science)
            let noiseless = self.science(triplet)
            let difference = centre(triplet.pixels.difference, triplet, nil)
            return science.max()! < 0.9 * noiseless.max()! && difference.map { abs($0) }.max()! > 10
        }
        #expect(holes > 130)
    }

    @Test(arguments: [SimulatedTriplet.Kind.maskedSky, .maskedTransient])
    func masksAreInScienceAndDifferenceAlone(kind: SimulatedTriplet.Kind) {
        var constant = 0
        for triplet in triplets(kind, 90) {
            let sky = triplet.conditions.science.level
            let filled = triplet.pixels.science.indices.filter {
                triplet.pixels.science[$0] == 0 || triplet.pixels.science[$0] == sky
            }
            // A pixel may have the level by chance.
            let empty = filled.filter { triplet.pixels.difference[$0] == 0 }
            guard empty.count > 1 else { continue }
            constant += 1
            #expect(empty.count >= filled.count - 2)
            #expect(Set(empty.map { triplet.pixels.reference[$0] }).count > empty.count / 2)
            if kind == .maskedTransient {
                #expect(empty.allSatisfy { (position($0) * position($0)).sum() > 9 })
            }
        }
        // Two of three masks have one number in all pixels: 60 of 90, five standard deviations of 4.5.
        #expect(constant > 37 && constant < 83)
    }

    /// What a matched filter of the difference finds where nothing has changed is noise and remains.
    @Test func unchangedSkyHasNothingNew() {
        let clean = triplets(.unchangedSky).count { difference($0).map { abs($0) }.max()! < 3 }
        #expect(clean > 140)
    }
}
