import Foundation
import StampSimulation
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
            (simulator.source(index: 5), [-8.70191, 26.95189, -48.10996]),
            (simulator.noise(index: 5), [23.32161, 21.12814, 28.16456]),
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
        var pixels: [StampSimulator.Population: [Float]] = [:],
            truths: [StampSimulator.Population: [SimulatedStamp.Truth]] = [:]
        try simulator.generate(sources: 4100, noise: 11, threads: threads) { block in
            #expect(block.indices.lowerBound == truths[block.population, default: []].count)
            pixels[block.population, default: []] += block.pixels
            truths[block.population, default: []] += block.truths
        }
        #expect(truths[.sources]?.count == 4100 && truths[.noise]?.count == 11)
        for (population, index) in [(StampSimulator.Population.sources, 0), (.sources, 4098), (.noise, 10)] {
            let stamp = simulator.stamp(population, index: index)
            #expect(Array(pixels[population]![(index * 63)...].prefix(63)) == stamp.pixels)
            #expect(truths[population]![index] == stamp.truth)
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

    /// Full well over most of a small stamp would leave nothing to normalise.
    @Test(arguments: [7, 21]) func saturatedAndMaskedStampsAreFiniteAndNeverFlat(size: Int) {
        let settings = SimulationSettings(
            kinds: KindShares([.saturatedStar: 2, .maskedSky: 1, .saturatedSource: 1, .maskedSource: 1]))
        let simulator = StampSimulator(seed: 5, height: size, width: size, settings: settings)
        for population in StampSimulator.Population.allCases {
            for index in 0..<300 {
                let pixels = simulator.stamp(population, index: index).pixels
                let sorted = pixels.sorted()
                #expect(pixels.allSatisfy { $0.isFinite })
                #expect(sorted[3 * sorted.count / 4] > sorted[sorted.count / 4])
            }
        }
    }

    /// Kolmogorov and Smirnov's distance from the uniform distribution of the logarithm, 1,000 stamps: 1.95 / √1000
    /// is exceeded once in a thousand seeds.
    @Test(arguments: [3...300, 10...20] as [ClosedRange<Float>])
    func signalToNoiseIsLogUniformInItsRange(range: ClosedRange<Float>) {
        let settings = SimulationSettings(signalToNoise: range, kinds: KindShares([.pointSource: 1]))
        let small = StampSimulator(seed: 4, height: 7, width: 7, settings: settings)
        let ratios = (0..<1000).map { small.source(index: $0).signalToNoise }.sorted()
        #expect(range.contains(ratios.first!) && range.contains(ratios.last!))
        for (rank, ratio) in ratios.enumerated() {
            let expected = log(Double(ratio / range.lowerBound)) / log(Double(range.upperBound / range.lowerBound))
            #expect(abs(expected - (Double(rank) + 0.5) / 1000) < 1.95 / 1000.0.squareRoot())
        }
    }

    @Test func saturatedSourcesHaveTheUpperHalfOfTheLogarithms() {
        let settings = SimulationSettings(kinds: KindShares([.saturatedSource: 1]))
        let small = StampSimulator(seed: 4, height: 7, width: 7, settings: settings)
        #expect((0..<200).allSatisfy { (29.99...300).contains(small.source(index: $0).signalToNoise) })
    }

    @Test(arguments: [1.5...6, 2...2.1] as [ClosedRange<Float>])
    func widthsFillTheirRange(range: ClosedRange<Float>) {
        let small = StampSimulator(
            seed: 4, height: 7, width: 7, settings: SimulationSettings(fullWidths: range))
        for population in StampSimulator.Population.allCases {
            let widths = (0..<300).map { small.stamp(population, index: $0).truth.fullWidthHalfMaximum }
            #expect(widths.allSatisfy(range.contains))
            // 300 numbers leave a gap of 5 % at an end once in five million times.
            let span = range.upperBound - range.lowerBound
            #expect(widths.min()! < range.lowerBound + 0.05 * span && widths.max()! > range.upperBound - 0.05 * span)
        }
    }

    @Test func sourcesAreWithinTheLargestOffsetAndSpreadOverTheCentralPixels() {
        let settings = SimulationSettings(fullWidths: 1.5...3, kinds: KindShares([.pointSource: 1]))
        let simulator = StampSimulator(seed: 42, settings: settings)
        let scenes = (0..<600).map { simulator.scene(.sources, index: $0) }
        let distances = scenes.map { max(abs($0.offset.x), abs($0.offset.y)) }
        #expect(distances.allSatisfy { $0 <= settings.largestOffset } && distances.max()! > 1.4)
        #expect(distances.count { $0 < 1 } > 370, "most are central")
        for axis in 0..<2 {
            let offsets = scenes.map { Double($0.offset[axis]) }
            // Variance ½ (1/12 + 0.4²/12) + ½ (1.5²/3) = 0.423: five standard deviations √(0.423 / 600) of the mean,
            // and a third of the variance.
            let mean = offsets.reduce(0, +) / 600, square = offsets.reduce(0) { $0 + $1 * $1 } / 600
            #expect(abs(mean) < 0.133)
            #expect(abs(square - 0.423) < 0.14)
        }
        for scene in scenes.prefix(50) {
            let brightest = scene.source.indices.max { scene.source[$0] < scene.source[$1] }!
            #expect(abs(brightest % 21 - 10) <= 2 && abs(brightest / 21 - 10) <= 2)
            // The centre of light of the inner 15 × 15 pixels: the box cuts the wings unevenly, by up to 0.1 pixels.
            var light = 0.0, x = 0.0
            for row in 3..<18 {
                for column in 3..<18 {
                    light += Double(scene.source[row * 21 + column])
                    x += Double(scene.source[row * 21 + column]) * Double(column - 10)
                }
            }
            #expect(abs(x / light - Double(scene.offset.x)) < 0.15)
        }
    }

    @Test func onlySourcesHaveSignal() {
        let small = StampSimulator(seed: 8, height: 7, width: 7)
        for index in 0..<300 {
            let noise = small.noise(index: index).truth, source = small.source(index: index).truth
            #expect(noise.kind.population == .noise && noise.signalToNoise == 0 && noise.offset == .zero)
            #expect(source.kind.population == .sources && source.signalToNoise >= 3)
        }
    }
}
