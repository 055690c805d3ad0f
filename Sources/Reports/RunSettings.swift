import Models
import Optimizers
import Settings
import StampData

/// What a report needs of the settings in a run's `config.json`; what else is there is passed over.
public struct RunSettings: Codable, Hashable, Sendable {
    public var model: String
    public var network: NetworkDescription
    /// Files of class 0 and class 1, as the run was given them.
    public var noise: [String]
    public var sources: [String]
    public var stampHeight: Int
    public var stampWidth: Int
    public var noiseStamps: Int
    public var sourceStamps: Int
    /// A hash of all pixels.
    public var dataFingerprint: String
    public var trainingStamps: Int
    public var validationStamps: Int
    public var testStamps: Int
    public var epochs: Int
    public var batchSize: Int
    public var microbatch: Int
    public var learningRate: Float
    public var optimizer: Optimizer
    /// Nil in runs that were made before there was a choice, as are the next three.
    public var schedule: Schedule?
    public var objective: Objective?
    public var regularization: Regularization?
    public var stopping: Stopping?
    /// 2 outputs (softmax) or 1 (sigmoid).
    public var classes: Int
    public var split: SplitFractions
    public var seed: UInt64
    public var output: String
    public var initialWeights: String?
    public var dropout: Bool
    public var normalize: Normalization
    /// Nil in runs of versions that had none.
    public var augmentation: Augmentation?
    public var skipBad: Bool
    /// Nil in runs from before there was a choice.
    public var decision: DecisionSettings?
    public var splitSeed: UInt64?
    /// float32 or bfloat16; nil in runs from before there was a choice.
    public var gradients: String?

    enum CodingKeys: String, CodingKey {
        case gradients, model, network, noise, sources, epochs, microbatch, optimizer, classes, split, seed, output,
            dropout
        case augmentation, decision, normalize, schedule, objective, regularization, stopping
        case stampHeight = "stamp_height"
        case stampWidth = "stamp_width"
        case noiseStamps = "noise_stamps"
        case sourceStamps = "source_stamps"
        case dataFingerprint = "data_fingerprint"
        case trainingStamps = "training_stamps"
        case validationStamps = "validation_stamps"
        case testStamps = "test_stamps"
        case batchSize = "batch_size"
        case learningRate = "learning_rate"
        case initialWeights = "initial_weights"
        case skipBad = "skip_bad"
        case splitSeed = "split_seed"
    }
}
