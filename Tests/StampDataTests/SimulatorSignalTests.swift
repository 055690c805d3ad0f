import Foundation
import StampData
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

    @Test func matchedFilterRecoversTheDeclaredSignalToNoise() {
        var ratios: [Double] = [], errors: [Double] = []
        for index in 0..<600 {
            let scene = simulator.scene(.sources, index: index)
            let profile = profile(scene)
            let deviation = Double(
                scene.sky.deviation(ofSumWeightedBy: profile.map { Float($0) }, height: 21, width: 21))
            var recovered = 0.0
            for pixel in profile.indices {
                recovered += profile[pixel] * Double(scene.pixels[pixel] - scene.background[pixel])
            }
            ratios.append(recovered / deviation / Double(scene.signalToNoise))
            if scene.signalToNoise < 10 { errors.append(recovered / deviation - Double(scene.signalToNoise)) }
        }
        // A ratio scatters by up to 1/3, by 0.13 over all: 600 of them by 0.0055.
        #expect(abs(ratios.reduce(0, +) / 600 - 1) < 0.025)
        // Where the sky's noise rules, the error is a standard normal number; photons of the source add a little.
        let count = Double(errors.count)
        #expect(abs(errors.reduce(0, +) / count) < 5 / count.squareRoot())
        let variance = errors.reduce(0) { $0 + $1 * $1 } / count
        #expect(variance > 1 - 5 * (2 / count).squareRoot() && variance < 1.15 + 5 * (2 / count).squareRoot())
    }

    @Test func deviationOfAWeightedSumFollowsTheCorrelation() {
        let sky = simulator.scene(.noise, index: 0).sky
        var single = [Float](repeating: 0, count: 81)
        single[40] = 2
        #expect(abs(sky.deviation(ofSumWeightedBy: single, height: 9, width: 9) / (2 * sky.sigma) - 1) < 1e-5)
        var pair = single
        pair[41] = 2
        // Var(a + b) = 2 σ² (1 + correlation).
        let expected = 2 * sky.sigma * (2 * (1 + sky.correlation(lag: 1))).squareRoot()
        #expect(abs(sky.deviation(ofSumWeightedBy: pair, height: 9, width: 9) / expected - 1) < 1e-5)
    }

    @Test func noiseIsCorrelatedAsDocumented() {
        // Products at each lag, as shares of what is documented, over 150 empty stamps of about 400 pixels.
        var variance = 0.0, product = [0.0, 0.0, 0.0, 0.0], expected = [0.0, 0.0, 0.0, 0.0], stamps = 0.0
        for index in 0..<320 {
            let scene = simulator.scene(.noise, index: index)
            guard scene.kind == .emptySky else { continue }
            let noise = noise(scene).map { $0 / Double(scene.sky.sigma) }
            stamps += 1
            variance += noise.reduce(0) { $0 + $1 * $1 } / 441
            for lag in 0..<4 {
                var rows = 0.0, columns = 0.0
                for line in 0..<21 {
                    for place in 0..<(21 - lag) {
                        rows += noise[line * 21 + place] * noise[line * 21 + place + lag]
                        columns += noise[place * 21 + line] * noise[(place + lag) * 21 + line]
                    }
                }
                product[lag] += (rows + columns) / 2 / Double(21 * (21 - lag))
                expected[lag] += Double(scene.sky.correlation(lag: lag))
            }
        }
        #expect(stamps > 120)
        // 50,000 pixels of which about a third are independent: a standard deviation near 0.008.
        #expect(abs(variance / stamps - 1) < 0.04)
        for lag in 0..<4 { #expect(abs(product[lag] - expected[lag]) / stamps < 0.04) }
        #expect(expected[1] / stamps > 0.15, "the noise is meant to be correlated")
    }

    @Test func brightSourcesBringPhotonNoise() {
        // At the centre of bright sources, the noise over what the sky alone has; the kernel mixes neighbours.
        var central = 0.0, border = 0.0, count = 0.0, predicted = 0.0
        for index in 0..<600 {
            let scene = simulator.scene(.sources, index: index)
            guard scene.signalToNoise > 50 else { continue }
            let noise = noise(scene), variance = Double(scene.sky.sigma * scene.sky.sigma)
            count += 1
            central += noise[220] * noise[220] / variance
            border += noise[0] * noise[0] / variance
            predicted += 1 + Double(scene.source[220] / scene.sky.gain) / variance
        }
        // A squared normal number scatters by √2: five standard deviations of the mean.
        let tolerance = 5 * (2 / count).squareRoot()
        #expect(abs(central / predicted - 1) < tolerance)
        #expect(abs(border / count - 1) < tolerance)
        #expect(predicted / count > 1.1)
    }

    /// How like a point source at the centre the noiseless contents of a stamp are: the largest cosine between the
    /// central 9 × 9 pixels and a source of any width and offset that the simulator knows, both less their means.
    private func likenessToASource(_ image: [Float]) -> Double {
        func centred(_ image: [Float]) -> [Double] {
            var box: [Double] = []
            for row in 6..<15 { for column in 6..<15 { box.append(Double(image[row * 21 + column])) } }
            let mean = box.reduce(0, +) / 81
            return box.map { $0 - mean }
        }
        let box = centred(image)
        let norm = box.reduce(0) { $0 + $1 * $1 }.squareRoot()
        var best = -1.0
        for template in Self.templates {
            let source = centred(template)
            let size = source.reduce(0) { $0 + $1 * $1 }.squareRoot()
            best = max(best, zip(box, source).reduce(0) { $0 + $1.0 * $1.1 } / (norm * size))
        }
        return best
    }

    private static let templates: [[Float]] = {
        var templates: [[Float]] = []
        for width in [2.5, 3, 3.7, 5] as [Float] {
            for x in [-0.7, -0.35, 0, 0.35, 0.7] as [Float] {
                for y in [-0.7, -0.35, 0, 0.35, 0.7] as [Float] {
                    var image = [Float](repeating: 0, count: 441)
                    PointSpreadFunction(fullWidthHalfMaximum: width, moffatIndex: 3.5, gaussianFraction: 0.2)
                        .add(flux: 1, at: SIMD2(10 + x, 10 + y), height: 21, width: 21, to: &image)
                    templates.append(image)
                }
            }
        }
        return templates
    }()

    @Test func noFalsePositiveIsAPointSourceAtTheCentre() {
        for index in 0..<400 {
            let scene = simulator.scene(.noise, index: index)
            #expect(scene.source.allSatisfy { $0 == 0 })
            guard scene.kind != .emptySky else { continue }
            #expect(likenessToASource(scene.background) < 0.9, "\(scene.kind) \(index)")
        }
        for index in 0..<40 {
            #expect(likenessToASource(simulator.scene(.sources, index: index).source) > 0.97)
        }
    }

    @Test func centreOfEmptySkyIsNotBrighterThanItsSurroundings() {
        var sum = 0.0, count = 0.0
        for index in 0..<400 {
            let scene = simulator.scene(.noise, index: index)
            guard scene.kind == .emptySky else { continue }
            let centre = [198, 199, 200, 219, 220, 221, 240, 241, 242]
            sum += centre.reduce(0.0) { $0 + Double(scene.pixels[$1] - scene.sky.level) } / 9 / Double(scene.sky.sigma)
            count += 1
        }
        // The mean of nine correlated pixels scatters by up to 0.6 σ: five standard deviations.
        #expect(abs(sum / count) < 5 * 0.6 / count.squareRoot())
    }
}
