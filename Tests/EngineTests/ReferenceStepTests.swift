import Communication
import Engine
import EngineTestSupport
import Lanes
import LayerCatalog
import Layers
import Models
import StampData
import StampLoading
import Tensors
import TestSupport
import Testing

/// The engine's training step against a plain one in double precision.
@Suite struct ReferenceStepTests {
    /// 13 stamps of 7×6 pixels: microbatches of unequal sizes, and a last row that no window of the pooling sees.
    private static let reference = ReferenceStep(
        samples: 13, height: 7, width: 6, filters: (3, 5), units: 9, classes: 2, momentum: Double(momentum),
        epsilon: Double(epsilon))
    private static let momentum: Float = 0.9
    private static let epsilon: Float = 0.001
    /// Large, because gradients are read off the update: (before − after)/rate.
    private static let learningRate: Float = 0.5

    private static func network() throws -> Network {
        func convolution(_ filters: Int, _ activation: ActivationFunction) -> LayerKind {
            .convolution2D(
                filters: filters, kernelSize: Extent2D(3, 3), strides: Extent2D(1, 1), padding: .same,
                activation: activation)
        }
        let layers: [(name: String, kind: LayerKind)] = [
            ("input", .input(shape: [reference.height, reference.width, 1])),
            ("conv1", convolution(reference.filters.first, .linear)),
            ("bn", .batchNormalization(momentum: momentum, epsilon: epsilon)),
            ("relu", .activation(.relu)),
            ("conv2", convolution(reference.filters.second, .relu)),
            ("pool", .maxPooling2D(poolSize: Extent2D(2, 2), strides: Extent2D(2, 2), padding: .valid)),
            ("dropout", .dropout(rate: 0.5)),
            ("flatten", .flatten),
            ("fc", .dense(units: reference.units, activation: .relu)),
            ("fc_out", .dense(units: reference.classes, activation: .softmax)),
        ]
        return try Network(NetworkDescription(name: "reference", sequence: layers)).withoutDropout()
    }

    private static func parameters(_ weights: Weights, of network: Network) -> ReferenceStep.Parameters {
        Dictionary(uniqueKeysWithValues: network.parameters.map { ($0.name, weights.values($0).map(Double.init)) })
    }

    /// Noise, with a bright pixel in every other stamp.
    private static func stamps() -> (pixels: [Float], labels: [Int]) {
        var stream = CounterBasedRandom(seed: 3).stream(.simulation)
        let size = reference.height * reference.width
        var pixels = (0..<reference.samples * size).map { _ in stream.uniformFloat() * 2 - 1 }
        let labels = (0..<reference.samples).map { $0 % 2 }
        for stamp in 0..<reference.samples where labels[stamp] == 1 { pixels[stamp * size + size / 2] += 2 }
        return (pixels, labels)
    }

    // MARK: The reference itself

    /// In double precision with steps of 10⁻⁶ rounding costs 10⁻¹⁰ and the third derivative 10⁻¹²; a kink of ReLU or of
    /// the pooling within such a step would show as a large deviation.
    @Test func gradientsOfTheReferenceMatchFiniteDifferences() throws {
        let (reference, network) = (Self.reference, try Self.network())
        let parameters = Self.parameters(network.variedWeights(seed: 1), of: network)
        let (pixels, labels) = Self.stamps()
        let stamps = pixels.map(Double.init)
        func loss(_ parameters: ReferenceStep.Parameters) -> Double {
            reference.run(parameters, stamps: stamps, labels: labels, learningRate: 0).loss
        }
        let gradients = reference.run(parameters, stamps: stamps, labels: labels, learningRate: 0).gradients
        #expect(gradients.keys.sorted() == network.parameters.filter(\.isTrainable).map(\.name).sorted())
        for (name, gradient) in gradients {
            for index in Set([0, gradient.count / 3, gradient.count / 2, gradient.count - 1]) {
                let losses = [1e-6, -1e-6].map { step in
                    var moved = parameters
                    moved[name]![index] += step
                    return loss(moved)
                }
                let difference = (losses[0] - losses[1]) / 2e-6
                #expect(abs(difference - gradient[index]) < 1e-8, "\(name)[\(index)]")
            }
        }
    }

    // MARK: The engine

    /// The engine on the reference's stamps.
    private struct EngineRun {
        let network: Network
        let weights: Weights
        private let step: TrainingStep
        private let team: LaneTeam
        private let plan: BatchPlan
        private let folder: TemporaryFolder

        init(lanes: Int, microbatch: Int, seed: UInt64) throws {
            network = try ReferenceStepTests.network()
            weights = network.variedWeights(seed: seed)
            folder = try TemporaryFolder()
            team = try LaneTeam(count: lanes)
            let samples = reference.samples
            let (pixels, labels) = ReferenceStepTests.stamps()
            let labelled = LabelledPixels(
                height: reference.height, width: reference.width, pixels: pixels, labels: labels)
            plan = BatchPlan(samples: samples, batchSize: samples, microbatch: microbatch)
            let shard = try TrainingShard(
                reader: StampReader(labelled.collection(in: folder).collection, .none),
                strata: Strata(of: Array(0..<samples), plan: plan, seed: 0), positions: 0..<plan.microbatches,
                team: team)
            step = try TrainingStep(
                network: network, weights: weights, shard: shard, plan: plan, optimizer: .sgd(), seed: 0, team: team,
                group: SingleProcess())
        }

        func finish() { team.finish() }

        /// One step on all stamps; the loss before it, as the mean over the stamps.
        func run(_ number: Int) throws -> Double {
            try team.run { [step] lane in
                if number == 0 { step.prepareWeights(lane: lane) }
                step.beginEpoch(number, lane: lane)
                step.run(step: 0, globalStep: number, learningRate: learningRate, lane: lane)
            }
            return (0..<plan.microbatches).reduce(0) { $0 + step.totals[$1].loss } / Double(reference.samples)
        }
    }

    /// Each step starts from the engine's own weights, so that nothing but the rounding of one step differs. Sums have
    /// up to 13·7·6 = 546 terms; their roundings, 6·10⁻⁸ each, mostly cancel, as √546 of them add up to 1.4·10⁻⁶ of a
    /// term: 2·10⁻⁶ of the largest value, and four times what is seen. A gradient that is read off a weight w also has
    /// the rounding of w − rate·gradient, 6·10⁻⁸·|w|/rate.
    @Test(arguments: [1, 2, 3], [1, 4, 5, 13])
    func everyGradientAndEveryNewParameterIsTheReferences(lanes: Int, microbatch: Int) throws {
        let run = try EngineRun(lanes: lanes, microbatch: microbatch, seed: 1)
        defer { run.finish() }
        let (pixels, labels) = Self.stamps()
        let rate = Double(Self.learningRate)
        for number in 0..<4 {
            let before = Self.parameters(run.weights, of: run.network)
            let expected = Self.reference.run(
                before, stamps: pixels.map(Double.init), labels: labels, learningRate: rate)
            let loss = try run.run(number)
            let after = Self.parameters(run.weights, of: run.network)
            #expect(abs(loss - expected.loss) < 1e-6 * expected.loss)
            for (name, values) in after {
                #expect(relativeDeviation(values, from: expected.updated[name]!) < 2e-6, "\(name) at step \(number)")
            }
            let largest = expected.gradients.values.joined().reduce(0) { max($0, abs($1)) }
            for (name, gradient) in expected.gradients {
                let weights = zip(before[name]!, after[name]!)
                let isRight = zip(weights, gradient).allSatisfy { weight, gradient in
                    let rounding = 0x1p-24 * max(abs(weight.0), abs(weight.1)) / rate
                    return abs((weight.0 - weight.1) / rate - gradient) <= 2e-6 * largest + rounding
                }
                #expect(isRight, "gradient of \(name) at step \(number)")
            }
        }
    }

    /// Both go their own way for eight steps, each of which adds its roundings, 2·10⁻⁶ at most as above: 2·10⁻⁵.
    @Test(arguments: [1, 2, 3], [1, 5, 13])
    func severalStepsStayOnTheReferencesPath(lanes: Int, microbatch: Int) throws {
        let run = try EngineRun(lanes: lanes, microbatch: microbatch, seed: 2)
        defer { run.finish() }
        let (pixels, labels) = Self.stamps()
        var parameters = Self.parameters(run.weights, of: run.network)
        var losses: [Double] = []
        for number in 0..<8 {
            let expected = Self.reference.run(
                parameters, stamps: pixels.map(Double.init), labels: labels, learningRate: Double(Self.learningRate))
            #expect(abs(try run.run(number) - expected.loss) < 2e-5, "loss at step \(number)")
            parameters = expected.updated
            losses.append(expected.loss)
        }
        for (name, values) in Self.parameters(run.weights, of: run.network) {
            #expect(relativeDeviation(values, from: parameters[name]!) < 2e-5, "\(name)")
        }
        // A path worth following: the stamps are learnt.
        #expect(losses.last! < 0.7 * losses[0])
    }
}
