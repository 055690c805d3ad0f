import Communication
import Faults
import Logging
import Models
import RunRecords
import StampFormats
import Tensors

/// Saves the state of a run and brings it back, on any number of ranks: rank 0 writes and reads, all take part.
///
/// A checkpoint holds the weights and, in whole, the vectors that the optimizer remembers; how ranks share them does not
/// show.
final class TrainingCheckpoints {
    private let folder: RunFolder?
    private let fingerprint: String
    private let step: TrainingStep
    private let configuration: TrainingConfiguration
    private let group: any ProcessGroup
    private let logger: Logger

    init(
        folder: RunFolder?, fingerprint: String, step: TrainingStep, configuration: TrainingConfiguration,
        group: any ProcessGroup, logger: Logger
    ) {
        self.folder = folder
        self.fingerprint = fingerprint
        self.step = step
        self.configuration = configuration
        self.group = group
        self.logger = logger
    }

    /// Writes a checkpoint after whole epochs. Collective.
    func save(completedEpochs: Int, stepsPerEpoch: Int) throws {
        // Every rank holds its slices; rank 0 joins them in the order of the parameters.
        var vectors: [(name: String, values: [Float])] = []
        for (name, own) in zip(configuration.optimizer.stateNames, step.optimizerState) {
            let bytes = UnsafeRawBufferPointer(start: own.pointer, count: own.count * MemoryLayout<Float>.stride)
            if let parts = try group.gather(bytes) { vectors.append((name, joined(parts))) }
        }
        try group.agree {
            guard let folder else { return }
            let state = CheckpointState(
                step: completedEpochs * stepsPerEpoch, completedEpochs: completedEpochs, stepInEpoch: 0,
                settingsFingerprint: fingerprint)
            _ = try folder.checkpoints.write(state) { path in
                try TrainedModel(
                    network: step.network, weights: step.weights, normalization: configuration.normalization.rawValue
                ).write(to: "\(path)/\(Checkpoint.modelName)")
                try SafetensorsFile.write(
                    vectors.map { NamedTensor(name: $0.name, shape: [$0.values.count], values: $0.values) },
                    to: "\(path)/\(Checkpoint.optimizerName)")
            }
        }
    }

    /// One value for each parameter, from what the ranks hold of their slices.
    private func joined(_ parts: [[UInt8]]) -> [Float] {
        var values = [Float](repeating: 0, count: step.network.trainableCount)
        for (part, slices) in zip(parts, step.slices) {
            part.withUnsafeBytes { bytes in
                var source = bytes.bindMemory(to: Float.self)[...]
                for slice in slices {
                    values.replaceSubrange(slice, with: source.prefix(slice.count))
                    source = source.dropFirst(slice.count)
                }
            }
        }
        return values
    }

    /// Continues from the newest whole checkpoint. Collective.
    ///
    /// - Returns: how many epochs are done; 0 if there is no checkpoint.
    func restore(stepsPerEpoch: Int) throws -> Int {
        var vectors = configuration.optimizer.stateNames.map { _ in FloatBuffer(count: step.network.trainableCount) }
        let epochs = try group.agree { try folder.map { try read($0, into: &vectors) } ?? 0 }
        let decided = try group.maximum(of: epochs)
        guard decided > 0 else { return 0 }
        try group.broadcast(step.weights)
        for (vector, state) in zip(vectors, step.optimizerState) {
            try group.broadcast(vector)
            var own = state.pointer
            for slice in step.slices[group.rank] {
                own.update(from: vector.pointer + slice.lowerBound, count: slice.count)
                own += slice.count
            }
        }
        return decided
    }

    private func read(_ folder: RunFolder, into vectors: inout [FloatBuffer]) throws -> Int {
        guard let found = try folder.checkpoints.newestWhole() else { return 0 }
        for skipped in found.skipped { logger.warning("\(skipped)") }
        guard found.state.settingsFingerprint == fingerprint else {
            throw Fault(
                .usage, "--resume \(folder.path)", "was begun with other settings or other data",
                remedy: "repeat its settings (see \(folder.configuration)) or choose a new --output")
        }
        let completed = found.state.completedEpochs
        guard completed <= configuration.epochs else {
            throw Fault(
                .usage, "--epochs \(configuration.epochs)", "\(folder.path) has done \(completed) epochs already",
                remedy: "ask for \(completed) or more")
        }
        let model = try SafetensorsFile(contentsOf: found.checkpoint.model)
        let weights = try Weights(network: step.network, contentsOf: model)
        step.weights.trainable.pointer.update(from: weights.trainable.pointer, count: weights.trainable.count)
        step.weights.state.pointer.update(from: weights.state.pointer, count: weights.state.count)
        let optimizer = try SafetensorsFile(contentsOf: found.checkpoint.optimizer)
        for (name, vector) in zip(configuration.optimizer.stateNames, vectors) {
            try optimizer.copyFloats(name, into: UnsafeMutableBufferPointer(start: vector.pointer, count: vector.count))
        }
        return completed
    }
}
