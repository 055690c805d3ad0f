import Communication
import Engine
import EngineTestSupport
import Foundation
import Lanes
import Models
import StampData
import StampLoading
import Tensors
import TestSupport
import Testing

/// Validation is exact: every stamp once, none padded, the same for any number of ranks and lanes.
@Suite struct ValidationTests {
    private static let network = try! Network.standard(.simple, side: 9)
    private static let weights = network.variedWeights(seed: 2)
    private static let stamps = LabelledPixels(count: 40, side: 9, seed: 6)
    /// What each stamp gives by itself.
    private static let plain = (0..<stamps.count).map {
        PlainSimple(network, weights).evaluate(stamps.stamp($0), label: stamps.labels[$0])
    }

    /// Counts around the chunk of 16, and fewer stamps than ranks and lanes; (ranks, lanes).
    @Test(arguments: [1, 2, 15, 16, 17, 37], [(1, 1), (1, 3), (2, 1), (3, 2), (5, 4)])
    func lossAndAccuracyEqualASequentialEvaluation(count: Int, shape: (ranks: Int, lanes: Int)) throws {
        MatrixProduct.useOneThread()
        let (network, weights, stamps) = (Self.network, Self.weights, Self.stamps)
        let (collection, numbers) = try stamps.collection(in: TemporaryFolder())
        let chosen = Array((0..<40).reversed().prefix(count))
        let measured = try RankInTurn.run(shape.ranks) { group in
            let team = try LaneTeam(count: shape.lanes)
            defer { team.finish() }
            let inference = Inference(network: network, weights: weights, team: team, group: group)
            let labelled = try LabelledStamps(
                chosen.map { numbers[$0] }, StampReader(collection, .none), team: team, group: group)
            return try inference.evaluate(labelled)
        }
        let plain = chosen.map { Self.plain[$0] }
        // Means in double precision of losses from single-precision logits.
        let loss = plain.reduce(0) { $0 + $1.loss } / Double(count)
        #expect(abs(try #require(measured).loss - loss) < 1e-5 * loss)
        #expect(measured?.accuracy == Double(plain.count { $0.isCorrect }) / Double(count))
    }

    /// The same bits, not only the same to rounding, also with batch normalisation's moving statistics.
    @Test(arguments: [StandardNetwork.simpleBN, .vgg6])
    func logitsDoNotDependOnRanksAndLanes(standard: StandardNetwork) throws {
        MatrixProduct.useOneThread()
        let network = try Network.standard(standard)
        let weights = network.variedWeights(seed: 2)
        let stamps = LabelledPixels(count: 37, seed: 6)
        let (collection, numbers) = try stamps.collection(in: TemporaryFolder())
        let logits = try [(1, 1), (1, 4), (2, 1), (3, 2), (5, 1)].map { ranks, lanes in
            try RankInTurn.run(ranks) { group in
                let team = try LaneTeam(count: lanes)
                defer { team.finish() }
                return try Inference(network: network, weights: weights, team: team, group: group)
                    .logits(of: numbers, by: StampReader(collection, .mean))
            }
        }
        #expect(logits[0]?.count == 37 * network.outputs)
        #expect(logits.allSatisfy { $0 == logits[0] })
    }

    /// A stamp that cannot be normalised is not a number, and its neighbours in the chunk are as they are without it.
    @Test func stampsThatCannotBeUsedAreNotNumbersAndHarmNoOther() throws {
        MatrixProduct.useOneThread()
        let network = try Network.standard(.vgg6)
        let weights = network.variedWeights(seed: 2)
        let team = try LaneTeam(count: 2)
        defer { team.finish() }
        let inference = Inference(network: network, weights: weights, team: team, group: SingleProcess())
        func logits(_ stamps: LabelledPixels) throws -> [Float] {
            let (collection, numbers) = try stamps.collection(in: TemporaryFolder())
            return try #require(try inference.logits(of: numbers, by: StampReader(collection, .notebook)))
        }
        let good = LabelledPixels(count: 20, seed: 8)
        var damaged = good
        for (stamp, value) in [(3, Float.nan), (16, 0.5), (19, .infinity)] {
            for pixel in 0..<441 where value == 0.5 || pixel == 100 { damaged.pixels[stamp * 441 + pixel] = value }
        }
        let (expected, found) = (try logits(good), try logits(damaged))
        for index in expected.indices {
            if [3, 16, 19].contains(index / network.outputs) {
                #expect(found[index].isNaN)
            } else {
                #expect(found[index] == expected[index])
            }
        }
    }
}

/// The network `simple` for one stamp at a time, in double precision and without any of the program's layers.
private struct PlainSimple {
    private let values: [String: [Double]]

    init(_ network: Network, _ weights: Weights) {
        values = Dictionary(
            uniqueKeysWithValues: network.parameters.map { ($0.name, weights.values($0).map { Double($0) }) })
    }

    private func dense(_ input: [Double], _ name: String, isRectified: Bool = true) -> [Double] {
        let (kernel, bias) = (values["\(name)/kernel"]!, values["\(name)/bias"]!)
        return bias.indices.map { output in
            var sum = bias[output]
            for (index, value) in input.enumerated() where value != 0 {
                sum += value * kernel[index * bias.count + output]
            }
            return isRectified ? max(sum, 0) : sum
        }
    }

    /// Dense per pixel, dense per pixel, flatten, dense, softmax.
    func evaluate(_ stamp: ArraySlice<Float>, label: Int) -> (loss: Double, isCorrect: Bool) {
        let features = stamp.flatMap { dense(dense([Double($0)], "fc_1"), "fc_2") }
        let logits = dense(features, "fc_out", isRectified: false)
        let loss = log(exp(logits[0] - logits[label]) + exp(logits[1] - logits[label]))
        return (loss, (logits[1] > logits[0] ? 1 : 0) == label)
    }
}
