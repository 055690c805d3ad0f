import Communication
import Engine
import EngineTestSupport
import Foundation
import Lanes
import LayerCatalog
import Layers
import Models
import Tensors
import TestSupport
import Testing

/// Networks that take features beside the stamps: what reaches which input, and what comes back through both branches.
@Suite struct FeatureInputTests {
    /// stamps (2, 3, 2) → flatten → left, features (3) → right; both and the features themselves → fc_out.
    private static let network: NetworkDescription = {
        let layers: [(String, LayerKind, [String])] = [
            ("stamps", .input(shape: [2, 3, 2]), []),
            ("flatten", .flatten, ["stamps"]),
            ("left", .dense(units: 4, activation: .tanh), ["flatten"]),
            ("features", .input(shape: [3]), []),
            ("right", .dense(units: 5, activation: .tanh), ["features"]),
            ("join", .concatenate, ["left", "features", "right"]),
            ("fc_out", .dense(units: 3, activation: .softmax), ["join"]),
        ]
        return NetworkDescription(
            name: "mine", layers: layers.map { LayerDescription(name: $0, kind: $1, inputs: $2) })
    }()

    private static func samples(_ count: Int) -> (values: [[Float]], labels: [Int]) {
        var stream = CounterBasedRandom(seed: 4).stream(.simulation)
        return (
            (0..<count).map { _ in (0..<15).map { _ in stream.uniformFloat() * 2 - 1 } }, (0..<count).map { $0 % 3 }
        )
    }

    // MARK: The same in double precision

    private typealias Parameters = [String: [Double]]

    private static func parameters(_ weights: Weights, of network: Network) -> Parameters {
        Dictionary(uniqueKeysWithValues: network.parameters.map { ($0.name, weights.values($0).map(Double.init)) })
    }

    /// The logits of one sample: 12 values of the stamp and then 3 features.
    private static func logits(_ parameters: Parameters, _ sample: [Float]) -> [Double] {
        func dense(_ layer: String, _ x: [Double]) -> [Double] {
            let (kernel, bias) = (parameters["\(layer)/kernel"]!, parameters["\(layer)/bias"]!)
            return bias.indices.map { unit in
                x.indices.reduce(bias[unit]) { $0 + x[$1] * kernel[$1 * bias.count + unit] }
            }
        }
        let values = sample.map(Double.init)
        let (stamp, features) = (Array(values[..<12]), Array(values[12...]))
        return dense("fc_out", dense("left", stamp).map(tanh) + features + dense("right", features).map(tanh))
    }

    /// The mean over the samples.
    private static func loss(_ parameters: Parameters, _ samples: [[Float]], _ labels: [Int]) -> Double {
        zip(samples, labels).reduce(0) { sum, sample in
            let z = logits(parameters, sample.0)
            return sum + log(z.reduce(0) { $0 + exp($1) }) - z[sample.1]
        } / Double(samples.count)
    }

    // MARK: Tests

    /// The plain network's differences are off by 10⁻⁹; single precision by some 10⁻⁷ of a gradient.
    @Test func gradientsOfBothBranchesMatchFiniteDifferences() throws {
        let run = DescentRun(try Network(Self.network), microbatch: 3, lanes: 2)
        let (samples, labels) = Self.samples(8)
        let parameters = Self.parameters(run.weights, of: run.network)
        let (loss, gradient) = run.gradient(samples, labels)
        #expect(abs(loss - Self.loss(parameters, samples, labels)) < 1e-6)
        for parameter in run.network.parameters {
            for index in 0..<parameter.shape.count {
                let losses = [1e-5, -1e-5].map { step in
                    var moved = parameters
                    moved[parameter.name]![index] += step
                    return Self.loss(moved, samples, labels)
                }
                let difference = (losses[0] - losses[1]) / 2e-5
                #expect(
                    abs(difference - Double(gradient[parameter.offset + index])) < 1e-6, "\(parameter.name)[\(index)]")
            }
        }
    }

    /// Wherever the second input stands: the sample's values are those of the stamp and then the features.
    @Test(arguments: [0, 1, 2, 3]) func theInputMayStandAnywhere(place: Int) throws {
        var description = Self.network
        description.layers.insert(description.layers.remove(at: 3), at: place)
        let run = DescentRun(try Network(description), microbatch: 8, lanes: 1)
        #expect(run.network.inputShape == [2, 3, 2])
        #expect(run.network.featureCount == 3 && run.network.sampleValues == 15)
        let (samples, labels) = Self.samples(8)
        let expected = Self.loss(Self.parameters(run.weights, of: run.network), samples, labels)
        #expect(abs(run.gradient(samples, labels).loss - expected) < 1e-6)
    }

    @Test func stepsHaveTheSameBitsOnAnyNumberOfLanes() throws {
        let (samples, labels) = Self.samples(11)
        let weights = try [1, 2, 3].map { lanes in
            let run = DescentRun(try Network(Self.network), microbatch: 2, lanes: lanes)
            for _ in 0..<5 { _ = run.step(samples, labels, learningRate: 0.5) }
            return run.weights.trainable.array
        }
        #expect(weights[0] == weights[1] && weights[0] == weights[2])
        #expect(weights[0] != DescentRun(try Network(Self.network), microbatch: 2, lanes: 1).weights.trainable.array)
    }

    /// More samples than a chunk has, so that lanes have several; one of them cannot be used.
    @Test func inferenceHasTheSameBitsOnAnyNumberOfLanes() throws {
        let network = try Network(Self.network)
        let weights = network.variedWeights(seed: 5)
        let (samples, _) = Self.samples(150)
        let all = try [1, 2, 3].map { lanes in
            let team = try LaneTeam(count: lanes)
            defer { team.finish() }
            let inference = Inference(network: network, weights: weights, team: team, group: SingleProcess())
            let logits = try inference.logits(of: samples.count) { number, values in
                values.pointer(15).update(from: samples[number], count: 15)
                return number != 70
            }
            return try #require(logits)
        }
        #expect(all[0].map(\.bitPattern) == all[1].map(\.bitPattern))
        #expect(all[0].map(\.bitPattern) == all[2].map(\.bitPattern))
        let parameters = Self.parameters(weights, of: network)
        for (number, sample) in samples.enumerated() where number != 70 {
            let expected = Self.logits(parameters, sample)
            for output in 0..<3 { #expect(abs(Double(all[0][3 * number + output]) - expected[output]) < 1e-5) }
        }
        #expect(all[0][210..<213].allSatisfy { $0.isNaN })
    }
}
