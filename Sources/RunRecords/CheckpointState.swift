/// Where a run stood when a checkpoint was written: `state.json`.
///
/// Later versions may add keys, which this one ignores on reading; a change that this version could not read correctly,
/// or that would have it take the run for another one, raises ``currentFormatVersion``.
public struct CheckpointState: Codable, Hashable, Sendable {
    /// The format that this program reads and writes. Format 1 had another fingerprint of the stamps.
    public static let currentFormatVersion = 2

    /// The format that the state was written in.
    public var formatVersion = currentFormatVersion
    /// Optimizer steps done since the start of the run.
    public var step: Int
    /// Epochs that are complete.
    public var completedEpochs: Int
    /// Steps done in the epoch after those; 0 at an epoch's end.
    public var stepInEpoch: Int
    /// Tells whether two runs have the same settings, as far as they decide the result: ``SettingsFingerprint``.
    public var settingsFingerprint: String

    public init(step: Int, completedEpochs: Int, stepInEpoch: Int, settingsFingerprint: String) {
        self.step = step
        self.completedEpochs = completedEpochs
        self.stepInEpoch = stepInEpoch
        self.settingsFingerprint = settingsFingerprint
    }

    enum CodingKeys: String, CodingKey {
        case formatVersion = "format_version"
        case step
        case completedEpochs = "completed_epochs"
        case stepInEpoch = "step_in_epoch"
        case settingsFingerprint = "settings_fingerprint"
    }
}
