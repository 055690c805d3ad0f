import Communication
import Engine
import EngineTestSupport
import Lanes
import Models
import Optimizers
import StampData
import StampLoading
import TestSupport
import Testing

/// What an epoch's loss and accuracy mean.
@Suite struct HistoryTests {
    /// Keras' `fit` on batches of 20, 20 and 8 in file order. The strata are laid out so that each batch, cut into
    /// microbatches, is Keras'; orders are never shuffled because no epoch is begun.
    @Test(arguments: [20, 10, 7, 3])
    func unevenBatchesInFileOrderAgreeWithKeras(microbatch: Int) throws {
        let reference = try KerasReference("history")
        let folder = try TemporaryFolder()
        let stamps = try LabelledPixels(reference.file)
        let (collection, numbers) = try stamps.collection(in: folder)
        let plan = BatchPlan(samples: stamps.count, batchSize: 20, microbatch: microbatch)
        var strata = [[Int]](repeating: [], count: plan.microbatches)
        var next = 0
        for step in 0..<plan.steps {
            for position in strata.indices {
                let count = plan.microbatchSamples(step: step, position: position)
                strata[position] += numbers[next..<next + count]
                next += count
            }
        }
        let network = try Network.standard(.simple)
        try reference.writeWeights("initial/", to: folder.path("initial.safetensors"))
        let weights = try Weights(network: network, contentsOf: .init(contentsOf: folder.path("initial.safetensors")))
        let (group, team) = (SingleProcess(), try LaneTeam.forRank(threads: 2, group: SingleProcess(), logger: silent))
        defer { team.finish() }
        let shard = try TrainingShard(
            reader: StampReader(collection, .none), strata: Strata(strata, plan: plan, seed: 0),
            positions: 0..<plan.microbatches, team: team)
        let step = try TrainingStep(
            network: network, weights: weights, shard: shard, plan: plan, optimizer: .sgd(), seed: 0, team: team,
            group: group)
        let inference = Inference(network: network, weights: weights, team: team, group: group)
        let validationStamps = try LabelledPixels(reference.file, group: "validation/")
        let validation = try validationStamps.collection(in: folder)
        let held = try LabelledStamps(
            validation.numbers, StampReader(validation.collection, .none), team: team, group: group)

        var epochs: [(loss: Double, accuracy: Double, validation: (loss: Double, accuracy: Double))] = []
        var before = (loss: 0.0, correct: 0.0)
        for epoch in 0..<3 {
            try team.run { lane in
                step.prepareWeights(lane: lane)
                for number in 0..<plan.steps {
                    step.run(step: number, globalStep: epoch * plan.steps + number, learningRate: 0.01, lane: lane)
                }
            }
            let sums = (0..<plan.microbatches).map { step.totals[$0] }
            let total = (loss: sums.reduce(0) { $0 + $1.loss }, correct: sums.reduce(0) { $0 + $1.correct })
            epochs.append(
                (
                    (total.loss - before.loss) / 48, (total.correct - before.correct) / 48,
                    try inference.evaluate(held)!
                ))
            before = total
        }
        for deviation in [
            try reference.deviation("loss", epochs.map(\.loss)),
            try reference.deviation("val_loss", epochs.map(\.validation.loss)),
        ] { #expect(deviation.isRounding, "\(deviation)") }
        // Shares of 48 and 17, stored in single precision.
        #expect(relativeDeviation(epochs.map(\.accuracy), from: try reference.file.floats("accuracy")) < 1e-7)
        #expect(
            relativeDeviation(epochs.map(\.validation.accuracy), from: try reference.file.floats("val_accuracy")) < 1e-7
        )
        for parameter in network.parameters {
            let deviation = try reference.deviation("final/\(parameter.name)", weights.values(parameter))
            #expect(deviation.isRounding, "\(deviation)")
        }
    }

    /// With steps too small to move a weight, the epoch's loss is that of the whole set, which Keras gives for the
    /// first full-batch step; a mean over the three batches' means would not be.
    @Test func epochLossIsTheMeanOverSamplesNotOverBatches() throws {
        var run = try FullBatchRun("simple-2")
        run.configuration.batchSize = .samples(20)
        run.configuration.epochs = 2
        run.configuration.learningRate = 1e-30
        try run.train()
        for row in try run.history() {
            #expect(relativeDeviation([row.loss], from: [try run.reference.file.floats("loss")[0]]) < 1e-6)
            #expect(relativeDeviation([row.accuracy], from: [try run.reference.file.floats("accuracy")[0]]) < 1e-7)
        }
    }
}
