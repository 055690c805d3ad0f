import Faults
import Foundation
import StampSimulation
import Testing

/// What triplets share whatever they show: reproducible bits, sizes, depth, and the arithmetic of the difference.
struct TripletTests {
    private func triplets(
        _ kind: SimulatedTriplet.Kind, _ count: Int, size: Int = 33, fullWidths: ClosedRange<Float> = 1.5...6,
        seed: UInt64 = 7
    ) -> [SimulatedTriplet] {
        let settings = TripletSettings(fullWidths: fullWidths, kinds: KindShares([kind: 1]))
        let simulator = TripletSimulator(seed: seed, height: size, width: size, settings: settings)
        return (0..<count).map { simulator.triplet(kind.population, index: $0) }
    }

    @Test(arguments: StampSimulator.Population.allCases)
    func aTripletIsAFunctionOfSeedClassAndIndex(population: StampSimulator.Population) {
        let simulator = TripletSimulator(seed: 42, height: 21, width: 21)
        for index in [0, 1, 77, 4_294_967_295] {
            let triplet = TripletSimulator(seed: 42, height: 21, width: 21).triplet(population, index: index)
            #expect(simulator.triplet(population, index: index) == triplet)
            let made = simulator.make(population, index: index)
            #expect(made.values == triplet.pixels.interleaved && made.truth == triplet.truth)
        }
        let other: StampSimulator.Population = population == .noise ? .sources : .noise
        let values = simulator.make(population, index: 3).values
        for others in [
            TripletSimulator(seed: 43, height: 21, width: 21).make(population, index: 3).values,
            simulator.make(population, index: 4).values, simulator.make(other, index: 3).values,
        ] {
            #expect(zip(values, others).count { $0 == $1 } < 12)
        }
    }

    /// The first pixel of a triplet of each class: a change here changes everybody's simulated data, and is to be meant.
    @Test func valuesArePinned() {
        let simulator = TripletSimulator(seed: 42, height: 21, width: 21)
        let expected: [(StampSimulator.Population, [Float])] = [
            (.sources, [-9.857537, 7.533954, 6.232822]), (.noise, [29.75048, 4.00255, 26.40826]),
        ]
        for (population, values) in expected {
            for (value, pinned) in zip(simulator.make(population, index: 5).values, values) {
                // Single precision of some thousand ADU.
                #expect(abs(value - pinned) < 1e-2)
            }
        }
    }

    @Test(arguments: [1, 3])
    func productionIsTheSameForAnyNumberOfThreads(threads: Int) throws {
        let simulator = TripletSimulator(seed: 9, height: 11, width: 13)
        var values: [StampSimulator.Population: [Float]] = [:]
        var truths: [StampSimulator.Population: [SimulatedTruth<SimulatedTriplet.Kind>]] = [:]
        try simulator.generate(sources: 9, noise: 5, threads: threads) { block in
            values[block.population, default: []] += block.pixels
            truths[block.population, default: []] += block.truths
        }
        for (population, count) in [(StampSimulator.Population.sources, 9), (.noise, 5)] {
            let made = (0..<count).map { simulator.make(population, index: $0) }
            #expect(values[population] == made.flatMap(\.values) && truths[population] == made.map(\.truth))
        }
    }

    @Test(arguments: [(7, 7), (21, 25), (63, 63), (64, 30)])
    func imagesOfAnySizeAreFiniteAndNeverFlat(height: Int, width: Int) {
        let simulator = TripletSimulator(seed: 6, height: height, width: width)
        for population in StampSimulator.Population.allCases {
            for index in 0..<40 {
                let pixels = simulator.triplet(population, index: index).pixels
                for image in [pixels.science, pixels.reference, pixels.difference] {
                    #expect(image.count == height * width && image.allSatisfy(\.isFinite))
                    let sorted = image.sorted()
                    #expect(sorted[3 * sorted.count / 4] > sorted[sorted.count / 4])
                }
                let values = pixels.interleaved
                #expect(values.count == 3 * height * width && values[1] == pixels.reference[0])
                #expect(values[values.count - 1] == pixels.difference[height * width - 1])
            }
        }
    }

    /// The noise of images without much else, measured from their pixels.
    @Test func theReferenceIsDeeperAndTheDifferenceHasTheNoiseOfBoth() {
        func variance(_ pixels: [Float], _ noiseless: [Float]) -> Double {
            zip(pixels, noiseless).reduce(0) { $0 + Double($1.0 - $1.1) * Double($1.0 - $1.1) } / Double(pixels.count)
        }
        var depths: [Double] = []
        for triplet in triplets(.unchangedSky, 200) {
            let science = variance(triplet.pixels.science, triplet.noiseless.science)
            let reference = variance(triplet.pixels.reference, triplet.noiseless.reference)
            depths.append(science / reference)
            let nominal = Double(triplet.conditions.science.sigma / triplet.conditions.reference.sigma)
            #expect(nominal * nominal > 3.8 && nominal * nominal < 58)
            // Matching smooths noise: the difference is at most as noisy as both images together. 1,089 pixels, and
            // starlight whose photons the blur spreads.
            let difference = variance(triplet.pixels.difference, triplet.noiseless.difference)
            #expect(difference < 1.3 * (science + reference))
            if !triplet.conditions.scienceIsSharper { #expect(difference > 0.8 * science) }
        }
        // 5 to 40 exposures, log-uniform, of a sky 0.7 to 1.3 times as bright: 14 times the depth in the middle.
        let median = depths.sorted()[100]
        #expect(median > 10 && median < 20)
    }

    /// Where nothing changes, matching leaves 2 % of a star at most; without it, images of other seeing differ more.
    @Test func theDifferenceIsScienceLessTheMatchedReference() {
        var matched: [Float] = [], unmatched: [Float] = []
        for triplet in triplets(.unchangedSky, 300, fullWidths: 2.5...6) {
            let conditions = triplet.conditions, sigma = conditions.science.sigma
            func light(_ image: [Float], _ sky: Sky) -> [Float] {
                image.indices.map { pixel in
                    let from = SIMD2(Float(pixel % 33 - 16), Float(pixel / 33 - 16))
                    return image[pixel] - sky.level - (sky.gradient * from).sum()
                }
            }
            let science = light(triplet.noiseless.science, conditions.science)
            let reference = light(triplet.noiseless.reference, conditions.reference)
            let peak = science.max()!
            guard peak > 100 * sigma else { continue }
            let largest = triplet.noiseless.difference.map { abs($0) }.max()!
            // The sky's remains and stripes are below a σ.
            matched.append((largest - sigma) / peak)
            unmatched.append(zip(science, reference).map { abs($0 - $1) }.max()! / peak)
        }
        #expect(matched.count > 25)
        #expect(matched.allSatisfy { $0 < 0.06 })
        let middle = matched.count / 2
        #expect(matched.sorted()[middle] < 0.025 && unmatched.sorted()[middle] > 0.1)
    }

    @Test func seeingDiffersAndWidthsAreAsAskedFor() {
        let triplets = triplets(.transient, 300, size: 9, fullWidths: 2...4)
        #expect(triplets.allSatisfy { (2...4).contains($0.truth.fullWidthHalfMaximum) })
        let ratios = triplets.map { $0.conditions.referenceWidth / $0.conditions.scienceWidth }
        #expect(ratios.allSatisfy { (0.59...1.31).contains($0) } && ratios.min()! < 0.65 && ratios.max()! > 1.25)
        // A quarter of 300: five standard deviations of 7.5.
        let sharper = triplets.count { $0.conditions.scienceIsSharper }
        #expect(abs(sharper - 75) < 38)
    }

    /// Second moments of round Gaussian sources tell the width that the images really have.
    @Test func sourcesHaveTheWidthOfTheirImages() {
        var seen = 0
        for triplet in triplets(.transient, 200, size: 63, fullWidths: 2.5...5)
        where triplet.conditions.pointSpread.gaussianFraction == 1 {
            var light = 0.0, square = 0.0
            for (pixel, value) in triplet.source.science.enumerated() {
                let from = SIMD2(Float(pixel % 63 - 31), Float(pixel / 63 - 31)) - triplet.truth.offset
                light += Double(value)
                square += Double(value) * Double((from * from).sum())
            }
            let width = Double(triplet.conditions.scienceWidth)
            // Two axes of variance w² / 8 ln 2, of axes of |e| up to 0.4, and a twelfth of a pixel² for each pixel.
            let expected = 2 * (width * width / 5.545 + 1.0 / 12)
            seen += 1
            #expect(square / light > 0.9 * expected && square / light < 1.15 * expected)
        }
        #expect(seen > 30)
    }

    /// The matched filter of the difference, in its own noise.
    @Test(arguments: [SimulatedTriplet.Kind.transient, .hostedTransient, .variableStar])
    func theMatchedFilterRecoversTheDeclaredSignalToNoise(kind: SimulatedTriplet.Kind) {
        var ratios: [Double] = [], errors: [Double] = []
        for triplet in triplets(kind, 400, size: 21) {
            let profile = triplet.source.difference
            let norm = profile.reduce(Float(0)) { $0 + $1 * $1 }.squareRoot()
            let deviation = Double(
                triplet.conditions.differenceDeviation(
                    ofSumWeightedBy: profile.map { $0 / norm }, height: 21, width: 21))
            let declared = Double(triplet.truth.signalToNoise)
            #expect((5...1000).contains(declared))
            var recovered = 0.0, expected = 0.0
            for pixel in profile.indices {
                let weight = Double(profile[pixel] / norm)
                let noise = triplet.pixels.difference[pixel] - triplet.noiseless.difference[pixel]
                expected += weight * Double(profile[pixel])
                recovered += weight * Double(profile[pixel] + noise)
            }
            #expect(abs(expected / deviation / declared - 1) < 1e-3)
            ratios.append(recovered / deviation / declared)
            if declared < 20 { errors.append(recovered / deviation - declared) }
        }
        // A ratio scatters by up to a fifth, by 0.09 over all: 400 of them by 0.0045; photons of stars add to that.
        #expect(abs(ratios.reduce(0, +) / 400 - 1) < 0.03)
        let count = Double(errors.count), variance = errors.reduce(0) { $0 + $1 * $1 } / count
        // Photons of hosts and of the star itself come on top of the sky's.
        #expect(count > 60 && variance > 1 - 5 * (2 / count).squareRoot() && variance < 3)
    }

    @Test func standardSharesAreKeptAndEveryKindOccurs() {
        let simulator = TripletSimulator(seed: 8, height: 7, width: 7)
        for population in StampSimulator.Population.allCases {
            let kinds = SimulatedTriplet.Kind.allCases.filter { $0.population == population }
            let drawn = (0..<1000).map { simulator.make(population, index: $0).truth.kind }
            #expect(abs(kinds.reduce(0) { $0 + KindShares.standard.share(of: $1) } - 1) < 1e-12)
            for kind in kinds {
                let share = KindShares.standard.share(of: kind)
                #expect(share >= 0.04 - 1e-9)
                let deviation = (1000 * share * (1 - share)).squareRoot()
                #expect(abs(Double(drawn.count { $0 == kind }) - 1000 * share) <= 5 * deviation, "\(kind)")
            }
        }
    }

    @Test(arguments: [
        ("empty-sky=1", "no kind \"empty-sky\""), ("dipole=0", "are 0"), ("transient", "weight of transient"),
    ])
    func weightsOfTripletsAreThoseOfTheirOwnKinds(text: String, problem: String) throws {
        let fault = try #require(throws: Fault.self) { try KindShares<SimulatedTriplet.Kind>(parsing: text) }
        #expect(fault.kind == .usage && fault.description.contains(problem))
        #expect(fault.description.contains("unchanged-sky=0.5") && !fault.description.contains("\n"))
    }
}
