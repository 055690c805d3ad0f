import Faults
import Files

/// One complete checkpoint: a folder `checkpoints/step-N`.
///
/// It holds `model.safetensors`, `optimizer.safetensors`, the epochs' `history.csv` and `hashes.csv`, `state.json`, and
/// `manifest.json`, which lists the size and the CRC-32 of all others.
public struct Checkpoint: Hashable, Sendable {
    /// Optimizer steps done since the start of the run.
    public let step: Int
    /// The folder.
    public let path: String

    /// The name of the file with the weights.
    public static let modelName = "model.safetensors"
    /// The name of the file with the optimizer's state.
    public static let optimizerName = "optimizer.safetensors"

    /// The name of the file with the completed epochs.
    public static let historyName = "history.csv"
    /// The name of the file with the parameters' hashes at the ends of these epochs.
    public static let hashesName = "hashes.csv"

    /// The path of the weights.
    public var model: String { "\(path)/\(Self.modelName)" }
    /// The path of the optimizer's state.
    public var optimizer: String { "\(path)/\(Self.optimizerName)" }
    /// The path of the completed epochs.
    public var history: String { "\(path)/\(Self.historyName)" }
    /// The path of their hashes.
    public var hashes: String { "\(path)/\(Self.hashesName)" }

    /// Checks the size and the checksum of every file against the manifest, and reads the state.
    /// - Throws: `Fault(.badData)` or `Fault(.missingInput)` that names the file that is damaged or missing.
    public func verifiedState() throws -> CheckpointState {
        try CheckpointManifest.verify(folder: path)
        let stateFile = "\(path)/\(Self.stateName)"
        // Another format may lack this one's keys.
        let format = try JSONFile.read(StateFormat.self, from: stateFile).version
        guard format == CheckpointState.currentFormatVersion else {
            let age = format > CheckpointState.currentFormatVersion ? "newer" : "older"
            throw Fault(
                .badData, path, "has format \(format), \(age) than this program's",
                remedy: "resume with the version of the program that wrote it")
        }
        let state = try JSONFile.read(CheckpointState.self, from: stateFile)
        guard state.step == step else {
            throw Fault(
                .badData, path, "holds the state of step \(state.step)", remedy: "give the folder its own name again")
        }
        return state
    }

    static let stateName = "state.json"

    private struct StateFormat: Decodable {
        let version: Int
        enum CodingKeys: String, CodingKey { case version = "format_version" }
    }

    /// The step of a folder named `step-N`; N is written without padding.
    static func step(named name: String) -> Int? {
        guard name.hasPrefix("step-"), let step = Int(name.dropFirst(5)), step >= 0, "step-\(step)" == name else {
            return nil
        }
        return step
    }
}

/// A checkpoint that could not be used, and why.
public struct SkippedCheckpoint: Sendable, CustomStringConvertible {
    public let checkpoint: Checkpoint
    /// The file that is damaged or missing, and how.
    public let reason: Fault

    /// One line for the log.
    public var description: String { "skipped \(checkpoint.path): \(reason)".replacing("\n", with: " ") }
}
