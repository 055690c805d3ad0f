import Foundation
import StampSimulation
import Testing

/// What the simulated stamps hold, measured from their pixels.
struct SimulatorSignalTests {
    private let simulator = StampSimulator(seed: 2026)

    /// The central source as a profile of unit sum of squares, in double precision.
    private func profile(_ scene: SimulatedScene) -> [Double] {
        let norm = scene.source.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot()
        return scene.source.map { Double($0) / norm }
    }

    private func noise(_ scene: SimulatedScene) -> [Double] {
        scene.pixels.indices.map {
            Double(scene.pixels[$0]) - Double(scene.background[$0]) - Double(scene.source[$0])
        }
    }

    @Test(arguments: [SimulatedStamp.Kind.pointSource, .trailedSource])
    func matchedFilterRecoversTheDeclaredSignalToNoise(kind: SimulatedStamp.Kind) {
        let settings = SimulationSettings(kinds: KindShares([kind: 1]))
        let simulator = StampSimulator(seed: 2026, settings: settings)
        var ratios: [Double] = [], errors: [Double] = []
        for index in 0..<600 {
            let scene = simulator.scene(.sources, index: index)
            let profile = profile(scene)
            let deviation = Double(
                scene.sky.deviation(ofSumWeightedBy: profile.map { Float($0) }, height: 21, width: 21))
            var recovered = 0.0
            for pixel in profile.indices {
                recovered += profile[pixel] * (Double(scene.pixels[pixel]) - Double(scene.background[pixel]))
            }
            ratios.append(recovered / deviation / Double(scene.signalToNoise))
            if scene.signalToNoise < 10 { errors.append(recovered / deviation - Double(scene.signalToNoise)) }
        }
        // A ratio scatters by up to 1/3, by 0.13 over all: 600 of them by 0.0055.
        #expect(abs(ratios.reduce(0, +) / 600 - 1) < 0.028)
        // Where the sky's noise rules, the error is a standard normal number; photons of neighbours and of the source
        // add a little.
        let count = Double(errors.count)
        #expect(abs(errors.reduce(0, +) / count) < 5.5 / count.squareRoot())
        let variance = errors.reduce(0) { $0 + $1 * $1 } / count
        #expect(variance > 1 - 5 * (2 / count).squareRoot() && variance < 1.25 + 5 * (2 / count).squareRoot())
    }

    @Test func deviationOfAWeightedSumFollowsTheCorrelation() {
        for index in 0..<20 {
            let sky = simulator.scene(.noise, index: index).sky
            var single = [Float](repeating: 0, count: 81)
            single[40] = 2
            #expect(abs(sky.deviation(ofSumWeightedBy: single, height: 9, width: 9) / (2 * sky.sigma) - 1) < 1e-5)
            for (x, y) in [(1, 0), (0, 1), (1, 1), (-1, 2), (2, 0)] {
                var pair = single
                pair[40 + 9 * y + x] = 2
                // Var(a + b) = 2 σ² (1 + correlation).
                let expected = 2 * sky.sigma * (2 * (1 + sky.resampling.correlation(x: x, y: y))).squareRoot()
                #expect(abs(sky.deviation(ofSumWeightedBy: pair, height: 9, width: 9) / expected - 1) < 1e-5)
            }
        }
    }

    @Test func noiseIsCorrelatedAsDocumented() {
        let settings = SimulationSettings(kinds: KindShares([.emptySky: 1]))
        let simulator = StampSimulator(seed: 2026, settings: settings)
        let lags = [(0, 0), (1, 0), (0, 1), (1, 1), (1, -1), (2, 0), (0, 2), (3, 0)]
        var product = [Double](repeating: 0, count: lags.count), expected = product, exposures: Set<Int> = []
        for index in 0..<200 {
            let scene = simulator.scene(.noise, index: index)
            let noise = noise(scene).map { $0 / Double(scene.sky.sigma) }
            exposures.insert(scene.sky.resampling.exposures)
            for (place, lag) in lags.enumerated() {
                var sum = 0.0, count = 0.0
                for row in 2..<19 {
                    for column in 2..<18 {
                        sum += noise[row * 21 + column] * noise[(row + lag.1) * 21 + column + lag.0]
                        count += 1
                    }
                }
                product[place] += sum / count / 200
                expected[place] += Double(scene.sky.resampling.correlation(x: lag.0, y: lag.1)) / 200
            }
        }
        // 54,000 pixels of which about a third are independent: a standard deviation near 0.008.
        for place in lags.indices { #expect(abs(product[place] - expected[place]) < 0.04, "\(lags[place])") }
        #expect(expected[0] == 1 || abs(expected[0] - 1) < 1e-5)
        #expect(expected[1] > 0.1 && expected[7] == 0, "the noise is meant to be correlated over up to two pixels")
        #expect(exposures == [1, 2, 3, 4, 5, 6])
    }

    @Test func brightSourcesBringPhotonNoise() {
        // At the centre of bright, wide sources, the noise over what the sky alone has; the kernel mixes neighbours.
        let settings = SimulationSettings(
            fullWidths: 4...6, signalToNoise: 50...300, kinds: KindShares([.pointSource: 1]))
        let simulator = StampSimulator(seed: 2026, settings: settings)
        var central = 0.0, border = 0.0, count = 0.0, predicted = 0.0
        for index in 0..<600 {
            let scene = simulator.scene(.sources, index: index)
            let noise = noise(scene), variance = Double(scene.sky.sigma * scene.sky.sigma)
            let expected = variance + Double(scene.source[220] / scene.sky.gain)
            count += 1
            central += noise[220] * noise[220] / expected
            border += noise[0] * noise[0] / variance
            predicted += expected / variance
        }
        // A squared normal number scatters by √2: five standard deviations of the mean.
        let tolerance = 5 * (2 / count).squareRoot()
        #expect(abs(central / count - 1) < tolerance)
        // Neighbours in some of the stamps, and the source's own wings.
        #expect(border / count > 1 - tolerance && border / count < 1.3 + tolerance)
        #expect(predicted / count > 1.1)
    }

    @Test func centreOfEmptySkyIsNotBrighterThanItsSurroundings() {
        let simulator = StampSimulator(seed: 3, settings: SimulationSettings(kinds: KindShares([.emptySky: 1])))
        var sum = 0.0
        for index in 0..<300 {
            let scene = simulator.scene(.noise, index: index)
            let centre = [198, 199, 200, 219, 220, 221, 240, 241, 242]
            sum += centre.reduce(0.0) { $0 + Double(scene.pixels[$1] - scene.sky.level) } / 9 / Double(scene.sky.sigma)
        }
        // The mean of nine correlated pixels scatters by up to 0.8 σ: five standard deviations.
        #expect(abs(sum / 300) < 5 * 0.8 / 300.0.squareRoot())
    }

    @Test func levelsHaveAnySignAndAreFarFromZeroInSome() {
        let skies = (0..<300).map { simulator.scene(.sources, index: $0).sky }
        #expect(skies.contains { $0.level < -100 * $0.sigma } && skies.contains { $0.level > 100 * $0.sigma })
        #expect(skies.count { abs($0.level) <= 3 * $0.sigma } > 80)
    }
}
