import Communication
import EngineTestSupport
import Files
import Lanes
import Logging
import Preparation
import StampData
import StampFormats
@testable import StampLoading
import Tensors
import TestSupport
import Testing

/// Whoever hands over samples puts each stamp's features behind the stamp.
@Suite struct SampleTests {
    private static let stamps = LabelledPixels(count: 203, side: 5, seed: 3)
    private static let names = ["a", "b"]

    private let folder: TemporaryFolder
    private let collection: StampCollection
    private let table: FeatureTable

    init() throws {
        folder = try TemporaryFolder()
        collection = try Self.stamps.collection(in: folder).collection
        let path = folder.path("features.csv")
        // The number of the stamp, and its square.
        let rows = (0..<Self.stamps.count).map { "\($0),\($0 * $0)\n" }.joined()
        try AtomicFile.write("a,b\n\(rows)", to: path)
        table = try FeatureTable(option: "--features", path)
    }

    /// The stamps' numbers and squares, as they are.
    private func features() throws -> StampFeatures {
        try StampFeatures.agreed(stamps: collection.count, table, in: SingleProcess()) { table in
            FeaturePreparation(names: table.columns)!
        }
    }

    private func expected(_ stamp: Int) -> [Float] { [Float(stamp), Float(stamp * stamp)] }

    @Test func aReaderReadsTheStampAndItsFeatures() throws {
        let plain = StampReader(collection, .mean)
        #expect(plain.featureCount == 0 && plain.sampleValues == 25)
        let reader = try plain.adding(features()).normalizing(by: .robust)
        #expect(reader.featureCount == 2 && reader.sampleValues == 27 && reader.valueCount == 25)
        let target = FloatBuffer(count: 27)
        for stamp in [0, 100, 202] {
            #expect(try reader.readSample(stamp, into: target.view))
            #expect(try target.array == StampReader(collection, .robust).values(of: stamp)! + expected(stamp))
        }
    }

    /// Features are not augmented, and the stamps vary as they do alone.
    @Test(arguments: [Augmentation.none, .all], [1.0, 0.4, 0])
    func aShardDrawsStampsWithTheirFeatures(_ augmentation: Augmentation, _ share: Double) throws {
        let team = try LaneTeam(count: 1)
        defer { team.finish() }
        let plan = BatchPlan(samples: Self.stamps.count, batchSize: 32, microbatch: 5)
        let strata = try Strata(of: Array(0..<Self.stamps.count), plan: plan, seed: 9)
        let positions = 0..<plan.microbatches
        let plain = StampReader(collection, .mean)
        let kept = plain.keptCounts(isAugmented: augmentation != .none)
        let demand = StampMemory.Demand(
            training: 203, validation: 0, trainingValues: kept.values + kept.spreads, validationValues: 25, lanes: 1,
            largestMicrobatch: 5)
        let budget = max(demand.leastBytes, Int(share * Double(demand.bytes)))
        let memory = StampMemory(demand, budget: budget)
        func shard(_ reader: StampReader) throws -> TrainingShard {
            let shard = try TrainingShard(
                reader: reader, strata: strata, positions: positions, seed: 9, augmentation: augmentation,
                memory: memory, team: team)
            for position in positions { shard.beginEpoch(1, position: position) }
            try shard.prepareReading(by: [positions])
            shard.beginReading(positions, step: 0, epoch: 1)
            return shard
        }
        let (alone, joined) = (try shard(plain), try shard(plain.adding(features())))
        #expect(alone.isStreamed == (share < 1))
        let (stamps, samples) = (FloatBuffer(count: 5 * 25), FloatBuffer(count: 5 * 27))
        for step in 0..<plan.steps {
            for position in positions {
                let count = try alone.draw(step: step, position: position, into: stamps.pointer)
                #expect(try joined.draw(step: step, position: position, into: samples.pointer) == count)
                for sample in 0..<count {
                    let number = Int(joined.numbers(position: position)[sample])
                    let stamp = Array(stamps.array[sample * 25..<(sample + 1) * 25])
                    #expect(Array(samples.array[sample * 27..<(sample + 1) * 27]) == stamp + expected(number))
                }
            }
        }
    }

    @Test func validationStampsBringTheirFeatures() throws {
        let team = try LaneTeam(count: 2)
        defer { team.finish() }
        let reader = StampReader(collection, .mean)
        let labelled = try LabelledStamps(
            [7, 3, 200], reader.adding(features()), team: team, group: SingleProcess())
        let target = FloatBuffer(count: 27)
        for (index, stamp) in [7, 3, 200].enumerated() {
            try labelled.copy(index, into: target.view)
            #expect(try target.array == reader.values(of: stamp)! + expected(stamp))
        }
    }

    private func loaded(_ memory: Int?, _ fill: FeatureFill? = nil) throws -> TrainingData {
        let team = try LaneTeam(count: 1)
        defer { team.finish() }
        var request = DataRequest(
            split: .standard, splitSeed: 5, seed: 5, batchSize: .samples(32), largestMicrobatch: 8,
            preparation: StampPreparation(.mean), augmentation: .none, skipBad: false,
            memory: memory.map { MemorySize(bytes: $0) })
        request.features = FeatureRequest(table: table, normalization: .standard, fill: fill)
        return try TrainingData.load(
            collection, request, team: team, group: SingleProcess(), logger: Logger(label: "test"))
    }

    /// The test set has no say in how features are scaled.
    @Test func trainingRowsAloneAreMeasured() throws {
        let data = try loaded(nil, .median)
        let features = try #require(data.reader.features)
        let training = data.split.training.sorted().map(Double.init)
        let mean = training.reduce(0, +) / Double(training.count)
        #expect(abs(features.preparation.scaling!.means[0] - mean) <= 1e-12 * mean)
        #expect(features.preparation.fills?[0] == (training[70] + training[71]) / 2 && training.count == 142)
    }

    @Test func featuresCountAsMemory() throws {
        // 142 stamps train and 20 validate, of 100 bytes each; features take 1624.
        #expect(try loaded(16_200 + 1_624).shard.isStreamed == false)
        #expect(try loaded(16_200 + 1_623).shard.isStreamed)
        let fault = #expect(throws: AgreedFault.self) { _ = try loaded(1000) }
        #expect(fault?.fault.description.contains("features 2K") == true, "\(String(describing: fault))")
    }
}
