import Communication
import Engine
import Faults
import Files
import FoundationEssentials
import Logging
import Models
import Optimizers
import RunRecords
import Settings
import StampData
import Tensors

/// Saves the state of a run and restores it, on any number of ranks: rank 0 writes and reads, all take part.
///
/// A checkpoint holds the weights and the whole state vectors of the optimizer, regardless of how ranks share them.
/// Rank 0 copies all of it between two steps, and a thread writes the copy while training continues.
final class TrainingCheckpoints {
    private let folder: RunFolder?
    private let settings: [String: String]
    private let step: TrainingStep
    private let plan: BatchPlan
    private let reader: StampReader
    private let configuration: TrainingSettings
    private let group: any ProcessGroup
    private let logger: Logger
    private let writer: CheckpointWriter
    /// Rank 0's memory for a checkpoint, allocated for the first one and used for all.
    private var copy: Copy?
    /// The checkpoint that was taken or read last, by its step.
    private(set) var latestStep: Int?

    /// The state of a run as it was at the end of a step.
    private final class Copy: @unchecked Sendable {
        let weights: Weights
        let vectors: [FloatBuffer]

        init(network: Network, vectors: Int) {
            weights = Weights(network: network)
            self.vectors = (0..<vectors).map { _ in FloatBuffer(count: network.trainableCount) }
        }
    }

    init(
        folder: RunFolder?, settings: [String: String], step: TrainingStep, plan: BatchPlan,
        reader: StampReader, configuration: TrainingSettings, group: any ProcessGroup, logger: Logger
    ) throws {
        self.folder = folder
        self.settings = settings
        self.step = step
        self.plan = plan
        self.reader = reader
        self.configuration = configuration
        self.group = group
        self.logger = logger
        writer = try group.agree { try CheckpointWriter(writes: folder != nil, logger: logger) }
    }

    /// What the fault of a run is about whose numbers are no longer finite.
    static let notFiniteSubject = "training"

    // MARK: Saving

    /// Whether the last checkpoint is still being written.
    var writerIsBusy: Bool { writer.isBusy }

    /// Takes a checkpoint and starts to write it. Waits for the previous one. Collective.
    ///
    /// - Parameters:
    ///   - progress: how far the run has come.
    ///   - records: its epochs; on rank 0.
    /// - Throws: a fault when the weights are no longer finite: the previous checkpoint is better.
    func save(_ progress: TrainingProgress, records: EpochRecords?) throws {
        let number = progress.globalStep(plan)
        writer.waitForCheckpoint()
        let totals = try progress.isWithinEpoch ? gatheredTotals() : nil
        guard try group.maximum(of: step.weights.isFinite ? 0 : 1) == 0 else {
            throw AgreedFault(fault: notFinite("weights became infinite or not a number", number))
        }
        let copy = try group.agree {
            guard folder != nil else { return nil as Copy? }
            let copy = self.copy ?? Copy(network: step.network, vectors: step.optimizerState.count)
            copy.weights.trainable.pointer.update(
                from: step.weights.trainable.pointer, count: step.weights.trainable.count)
            copy.weights.state.pointer.update(from: step.weights.state.pointer, count: step.weights.state.count)
            return copy
        }
        self.copy = copy
        try gatherOptimizerState(into: copy?.vectors)
        latestStep = number
        guard let copy, let folder, let records else { return }
        let state = CheckpointState(
            step: number, completedEpochs: progress.completedEpochs,
            epochUnderWay: totals.map {
                EpochUnderWay(
                    steps: progress.stepsInEpoch, losses: $0.losses, correct: $0.correct, seconds: progress.seconds)
            }, best: records.best, settings: settings)
        write(copy, state, records, to: folder)
    }

    private func write(_ copy: Copy, _ state: CheckpointState, _ records: EpochRecords, to folder: RunFolder) {
        let model = TrainedModel(
            network: step.network, weights: copy.weights, preparation: reader.preparation,
            features: reader.features?.preparation)
        let names = step.stateNames
        writer.startCheckpoint { [keep = configuration.keepCheckpoints] in
            try folder.checkpoints.write(state, keep: keep) { path in
                try model.write(to: "\(path)/\(Checkpoint.modelName)")
                let tensors = zip(names, copy.vectors).map { name, vector in
                    TensorBytes(
                        name: name, shape: [vector.count],
                        floats: UnsafeBufferPointer(start: vector.pointer, count: vector.count))
                }
                try SafetensorsFile.write(tensors, to: "\(path)/\(Checkpoint.optimizerName)")
                try records.history.write(to: "\(path)/\(Checkpoint.historyName)")
                try records.hashes.write(to: "\(path)/\(Checkpoint.hashesName)")
            }
        }
    }

    /// Every rank holds its slices; rank 0 joins them in the order of the parameters.
    private func gatherOptimizerState(into vectors: [FloatBuffer]?) throws {
        for (index, own) in step.optimizerState.enumerated() {
            let bytes = UnsafeRawBufferPointer(start: own.pointer, count: own.count * MemoryLayout<Float>.stride)
            if group.size == 1 {
                vectors.map { distribute(bytes, step.slices[0], into: $0[index]) }
            } else if let parts = try group.gather(bytes), let vectors {
                for (part, slices) in zip(parts, step.slices) {
                    part.withUnsafeBytes { distribute($0, slices, into: vectors[index]) }
                }
            }
        }
    }

    /// Puts a rank's slices, which follow one another in `bytes`, in their places.
    private func distribute(_ bytes: UnsafeRawBufferPointer, _ slices: [Range<Int>], into vector: FloatBuffer) {
        guard var source = bytes.baseAddress?.assumingMemoryBound(to: Float.self) else { return }
        for slice in slices {
            (vector.pointer + slice.lowerBound).update(from: source, count: slice.count)
            source += slice.count
        }
    }

    /// The epoch's sums of all positions so far, on rank 0. Ranks hold runs of positions, in their order.
    private func gatheredTotals() throws -> (losses: [Double], correct: [Double])? {
        let own = step.totals.positions.map { step.totals[$0] }
        let losses = try group.gather(values: own.map(\.loss)), correct = try group.gather(values: own.map(\.correct))
        guard let losses, let correct else { return nil }
        return (losses.flatMap { $0 }, correct.flatMap { $0 })
    }

    // MARK: Failures

    /// The fault of a run whose numbers are no longer finite.
    func notFinite(_ what: String, _ number: Int) -> Fault {
        writer.wait()
        let newest = try? folder?.checkpoints.newestWhole()?.checkpoint.path
        return Fault(
            .badData, Self.notFiniteSubject,
            "\(what) in step \(number), at learning rate \(configuration.learningRate); "
                + "the last good checkpoint is \(newest ?? "none")",
            remedy: "use a smaller --learning-rate and a new --output, or look for extreme pixels in the stamps")
    }

    /// Starts to write the run's epochs beside the checkpoints: as with them, a failure to write does not stop the run.
    func write(_ records: EpochRecords) {
        writer.startRecord {
            try records.history.write()
            try records.hashes.write()
        }
    }

    /// Starts to write something beside the checkpoints, in order with them: a failure to write does not stop the run.
    func record(_ write: @escaping @Sendable () throws -> Void) { writer.startRecord(write) }

    /// Waits for the last checkpoint, and returns its path, or throws if it could not be written. Collective.
    func finishLatest() throws -> String {
        try group.agree {
            if let fault = writer.latestFailure { throw fault }
            return folder.map { $0.checkpoints.checkpoint(step: latestStep ?? 0).path } ?? ""
        }
    }

    /// Waits for all that is being written, and throws if anything of the run could not be written. Collective.
    func finish() throws {
        try group.agree { if let fault = writer.firstFailure { throw fault } }
    }

    /// Waits for all that is being written. Not collective.
    func wait() { writer.wait() }

    // MARK: Restoring

    /// Restores the state of a checkpoint, on all ranks. Collective.
    ///
    /// - Returns: how far the run has come, and its epochs on rank 0.
    func restore(_ found: FoundCheckpoint) throws -> (progress: TrainingProgress, records: EpochRecords?) {
        let vectors = step.stateNames.map { _ in FloatBuffer(count: step.network.trainableCount) }
        let records = try group.agree { try found.whole.map { try read($0, into: vectors) } }
        try group.broadcast(step.weights)
        for (vector, state) in zip(vectors, step.optimizerState) {
            try group.broadcast(vector)
            var own = state.pointer
            for slice in step.slices[group.rank] {
                own.update(from: vector.pointer + slice.lowerBound, count: slice.count)
                own += slice.count
            }
        }
        let progress = try group.shared { TrainingProgress(found.whole!.state) }
        latestStep = progress.globalStep(plan)
        return (progress, records)
    }

    /// Takes the weights of a checkpoint, averaged ones if averages are kept, for the test and the model. Collective.
    ///
    /// - Parameter numbers: the steps of the checkpoints that will do, on rank 0: the first one that can be read is
    ///   taken.
    /// - Returns: its step; nil if there is none that can be read: the weights remain.
    func restoreWeights(ofFirst numbers: [Int]) throws -> Int? {
        writer.wait()
        let restored = try group.agree { () -> Int? in
            guard let folder else { return nil }
            return numbers.first { number in
                do {
                    try readFinalWeights(folder.checkpoints.checkpoint(step: number))
                    return true
                } catch {
                    logger.warning("\(error)")
                    return false
                }
            }
        }
        let agreed = try group.maximum(of: restored ?? -1)
        guard agreed >= 0 else { return nil }
        try group.broadcast(step.weights)
        return agreed
    }

    /// Those of some steps that there are checkpoints of, on rank 0.
    func existing(_ numbers: [Int]) -> [Int] {
        let all = (try? folder?.checkpoints.all().map(\.step)) ?? []
        return numbers.filter(all.contains)
    }

    private func readFinalWeights(_ checkpoint: Checkpoint) throws {
        let differences = try checkpoint.verifiedState().differences(from: settings)
        guard differences.isEmpty else {
            throw Fault(
                .badData, checkpoint.path, "is of a run with other settings: \(differences.joined(separator: ", "))",
                remedy: "remove it")
        }
        let isAveraged = step.stateNames.contains(Regularization.averageName)
        let averages = isAveraged ? FloatBuffer(count: step.weights.trainable.count) : nil
        if let averages {
            try SafetensorsFile(contentsOf: checkpoint.optimizer).copyFloats(
                Regularization.averageName, into: averages.floats)
        }
        try readWeights(checkpoint)
        if let averages {
            step.weights.trainable.pointer.update(from: averages.pointer, count: averages.count)
        }
    }

    private func readWeights(_ checkpoint: Checkpoint) throws {
        let model = try SafetensorsFile(contentsOf: checkpoint.model)
        let weights = try Weights(network: step.network, contentsOf: model)
        step.weights.trainable.pointer.update(from: weights.trainable.pointer, count: weights.trainable.count)
        step.weights.state.pointer.update(from: weights.state.pointer, count: weights.state.count)
    }

    private func read(_ found: WholeCheckpoint, into vectors: [FloatBuffer]) throws -> EpochRecords {
        try readWeights(found.checkpoint)
        let optimizer = try SafetensorsFile(contentsOf: found.checkpoint.optimizer)
        for (name, vector) in zip(step.stateNames, vectors) {
            try optimizer.copyFloats(name, into: vector.floats)
        }
        let history = try History.read(found.checkpoint.history).rows
        let hashes = try ParameterHashes.read(found.checkpoint.hashes).rows
        for (path, count) in [(found.checkpoint.history, history.count), (found.checkpoint.hashes, hashes.count)]
        where count != found.state.completedEpochs {
            throw Fault(
                .badData, path, "has \(count) epochs instead of \(found.state.completedEpochs)",
                remedy: "remove the checkpoint to resume from the previous one")
        }
        return EpochRecords(
            history: History(path: folder?.history ?? "", rows: history),
            hashes: ParameterHashes(path: folder?.hashes ?? "", rows: hashes), best: found.state.best)
    }
}

extension FloatBuffer {
    fileprivate var floats: UnsafeMutableBufferPointer<Float> {
        UnsafeMutableBufferPointer(start: pointer, count: count)
    }
}
