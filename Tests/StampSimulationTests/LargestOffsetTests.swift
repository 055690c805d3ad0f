import Foundation
import StampSimulation
import Testing

/// How far off the centre sources lie, and what counts as a neighbour then.
struct LargestOffsetTests {
    private func scenes(_ kind: SimulatedStamp.Kind, largestOffset: Float, _ count: Int) -> [SimulatedScene] {
        let settings = SimulationSettings(
            fullWidths: 1.5...3, kinds: KindShares([kind: 1]), largestOffset: largestOffset)
        let simulator = StampSimulator(seed: 31, settings: settings)
        return (0..<count).map { simulator.scene(kind.population, index: $0) }
    }

    @Test(arguments: [0, 0.4, 1, 3, 6] as [Float]) func sourcesFillTheSquareButItsCorners(largest: Float) {
        let offsets = scenes(.pointSource, largestOffset: largest, 600).map(\.offset)
        let farthest = offsets.map { max(abs($0.x), abs($0.y)) }.max()!
        // Of 300 sources that fill the square, none in the outer tenth is as likely as 0.81^300.
        #expect(farthest <= largest && farthest >= 0.9 * largest)
        #expect(offsets.allSatisfy { ($0 * $0).sum().squareRoot() <= largest + 1 })
        // The others are central.
        #expect(offsets.count { abs($0.x) <= 0.7 && abs($0.y) <= 0.7 } >= 230)
    }

    @Test(arguments: [SimulatedStamp.Kind.offCentreStar, .blend], [0.5, 3, 5] as [Float])
    func starsOfTheNoiseAreFartherAway(kind: SimulatedStamp.Kind, largest: Float) {
        for scene in scenes(kind, largestOffset: largest, 100) {
            let gradient = scene.sky.gradient
            let light = scene.background.indices.map { pixel in
                let x = Float(pixel % 21 - 10), y = Float(pixel / 21 - 10)
                return scene.background[pixel] - scene.sky.level - gradient.x * x - gradient.y * y
            }
            let brightest = light.indices.max { light[$0] < light[$1] }!
            guard light[brightest] > 0.05 * scene.sky.sigma else { continue }
            let x = Float(brightest % 21 - 10), y = Float(brightest / 21 - 10)
            // Two pixels more than sources, half a pixel's diagonal less, and wings of another star that move the peak.
            #expect((x * x + y * y).squareRoot() > largest + 1)
        }
    }

    /// The integral of the density x^(−1−s) is x^−s but for a factor.
    @Test(arguments: [0.5, 1.5, -1] as [Float]) func signalToNoiseFollowsItsSlope(slope: Float) {
        let settings = SimulationSettings(
            signalToNoise: 4...64, signalToNoiseSlope: slope, kinds: KindShares([.pointSource: 1]))
        let small = StampSimulator(seed: 2, height: 7, width: 7, settings: settings)
        let ratios = (0..<1000).map { small.source(index: $0).signalToNoise }
        #expect(ratios.allSatisfy { (4...64).contains($0) })
        // x^−s is uniform between 4^−s and 64^−s.
        let low = pow(4, Double(-slope)), high = pow(64, Double(-slope))
        let places = ratios.map { (pow(Double($0), Double(-slope)) - low) / (high - low) }.sorted()
        for (rank, place) in places.enumerated() {
            // Kolmogorov and Smirnov's distance that is exceeded once in a thousand seeds, and single precision.
            #expect(abs(place - (Double(rank) + 0.5) / 1000) < 0.0617 + 1e-4)
        }
    }
}
