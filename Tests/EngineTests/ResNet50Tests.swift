import Communication
import Engine
import EngineTestSupport
import FoundationEssentials
import Lanes
import Models
import Optimizers
import StampData
import StampLoading
import Tensors
import TestSupport
import Testing

/// The notebook's ResNet50, all 23.6 million parameters of it, agrees with Keras
/// (`Tests/ReferenceValues/make_resnet50_reference.py`).
///
/// Sixteen stamps are cut into two microbatches for two lanes. Of each tensor the norm, the mean and eight elements are
/// compared.
@Suite struct ResNet50Tests {
    @Test func parametersAreThoseOfTheNotebook() throws {
        let network = try Network.standard(.resnet50)
        #expect(network.trainableCount + network.stateCount == 23_585_538)
        // Keras' names, with their shapes by way of the summaries' last element.
        let reference = try KerasReference("resnet50")
        let names = Set(reference.file.tensors.map(\.name))
        #expect(network.parameters.allSatisfy { names.contains("final/\($0.name)") })
        #expect(network.parameters.count == names.count { $0.hasPrefix("final/") })
    }

    @Test func tenStepsFromGivenWeightsAgree() throws {
        let run = try ResNet50Run()
        #expect(try run.deviation("prediction", run.predictions()).isRounding)

        // Next to a step of this length the weights themselves vanish: what is left is the gradient, without a
        // rounding.
        let length: Float = 0x1p60
        _ = try run.train(steps: 1, learningRate: length)
        for parameter in run.network.parameters where parameter.isTrainable && !Self.isWithoutEffect(parameter) {
            let gradient = Summary(of: run.weights, parameter, times: -1 / Double(length))
            try expectAgreement(run, "gradient/\(parameter.name)", gradient, parameter.shape.count, times: 4)
        }

        run.setInitialWeights()
        let losses = try run.train(steps: 10, learningRate: Float(run.reference.file.metadata["learning_rate"]!)!)
        // Before roundings have grown the losses agree closely; then each step multiplies them several times. The
        // reference's tolerance is the scatter of seven runs, so another order of summation may lie one such factor
        // further out.
        for (loss, expected) in zip(losses, try run.reference.file.floats("loss")).prefix(3) {
            #expect(abs(loss - Double(expected)) <= 1e-5 * Double(expected))
        }
        let deviation = try run.deviation("loss", losses)
        #expect(deviation.value <= 10 * deviation.tolerance, "\(deviation)")
        for parameter in run.network.parameters {
            let summary = Summary(of: run.weights, parameter)
            try expectAgreement(run, "final/\(parameter.name)", summary, parameter.shape.count, times: 6)
        }
        let prediction = try run.deviation("final_prediction", run.predictions())
        #expect(prediction.isRounding, "\(prediction)")
    }

    /// A convolution's bias is taken off again by the batch normalisation behind it: its gradient is zero but for
    /// rounding.
    private static func isWithoutEffect(_ parameter: Network.Parameter) -> Bool {
        parameter.name.hasSuffix("/bias") && !parameter.name.hasPrefix("fc")
    }

    /// Elements deviate by no more than the tensor's largest does, norm and mean by no more than the tensor as a whole:
    /// a few times what Keras' own float32 does, and a few roundings (10⁻⁶) where that is less. After ten steps, which
    /// multiply roundings, the seven runs of the tolerance do not show the whole scatter: a little more is allowed.
    private func expectAgreement(
        _ run: ResNet50Run, _ name: String, _ summary: Summary, _ count: Int, times factor: Double
    ) throws {
        let expected = Summary(try run.reference.file.floats(name).map(Double.init))
        let tolerances = try run.reference.file.floats("tolerance/\(name)").map { factor * max(Double($0), 1e-6) }
        let whole = tolerances[1] * expected.norm
        #expect(abs(summary.norm - expected.norm) <= whole, "\(name): norm \(summary.norm), Keras' \(expected.norm)")
        #expect(
            abs(summary.mean - expected.mean) <= whole / Double(count).squareRoot(),
            "\(name): mean \(summary.mean), Keras' \(expected.mean)")
        for (value, reference) in zip([summary.largest] + summary.samples, [expected.largest] + expected.samples) {
            #expect(
                abs(value - reference) <= tolerances[0] * expected.largest,
                "\(name): \(value), Keras' \(reference), largest \(expected.largest)")
        }
    }
}

/// What is kept of a tensor: its norm, its mean, its largest magnitude and eight elements from the first to the last.
private struct Summary {
    let norm: Double
    let mean: Double
    let largest: Double
    let samples: [Double]

    init(_ values: [Double]) {
        (norm, mean, largest) = (values[0], values[1], values[2])
        samples = Array(values[3...])
    }

    init(of weights: Weights, _ parameter: Network.Parameter, times factor: Double = 1) {
        let (values, count) = (weights.pointer(parameter), parameter.shape.count)
        var (sum, squares, largest, index) = (0.0, 0.0, 0.0, 0)
        while index < count {
            let value = Double(values[index]) * factor
            sum += value
            squares += value * value
            largest = max(largest, abs(value))
            index += 1
        }
        norm = squares.squareRoot()
        mean = sum / Double(count)
        self.largest = largest
        samples = (0..<8).map { Double(values[$0 * (count - 1) / 7]) * factor }
    }
}

/// ResNet50 on a reference file's stamps, from weights that follow the file's rule.
private final class ResNet50Run {
    let reference: KerasReference
    let network: Network
    let weights: Weights
    private let stamps: LabelledPixels
    private let folder: TemporaryFolder
    private let team: LaneTeam

    init() throws {
        reference = try KerasReference("resnet50")
        network = try .standard(.resnet50)
        weights = Weights(network: network)
        stamps = try LabelledPixels(reference.file)
        folder = try TemporaryFolder()
        team = try LaneTeam.forRank(threads: 2, group: SingleProcess(), logger: silent)
        setInitialWeights()
    }

    deinit { team.finish() }

    func deviation(_ name: String, _ values: [some BinaryFloatingPoint]) throws -> Deviation {
        try reference.deviation(name, values)
    }

    // MARK: Weights

    func setInitialWeights() {
        for parameter in network.parameters { Self.fill(weights.pointer(parameter), parameter) }
    }

    /// The rule of `make_resnet50_reference.py`: element i is c + r·(2u − 1), u a hash of i and of the parameter's
    /// name.
    private static func fill(_ values: UnsafeMutablePointer<Float>, _ parameter: Network.Parameter) {
        var start: UInt32 = 0x811C_9DC5
        for byte in parameter.name.utf8 { start = (start ^ UInt32(byte)) &* 0x0100_0193 }
        let (center, reach) = range(parameter)
        let count = parameter.shape.count
        var (index, bits) = (0, start)
        while index < count {
            var hash = (bits ^ (bits >> 16)) &* 0x85EB_CA6B
            hash = (hash ^ (hash >> 13)) &* 0xC2B2_AE35
            hash ^= hash >> 16
            values[index] = center + reach * (Float(hash >> 8) * 0x1p-23 - 1)
            bits &+= 0x9E37_79B9
            index += 1
        }
    }

    private static func range(_ parameter: Network.Parameter) -> (center: Float, reach: Float) {
        let (name, extents) = (parameter.name, parameter.shape.extents)
        if name.hasSuffix("/kernel") {
            let fans = extents.dropLast(2).reduce(1, *) * extents.suffix(2).reduce(0, +)
            return (0, Float((6 / Double(fans)).squareRoot()))
        }
        if name.hasSuffix("branch2c/gamma") { return (0.25, 0.05) }
        return name.hasSuffix("/gamma") || name.hasSuffix("/moving_variance") ? (1, 0.2) : (0, 0.05)
    }

    // MARK: Runs

    /// Probabilities of the stamps in inference mode, in order.
    func predictions() throws -> [Float] {
        let inference = Inference(network: network, weights: weights, team: team, group: SingleProcess())
        let (pixels, size) = (stamps.pixels, stamps.height * stamps.width)
        let logits = try inference.logits(of: stamps.count) { stamp, destination in
            for pixel in 0..<size { destination[pixel] = pixels[stamp * size + pixel] }
            return true
        }
        var probabilities = try #require(logits)
        network.loss.probabilities(
            logits: probabilities.map(\.self), samples: stamps.count, outputs: network.outputs, into: &probabilities)
        return probabilities
    }

    /// Full-batch steps from the present weights; the loss before each.
    func train(steps: Int, learningRate: Float) throws -> [Double] {
        let (collection, numbers) = try stamps.collection(in: folder)
        let plan = BatchPlan(samples: stamps.count, batchSize: stamps.count, microbatch: stamps.count / 2)
        let shard = try TrainingShard(
            reader: StampReader(collection, .none),
            strata: Strata(
                [Array(numbers.prefix(stamps.count / 2)), Array(numbers.dropFirst(stamps.count / 2))], plan: plan,
                seed: 0), positions: 0..<2, team: team)
        let step = try TrainingStep(
            network: network, weights: weights, shard: shard, plan: plan, optimizer: .sgd(), seed: 0, team: team,
            group: SingleProcess())
        var losses: [Double] = []
        var before = 0.0
        for number in 0..<steps {
            try team.run { lane in
                if number == 0 { step.prepareWeights(lane: lane) }
                step.run(step: 0, globalStep: number, learningRate: learningRate, lane: lane)
            }
            let total = step.totals[0].loss + step.totals[1].loss
            losses.append((total - before) / Double(stamps.count))
            before = total
        }
        return losses
    }
}
