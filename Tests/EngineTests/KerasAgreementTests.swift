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

/// The same steps as Keras takes: with stamps of three channels, features and five classes, and with layers and
/// operators that work element by element or on shapes (`make_two_input_reference.py` and
/// `make_element_network_reference.py` in `Tests/ReferenceValues`).
@Suite struct KerasAgreementTests {
    static let names = ["features-9x8x3", "elements-13x12x2"]

    @Test func theOrderOfInputsIsThatOfTheModel() throws {
        #expect(try KerasAgreement("features-9x8x3").inputs == ["features", "stamps"])
    }

    @Test(arguments: names) func gradientsAgree(name: String) throws { try KerasAgreement(name).expectGradients() }

    @Test(arguments: names) func tenStepsOfGradientDescentAgree(name: String) throws {
        try KerasAgreement(name).expectTenSteps()
    }
}

/// A network of a reference file beside what Keras says of it.
private struct KerasAgreement {
    private let reference: KerasReference
    private let network: Network
    private let weights: Weights
    private let samples: [[Float]]
    private let labels: [Int]

    init(_ name: String) throws {
        reference = try KerasReference(name, folder: "keras-networks")
        let file = reference.file
        network = try Network(
            JSONDecoder().decode(NetworkDescription.self, from: Data(file.metadata["network"]!.utf8))
        ).withoutDropout()
        weights = Weights(network: network)
        for parameter in network.parameters {
            let values = try file.floats("initial/\(parameter.name)")
            weights.pointer(parameter).update(from: values, count: values.count)
        }
        labels = try file.floats("labels").map { Int($0) }
        let stamps = try file.floats("stamps")
        let features = network.featureCount == 0 ? [] : try file.floats("features")
        let (pixels, count) = (network.inputShape.count, network.featureCount)
        samples = labels.indices.map {
            Array(stamps[$0 * pixels..<($0 + 1) * pixels] + features[$0 * count..<($0 + 1) * count])
        }
    }

    private func expectRounding(_ deviation: Deviation) {
        #expect(
            deviation.isRounding, "\(deviation.name): \(deviation.value), Keras' own \(deviation.tolerance)")
    }

    private func expectProbabilities(_ tensor: String) throws {
        let team = try LaneTeam(count: 2)
        defer { team.finish() }
        let inference = Inference(network: network, weights: weights, team: team, group: SingleProcess())
        let values = network.sampleValues
        let found = try inference.logits(of: samples.count) { [samples] number, target in
            target.pointer(values).update(from: samples[number], count: values)
            return true
        }
        let logits = try #require(found)
        var probabilities = logits
        network.loss.probabilities(
            logits: logits, samples: samples.count, outputs: network.outputs, into: &probabilities)
        expectRounding(try reference.deviation(tensor, probabilities))
    }

    var inputs: [String] { network.nodes.filter(\.isInput).map(\.name) }

    func expectGradients() throws {
        let gradient = DescentRun(network, weights: weights, microbatch: 5, lanes: 2).gradient(samples, labels).gradient
        for parameter in network.parameters where parameter.isTrainable {
            let own = gradient[parameter.offset..<parameter.offset + parameter.shape.count]
            expectRounding(try reference.deviation("gradient/\(parameter.name)", Array(own)))
        }
    }

    func expectTenSteps() throws {
        try expectProbabilities("prediction")
        let run = DescentRun(network, weights: weights, microbatch: 5, lanes: 2)
        let losses = (0..<10).map { _ in run.step(samples, labels, learningRate: 0.1) }
        expectRounding(try reference.deviation("sgd/loss", losses))
        for parameter in network.parameters {
            expectRounding(try reference.deviation("sgd/final/\(parameter.name)", weights.values(parameter)))
        }
        try expectProbabilities("sgd/prediction")
        #expect(losses[9] < losses[0])
    }
}
