import Communication
import Engine
import EngineTestSupport
import Lanes
import LayerCatalog
import Layers
import Models
import Tensors
import TestSupport
import Testing

/// Layers that draw random numbers in inference: Monte-Carlo dropout.
@Suite struct RandomPassTests {
    private static let inputs = 12
    private static let stamp = (0..<inputs).map { Float($0) / 10 - 0.4 }

    /// One random layer before a dense one: its logits are linear in the factors that are drawn.
    private static func network(_ kind: LayerKind) throws -> Network {
        try Network(
            NetworkDescription(
                name: "linear",
                sequence: [
                    ("stamp", .input(shape: [2, 3, 2])), ("random", kind), ("flat", .flatten),
                    ("out", .dense(units: 2, activation: .softmax)),
                ]))
    }

    private static func logits(
        _ network: Network, _ weights: Weights, passes: Int, count: Int = 1, lanes: Int = 1, ranks: Int = 1,
        seed: UInt64 = 3
    ) throws -> [[Float]] {
        MatrixProduct.useOneThread()
        return try #require(
            try RankInTurn.run(ranks) { group -> [[Float]]? in
                let team = try LaneTeam(count: lanes)
                defer { team.finish() }
                let inference = Inference(
                    network: network, weights: weights, drawsAtRandom: true, team: team, group: group)
                let all = try (0..<passes).compactMap { pass in
                    try inference.logits(of: count, draw: RandomDraw(seed: seed, number: UInt32(pass))) { _, values in
                        values.pointer(inputs).update(from: stamp, count: inputs)
                        return true
                    }
                }
                return all.isEmpty ? nil : all
            })
    }

    /// Mean Σ w·x + b, and variance Σ w²·x²·v of independent factors with mean 1 and variance v: r / (1 − r) of dropout
    /// and Gaussian dropout. Of 20 000 draws, within five standard errors.
    @Test(arguments: [0.25, 0.5] as [Float]) func meanAndVarianceAreThoseOfTheFactors(rate: Float) throws {
        let variance = Double(rate / (1 - rate))
        for kind in [.dropout(rate: rate), .gaussianDropout(rate: rate)] as [LayerKind] {
            let network = try Self.network(kind)
            let weights = network.variedWeights(seed: 5)
            let draws = 20_000
            let all = try Self.logits(network, weights, passes: 20, count: draws / 20).flatMap(\.self)
            let kernel = weights.values(network.parameters[0]), bias = weights.values(network.parameters[1])
            for output in 0..<2 {
                let products = Self.stamp.indices.map { Double(Self.stamp[$0] * kernel[2 * $0 + output]) }
                let (mean, spread) = (
                    products.reduce(Double(bias[output]), +), products.reduce(0) { $0 + $1 * $1 * variance }
                )
                let values = stride(from: output, to: all.count, by: 2).map { Double(all[$0]) }
                let found = values.reduce(0, +) / Double(draws)
                let foundSpread = values.reduce(0) { $0 + ($1 - found) * ($1 - found) } / Double(draws)
                #expect(abs(found - mean) < 5 * (spread / Double(draws)).squareRoot(), "\(kind)")
                // No more than that of a normal distribution's variance, √(2/n), times some excess.
                #expect(abs(foundSpread / spread - 1) < 0.06, "\(kind)")
            }
        }
    }

    @Test func drawsDependOnSeedPassAndStampAlone() throws {
        let kinds: [LayerKind] = [
            .dropout(rate: 0.5), .gaussianNoise(deviation: 0.3), .gaussianDropout(rate: 0.3),
            .spatialDropout2D(rate: 0.5), .stochasticDepth(rate: 0.5), .dropout(rate: 0.5, noiseShape: [1, 3, 1]),
        ]
        for kind in kinds {
            let network = try Self.network(kind)
            #expect(network.drawsRandomNumbers)
            let weights = network.variedWeights(seed: 5)
            let alone = try Self.logits(network, weights, passes: 3, count: 150)
            for (lanes, ranks) in [(3, 1), (2, 2), (1, 3)] {
                #expect(
                    try Self.logits(network, weights, passes: 3, count: 150, lanes: lanes, ranks: ranks) == alone)
            }
            // Fewer stamps, in chunks of other sizes.
            #expect(
                try Self.logits(network, weights, passes: 3, count: 70) == alone.map { Array($0[..<140]) })
            #expect(alone[0] != alone[1] && Set(alone[0]).count > 2, "\(kind)")
            #expect(try Self.logits(network, weights, passes: 1, count: 150, seed: 4)[0] != alone[0])
        }
        #expect(try !Self.network(.dropout(rate: 0)).drawsRandomNumbers)
    }
}
