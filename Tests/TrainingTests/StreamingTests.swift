import Communication
import EngineTestSupport
import Faults
import Files
import FoundationEssentials
import Lanes
import Models
import Optimizers
import RunRecords
import Settings
import StampData
import StampFormats
import StampLoading
import Tensors
import TestSupport
import Testing

/// Stamps that do not fit into memory are drawn as those in memory are.
@Suite struct StreamingTests {
    private static let stamps = LabelledPixels(count: 203, side: 5, seed: 3)
    private static let plan = BatchPlan(samples: 203, batchSize: 32, microbatch: 5)

    private func demand(lanes: Int, augmented: Bool) -> StampMemory.Demand {
        StampMemory.Demand(
            training: 203, validation: 0, trainingValues: 25 + (augmented ? 1 : 0), validationValues: 25, lanes: lanes,
            largestMicrobatch: Self.plan.largestMicrobatch)
    }

    private func shard(
        _ folder: TemporaryFolder, _ memory: StampMemory, _ augmentation: Augmentation, _ team: LaneTeam
    ) throws -> TrainingShard {
        try TrainingShard(
            reader: StampReader(Self.stamps.collection(in: folder).collection, .mean),
            strata: Strata(of: Array(0..<203), plan: Self.plan, seed: 9), positions: 0..<Self.plan.microbatches,
            seed: 9,
            augmentation: augmentation, memory: memory, team: team)
    }

    /// All draws of an epoch from one of its steps on, lane by lane.
    private func draws(_ shard: TrainingShard, epoch: Int, from first: Int, runs: [Range<Int>]) throws -> [Float] {
        let input = FloatBuffer(count: Self.plan.largestMicrobatch * 25)
        var drawn: [Float] = []
        for run in runs {
            shard.beginReading(run, step: first, epoch: epoch)
            for position in run { shard.beginEpoch(epoch, position: position) }
            for step in first..<Self.plan.steps {
                for position in run {
                    let count = try shard.draw(step: step, position: position, into: input.pointer)
                    drawn += input.array.prefix(count * 25)
                    for sample in 0..<count {
                        drawn.append(Float(shard.label(step: step, position: position, sample: sample)))
                        drawn.append(Float(shard.numbers(position: position)[sample]))
                    }
                }
            }
        }
        return drawn
    }

    /// Epochs in order, one that begins in its midst as after a resume, and one out of order; with the least memory,
    /// with some, and with nearly enough.
    @Test(arguments: [1, 3, 7], [Augmentation.none, .all])
    func whatIsReadAheadIsWhatIsInMemory(lanes: Int, augmentation: Augmentation) throws {
        let team = try LaneTeam(count: 2)
        defer { team.finish() }
        let folder = try TemporaryFolder()
        let runs = (0..<Self.plan.microbatches).balancedRuns(over: lanes)
        let whole = try shard(folder, .unlimited, augmentation, team)
        let demand = demand(lanes: lanes, augmented: augmentation != .none)
        for budget in [demand.leastBytes, demand.bytes / 2, demand.bytes - 1] where budget >= demand.leastBytes {
            let streamed = try shard(folder, StampMemory(demand, budget: budget), augmentation, team)
            try streamed.prepareReading(by: runs)
            #expect(streamed.residentStamps < 203)
            #expect(streamed.stampBytes <= budget)
            for (epoch, first) in [(0, 0), (1, 0), (2, 3), (3, 0), (1, 1)] {
                #expect(
                    try draws(streamed, epoch: epoch, from: first, runs: runs)
                        == draws(whole, epoch: epoch, from: first, runs: runs))
            }
        }
    }

    @Test func memoryIsDividedWithoutExceedingIt() {
        for lanes in 1...5 {
            for pixels in [1, 25, 441] {
                let demand = StampMemory.Demand(
                    training: 1000, validation: 77, trainingValues: pixels + lanes % 3, validationValues: 2 * pixels,
                    lanes: lanes, largestMicrobatch: 8)
                for budget in stride(from: demand.leastBytes, to: demand.bytes, by: demand.bytes / 97 + 1) {
                    let memory = StampMemory(demand, budget: budget)
                    // Ten strata of equal size.
                    let stay = 10 * memory.resident(of: 100)
                    let ahead = lanes * memory.depth * 8
                    let stampBytes = (pixels + lanes % 3) * 4
                    #expect(memory.depth >= 2)
                    #expect((stay + ahead) * stampBytes + memory.resident(of: 77) * 2 * pixels * 4 <= budget)
                }
                #expect(StampMemory(demand, budget: demand.bytes) == .unlimited)
                #expect(StampMemory(demand, budget: nil) == .unlimited)
            }
        }
    }

    @Test(arguments: [
        ("8G", 8 << 30), ("512m", 512 << 20), ("64K", 65536), ("1T", 1 << 40), ("12345", 12345), ("0", 0),
    ])
    func sizesAreReadAsTheyAreWritten(text: String, bytes: Int) {
        #expect(MemorySize(parsing: text)?.bytes == bytes)
    }

    @Test(arguments: ["", "G", "-1", "1.5G", "8GB", "8 G", "99999999999T", "1e9", "٣"])
    func whatIsNoSizeIsRefused(text: String) { #expect(MemorySize(parsing: text) == nil) }

    @Test(arguments: [(65536, "64K", "64K"), (65537, "65537", "65K"), (3 << 30, "3G", "3072M"), (7, "7", "1K")])
    func sizesAreWrittenAsTheyAreRead(bytes: Int, exactly: String, rounded: String) {
        let size = MemorySize(bytes: bytes)
        #expect("\(size)" == exactly && size.rounded == rounded)
        #expect(MemorySize(parsing: size.description) == size)
    }

    // MARK: Whole runs

    private struct Results: Equatable {
        let weights: [Float]
        let state: [Float]
        let numbers: [[Double]]

        init(_ output: String) throws {
            let history = try History.read(RunFolder(output).history).rows
            let model = try TrainedModel(contentsOf: RunFolder(output).model)
            (weights, state) = (model.weights.trainable.array, model.weights.state.array)
            numbers = history.map { [$0.loss, $0.accuracy, $0.validationLoss!, $0.validationAccuracy!] }
        }
    }

    /// 80 stamps of 1764 bytes in 20 microbatches of 4; the least is two of these for each lane.
    private func configuration(_ model: StandardNetwork, in folder: TemporaryFolder) throws -> TrainingSettings {
        var configuration = try TrainingSettings.onAll(LabelledPixels(count: 320, seed: 2), in: folder)
        configuration.model = model.rawValue
        configuration.split = try SplitFractions(0.25, 0.5, 0.25)
        configuration.preparation.normalization = .mean
        configuration.dropout = true
        configuration.batchSize = .samples(33)
        configuration.microbatch = 4
        configuration.epochs = 3
        return configuration
    }

    @Test(arguments: [StandardNetwork.simpleBN, .simple], [Augmentation.none, .all])
    func aRunInLittleMemoryHasTheSameBits(model: StandardNetwork, augmentation: Augmentation) throws {
        let folder = try TemporaryFolder()
        var configuration = try configuration(model, in: folder)
        configuration.augmentation = augmentation
        configuration.output = folder.path("whole")
        try configuration.run()
        let whole = try Results(configuration.output)
        for (threads, kilobytes) in [(1, 15), (2, 40), (3, 200), (2, 10_000)] {
            configuration.execution.threads = threads
            configuration.execution.memory = MemorySize(bytes: kilobytes << 10)
            configuration.output = folder.path("streamed-\(threads)-\(kilobytes)")
            try configuration.run()
            #expect(try Results(configuration.output) == whole)
        }
    }

    /// Cut off within an epoch with one amount of memory, and resumed with another on other lanes.
    @Test func memoryMayChangeAtAResume() throws {
        let folder = try TemporaryFolder()
        var configuration = try configuration(.simpleBN, in: folder)
        configuration.checkpointInterval = .steps(1)
        configuration.keepCheckpoints = 20
        configuration.execution.memory = MemorySize(bytes: 50 << 10)
        configuration.execution.threads = 3
        configuration.output = folder.path("run")
        try configuration.run()
        let whole = try Results(configuration.output)
        let checkpoints = RunFolder(configuration.output).checkpoints
        for checkpoint in try checkpoints.all() where checkpoint.step > 4 {
            try FileManager.default.removeItem(atPath: checkpoint.path)
        }
        configuration.execution.resume = true
        configuration.execution.threads = 2
        configuration.execution.memory = MemorySize(bytes: 30 << 10)
        try configuration.run()
        #expect(try Results(configuration.output) == whole)
    }

    /// Some lanes more than there are stamps to read ahead for, stamps that are left out, and every stamp in a file of
    /// its own.
    @Test func badStampsAndManyFilesMakeNoDifference() throws {
        let folder = try TemporaryFolder()
        var configuration = try configuration(.simple, in: folder)
        var stamps = LabelledPixels(count: 120, seed: 8)
        for pixel in 50 * 441..<51 * 441 { stamps.pixels[pixel] = 3 }
        (configuration.data.noise, configuration.data.sources) = ([], [])
        for stamp in 0..<stamps.count {
            let path = folder.path("stamp-\(stamp).npy")
            try NpyFile.write(floats: Array(stamps.stamp(stamp)), shape: [1, 21, 21], to: path)
            if stamps.labels[stamp] == 0 {
                configuration.data.noise.append(path)
            } else {
                configuration.data.sources.append(path)
            }
        }
        configuration.batchSize = .samples(7)
        configuration.skipBad = true
        configuration.output = folder.path("whole")
        try configuration.run()
        configuration.execution.memory = MemorySize(bytes: 28 << 10)
        configuration.execution.threads = 3
        configuration.output = folder.path("streamed")
        try configuration.run()
        #expect(try Results(folder.path("streamed")) == Results(folder.path("whole")))
    }

    @Test func theLeastThatWorksIsTold() throws {
        let folder = try TemporaryFolder()
        var configuration = try configuration(.simple, in: folder)
        configuration.execution.threads = 2
        configuration.execution.memory = MemorySize(bytes: 20 << 10)
        let fault = try #require(#expect(throws: AgreedFault.self) { try configuration.run() }).fault
        #expect(fault.kind == .usage && fault.subject == "--memory 20K")
        // Two lanes, two microbatches of at most four stamps each: 16 · 1764 bytes are 27.6 K.
        #expect(fault.remedy.contains("at least 28K"), "\(fault.remedy)")
        configuration.execution.memory = MemorySize(parsing: "28K")
        try configuration.run()
    }

    @Test func aFileThatIsCutOffBetweenDrawsIsAFault() throws {
        let folder = try TemporaryFolder()
        let team = try LaneTeam(count: 1)
        defer { team.finish() }
        let demand = demand(lanes: 1, augmented: false)
        let shard = try shard(folder, StampMemory(demand, budget: demand.leastBytes), .none, team)
        let runs = [0..<Self.plan.microbatches]
        try shard.prepareReading(by: runs)
        _ = try draws(shard, epoch: 0, from: 0, runs: runs)
        let path = folder.path("noise-203.npy")
        let handle = try Data(contentsOf: URL(filePath: path))
        try handle.prefix(200).write(to: URL(filePath: path))
        let fault = try #require(
            #expect(throws: Fault.self) {
                for epoch in 1...3 { _ = try draws(shard, epoch: epoch, from: 0, runs: runs) }
            })
        #expect(fault.kind == .badData && fault.subject == path)
    }
}
