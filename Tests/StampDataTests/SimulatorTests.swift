import Foundation
import StampData
import Testing

struct SimulatorTests {
    private let simulator = StampSimulator(seed: 42)

    @Test(arguments: StampSimulator.Population.allCases)
    func sameIndexGivesTheSamePixels(population: StampSimulator.Population) {
        let again = StampSimulator(seed: 42)
        for index in [0, 1, 77, 4_294_967_295] {
            #expect(simulator.stamp(population, index: index) == again.stamp(population, index: index))
        }
    }

    @Test func seedClassAndIndexChangeEveryPixel() {
        let stamp = simulator.noise(index: 3).pixels
        for other in [
            StampSimulator(seed: 43).noise(index: 3), StampSimulator(seed: 42 + 1 << 32).noise(index: 3),
            simulator.noise(index: 4), simulator.source(index: 3),
        ] {
            // Two pixels may coincide; a shared stream of noise would make all of them do so.
            #expect(zip(stamp, other.pixels).count { $0 == $1 } < 4)
        }
    }

    /// The first pixels of a stamp of each class: a change here changes everybody's simulated data, and is to be meant.
    @Test func pixelsArePinned() {
        let expected: [(SimulatedStamp, [Float])] = [
            (simulator.source(index: 5), [724.58484, 725.5169, 702.52576]),
            (simulator.noise(index: 5), [771.00793, 767.1613, 778.5908]),
        ]
        // Single precision of some hundred ADU, and fused multiply-adds on processors that always have them.
        for (stamp, values) in expected {
            for (pixel, value) in zip(stamp.pixels, values) { #expect(abs(pixel - value) < 1e-2) }
        }
    }

    @Test(arguments: [1, 2, 3, 8])
    func productionIsTheSameForAnyNumberOfThreads(threads: Int) throws {
        // More than a block of 4,096, so that blocks join.
        let simulator = StampSimulator(seed: 9, height: 7, width: 9)
        var pixels: [StampSimulator.Population: [Float]] = [:], ratios: [StampSimulator.Population: [Float]] = [:]
        try simulator.generate(sources: 4100, noise: 11, threads: threads) { block in
            #expect(block.indices.lowerBound == ratios[block.population, default: []].count)
            pixels[block.population, default: []] += block.pixels
            ratios[block.population, default: []] += block.signalToNoise
        }
        #expect(ratios[.sources]?.count == 4100 && ratios[.noise]?.count == 11)
        for (population, index) in [(StampSimulator.Population.sources, 0), (.sources, 4098), (.noise, 10)] {
            let stamp = simulator.stamp(population, index: index)
            #expect(Array(pixels[population]![(index * 63)...].prefix(63)) == stamp.pixels)
            #expect(ratios[population]![index] == stamp.signalToNoise)
        }
    }

    @Test func errorOfTheWriterEndsProduction() {
        struct DiskFull: Error {}
        var calls = 0
        #expect(throws: DiskFull.self) {
            try simulator.generate(sources: 5000, noise: 5000, threads: 2) { _ in
                calls += 1
                throw DiskFull()
            }
        }
        #expect(calls == 1)
    }

    @Test func anEmptyClassIsNotWritten() throws {
        var populations: [StampSimulator.Population] = []
        try simulator.generate(sources: 0, noise: 2, threads: 4) { populations.append($0.population) }
        #expect(populations == [.noise])
        try simulator.generate(sources: 0, noise: 0, threads: 4) { _ in Issue.record("nothing to write") }
    }

    @Test(arguments: [(7, 7), (21, 25), (32, 16), (25, 25)])
    func stampsOfAnySizeAreFiniteAndNeverFlat(height: Int, width: Int) {
        let simulator = StampSimulator(seed: 6, height: height, width: width)
        for population in StampSimulator.Population.allCases {
            for index in 0..<40 {
                let pixels = simulator.stamp(population, index: index).pixels
                #expect(pixels.count == height * width)
                #expect(pixels.allSatisfy { $0.isFinite })
                let sorted = pixels.sorted()
                // The notebook divides by the sum over what exceeds the clipped minimum: the quartiles must differ.
                #expect(sorted[3 * sorted.count / 4] > sorted[sorted.count / 4])
            }
        }
    }

    /// Kolmogorov and Smirnov's distance from the uniform distribution of the logarithm, 1,000 stamps: 1.95 / √1000
    /// is exceeded once in a thousand seeds.
    @Test func signalToNoiseIsLogUniformFromThreeToAHundred() {
        let small = StampSimulator(seed: 4, height: 7, width: 7)
        let ratios = (0..<1000).map { small.source(index: $0).signalToNoise }.sorted()
        #expect(ratios.first! >= 3 && ratios.last! <= 100)
        for (rank, ratio) in ratios.enumerated() {
            let expected = log(Double(ratio) / 3) / log(100.0 / 3)
            #expect(abs(expected - (Double(rank) + 0.5) / 1000) < 1.95 / 1000.0.squareRoot())
        }
    }

    @Test func sourcesAreWithinTheLargestOffsetAndSpreadOverTheCentralPixel() {
        let scenes = (0..<300).map { simulator.scene(.sources, index: $0) }
        let limit = StampSimulator.largestOffset
        #expect(scenes.allSatisfy { abs($0.offset.x) <= limit && abs($0.offset.y) <= limit })
        for axis in 0..<2 {
            let offsets = scenes.map { Double($0.offset[axis]) }
            // Variance 1/12 + 0.4²/12 = 0.0967: five standard deviations √(0.0967 / 300), and a third of the variance.
            let mean = offsets.reduce(0, +) / 300, square = offsets.reduce(0) { $0 + $1 * $1 } / 300
            #expect(abs(mean) < 0.09)
            #expect(abs(square - 0.0967) < 0.03)
        }
        for scene in scenes.prefix(50) {
            let brightest = scene.source.indices.max { scene.source[$0] < scene.source[$1] }!
            #expect(abs(brightest % 21 - 10) <= 1 && abs(brightest / 21 - 10) <= 1)
            // The centre of light of the inner 15 × 15 pixels, to 0.05 pixels: the box cuts the wings unevenly.
            var light = 0.0, x = 0.0
            for row in 3..<18 {
                for column in 3..<18 {
                    light += Double(scene.source[row * 21 + column])
                    x += Double(scene.source[row * 21 + column]) * Double(column - 10)
                }
            }
            #expect(abs(x / light - Double(scene.offset.x)) < 0.1)
        }
    }

    @Test func halfOfTheNoiseIsEmptySkyAndEveryFalsePositiveOccurs() {
        let small = StampSimulator(seed: 8, height: 7, width: 7)
        var counts: [SimulatedStamp.Kind: Int] = [:]
        for index in 0..<1000 {
            let stamp = small.noise(index: index)
            #expect(stamp.signalToNoise == 0)
            counts[stamp.kind, default: 0] += 1
        }
        #expect(counts[.pointSource] == nil)
        // Five standard deviations of a binomial count.
        for (kind, share) in [
            (SimulatedStamp.Kind.emptySky, 0.5), (.cosmicRay, 0.14), (.badLine, 0.12), (.neighbour, 0.16),
            (.dipole, 0.08),
        ] {
            let deviation = (1000 * share * (1 - share)).squareRoot()
            #expect(abs(Double(counts[kind, default: 0]) - 1000 * share) < 5 * deviation)
        }
    }
}
