import Communication
import Faults
import FoundationEssentials
import Logging
import Models
import RunRecords
import StampData
import StampFormats
import Tensors

/// Uses a trained model: probabilities of stamps, and metrics of labelled ones.
public struct Prediction {
    let model: TrainedModel
    private let modelPath: String
    let normalization: Normalization
    let group: any ProcessGroup
    let logger: Logger
    let threads: Int?

    /// Reads the model on every rank.
    /// - Parameter normalization: overrides what the model remembers.
    public init(
        modelPath: String, normalization: Normalization?, threads: Int?, group: any ProcessGroup, logger: Logger
    ) throws {
        self.modelPath = modelPath
        self.group = group
        self.logger = logger
        self.threads = threads
        model = try group.agree {
            let model = try ModelFiles.read(modelPath)
            // Else each stamp would seem to be at fault.
            guard model.weights.isFinite else {
                throw Fault(
                    .badData, modelPath, "has weights that are not finite: its training diverged",
                    remedy: "train again with a smaller --learning-rate")
            }
            return model
        }
        guard let chosen = normalization ?? Normalization(rawValue: model.normalization) else {
            throw AgreedFault(
                fault: Fault(
                    .badData, modelPath, "was trained with the unknown normalisation \(model.normalization)",
                    remedy: "pass --normalize, or use a newer version of swift-run-trainer"))
        }
        self.normalization = chosen
    }

    /// Writes the probabilities of all stamps of a file, (N, 2) or (N, 1), in file order; not-a-number for stamps that
    /// cannot be normalised. Collective.
    public func predict(input: String, output: String) throws {
        let stamps = try StampCollection.agreed(in: group) {
            let stamps = try StampCollection(unlabelled: input)
            try checkSize(stamps, name: input)
            if group.rank == 0 { try checkOutput(output) }
            return stamps
        }
        guard let logits = try logits(Array(0..<stamps.count), in: stamps) else { return try group.agree(on: nil) }
        try group.agree {
            let outputs = model.network.outputs
            var probabilities = logits
            model.network.loss.probabilities(
                logits: logits, samples: stamps.count, outputs: outputs, into: &probabilities)
            let unusable = (0..<stamps.count).count { probabilities[$0 * outputs].isNaN }
            if unusable > 0 {
                logger.warning(
                    "\(input): \(unusable) of \(stamps.count) stamps cannot be normalised; their rows are nan")
            }
            try NpyFile.write(floats: probabilities, shape: [stamps.count, outputs], to: output)
        }
    }

    /// The metrics of labelled stamps on rank 0, nil elsewhere. Collective.
    public func evaluate(noise: [String], sources: [String], skipBad: Bool) throws -> Metrics? {
        let stamps = try StampCollection.agreed(in: group) {
            let stamps = try StampCollection(noise: noise, sources: sources)
            try checkSize(stamps, name: (noise + sources)[0])
            return stamps
        }
        guard let logits = try logits(Array(0..<stamps.count), in: stamps) else {
            try group.agree(on: nil)
            return nil
        }
        return try group.agree {
            let outputs = model.network.outputs
            let unusable = (0..<stamps.count).filter { logits[$0 * outputs].isNaN }
            if !unusable.isEmpty && !skipBad { throw StampScan.fault(unusable, in: stamps) }
            let usable = model.network.predictions(logits: logits, stamps: Array(0..<stamps.count), in: stamps)
                .filter { !$0.probability.isNaN }
            guard !usable.isEmpty else {
                throw Fault(
                    .badData, (noise + sources)[0], "none of the stamps can be normalised",
                    remedy: "check the files, or pass --normalize none for stamps that already are")
            }
            return Metrics(usable)
        }
    }

    private func logits(_ stamps: [Int], in collection: StampCollection) throws -> [Float]? {
        _ = try ProcessorKernels.agreed(in: group)
        let team = try LaneTeam.forRank(threads: threads, group: group, logger: logger)
        defer { team.finish() }
        let inference = Inference(network: model.network, weights: model.weights, team: team, group: group)
        return try inference.logits(of: stamps, in: collection, normalization: normalization)
    }

    /// Lets an output that cannot be written show before the work and not after it; leaves no file behind.
    func checkOutput(_ path: String) throws {
        // A pipe is left alone: its reader would take this for the end.
        let type = (try? FileManager.default.attributesOfItem(atPath: path))?[.type] as? FileAttributeType
        guard type == nil || type == .typeRegular || type == .typeDirectory else { return }
        _ = try StampFormats.AtomicFile(path)
    }

    func checkSize(_ stamps: StampCollection, name: String) throws {
        guard model.network.inputShape == [stamps.height, stamps.width, 1] else {
            let shape = model.network.inputShape.extents
            throw Fault(
                .badData, name,
                "holds stamps of \(stamps.height)×\(stamps.width), \(modelPath) takes \(shape[0])×\(shape[1])",
                remedy: "cut the stamps to that size or train a model for this one")
        }
    }
}
