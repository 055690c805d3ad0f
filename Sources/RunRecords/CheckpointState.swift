/// A run's progress when a checkpoint was written: `state.json`.
///
/// Later versions may add keys, which this one ignores on reading; a change that this version could not read correctly,
/// or that would make it mistake the run for another one, raises ``currentFormatVersion``.
public struct CheckpointState: Codable, Hashable, Sendable {
    /// The format that this program reads and writes. Format 2 knew only whole epochs; format 1 also had another
    /// fingerprint of the stamps.
    public static let currentFormatVersion = 3

    /// The format that the state was written in.
    public var formatVersion = currentFormatVersion
    /// Optimizer steps done since the start of the run.
    public var step: Int
    /// Completed epochs.
    public var completedEpochs: Int
    /// The progress of the epoch after those; nil at an epoch's end.
    public var epochUnderWay: EpochUnderWay?
    /// The best checkpoint so far; nil before the first validation.
    public var best: BestCheckpoint?
    /// The settings that determine the result, by the name of their option: a run is resumed only with the same ones.
    public var settings: [String: String]

    public init(
        step: Int, completedEpochs: Int, epochUnderWay: EpochUnderWay? = nil, best: BestCheckpoint? = nil,
        settings: [String: String]
    ) {
        self.step = step
        self.completedEpochs = completedEpochs
        self.epochUnderWay = epochUnderWay
        self.best = best
        self.settings = settings
    }

    /// The differences between the settings that the run was started with and those that it is to be resumed with, in
    /// alphabetical order: `--seed 0 (now 1)`.
    public func differences(from settings: [String: String]) -> [String] {
        Self.differences(self.settings, settings)
    }

    /// The differences between two runs' settings.
    public static func differences(_ before: [String: String], _ now: [String: String]) -> [String] {
        Set(before.keys).union(now.keys).sorted().filter { before[$0] != now[$0] }.map {
            "\($0) \(before[$0] ?? "unknown") (now \(now[$0] ?? "unknown"))"
        }
    }

    enum CodingKeys: String, CodingKey {
        case formatVersion = "format_version"
        case step, best, settings
        case completedEpochs = "completed_epochs"
        case epochUnderWay = "epoch_under_way"
    }
}

/// An epoch with some of its steps done.
///
/// The sums are kept for each microbatch position, because their total is formed in the order of a tree: added up in
/// another order, its last bits would reveal that the run was interrupted.
public struct EpochUnderWay: Codable, Hashable, Sendable {
    /// Steps of the epoch that are done.
    public var steps: Int
    /// The losses of each position's samples so far, added up.
    public var losses: [Double]
    /// How many of each position's samples were classified correctly during training.
    public var correct: [Double]
    /// The time that these steps took.
    public var seconds: Double

    public init(steps: Int, losses: [Double], correct: [Double], seconds: Double) {
        self.steps = steps
        self.losses = losses
        self.correct = correct
        self.seconds = seconds
    }
}

/// The checkpoint with the least validation loss, or the best one by the metric that `--early-stopping` monitors;
/// `checkpoints/best.json` names it too, for people.
public struct BestCheckpoint: Codable, Hashable, Sendable {
    /// The checkpoint is `step-N` of this step.
    public var step: Int
    /// Nil if it was not measured.
    public var validationLoss: Double?

    public init(step: Int, validationLoss: Double?) {
        self.step = step
        self.validationLoss = validationLoss
    }

    enum CodingKeys: String, CodingKey {
        case step
        case validationLoss = "validation_loss"
    }
}
