import Communication
import Files
import Models
import Optimizers
import StampData

/// Every setting of a training run as the user gave it, before the data are known.
public struct TrainingConfiguration: Sendable {
    /// The name of a standard network, or a model file.
    public var model = "vgg6"
    /// Files of class 0 and of class 1, each read as one long array.
    public var noise: [String] = []
    public var sources: [String] = []
    public var epochs = 10
    public var batchSize = BatchSize.samples(256)
    /// The most samples of a microbatch; nil for a size chosen from the network.
    public var microbatch: Int?
    public var learningRate: Float = 0.01
    public var optimizer = Optimizer.sgd()
    /// How the learning rate changes.
    public var schedule = Schedule()
    public var objective = Objective()
    public var regularization = Regularization()
    /// What is done when the network gets no better.
    public var stopping = Stopping()
    /// 2 outputs with softmax, or 1 with sigmoid; nil for 2, or for what a model file has.
    public var classes: Int?
    public var split: SplitFractions
    public var seed: UInt64 = 0
    /// Lanes of a rank; nil for as many as the rank may use processors.
    public var threads: Int?
    /// The most memory that the stamps of one rank may take; nil for all that they need.
    public var memory: MemorySize?
    /// The run folder.
    public var output = "run"
    public var resume = false
    public var initialWeights: String?
    public var dropout = true
    public var normalization = Normalization.notebook
    /// How training stamps vary from epoch to epoch.
    public var augmentation = Augmentation.none
    public var skipBad = false
    /// When checkpoints are written beside those at the ends of epochs.
    public var checkpointInterval = CheckpointInterval.epochs(1)
    /// How many checkpoints are kept, beside the best one.
    public var keepCheckpoints = 3
    /// After how many steps the ranks compare their parameters; nil for never.
    public var verifyEvery: Int?
    /// Whether the run writes what TensorBoard shows.
    public var tensorBoard = true
    /// Whether standard output shows how far the training is.
    public var showsProgress = true
    /// Where to write a trace of some steps; nil for none.
    public var trace: String?
    /// The most steps that the trace shows.
    public var traceSteps = 20
    /// What the run makes of its validation set at the end.
    public var decision = DecisionSettings.standard
    /// The seed of the split, for runs that are to share one; nil for `seed`.
    public var splitSeed: UInt64?
    /// How gradients are summed.
    public var gradients = GradientFormat.float32
    /// How many neighbouring ranks sum among themselves first; nil for those of a host.
    public var ranksPerNode: Int?
    /// How many seconds a rank waits for the others before it ends the run; 0 for ever.
    public var stallTimeout = 300
    /// The command as it was typed, for the record; nil when there is none.
    public var commandLine: [String]?

    /// - Parameter recipe: settles what is not settled afterwards.
    public init(split: SplitFractions, recipe: Recipe = .notebook) {
        self.split = split
        recipe.settle(&self)
    }
}

/// Every setting of a training run as resolved: what `config.json` records.
public struct ResolvedSettings: Codable, Hashable, Sendable {
    public var model: String
    public var network: NetworkDescription
    public var noise: [String]
    public var sources: [String]
    public var stampHeight: Int
    public var stampWidth: Int
    public var noiseStamps: Int
    public var sourceStamps: Int
    /// A hash of all pixels: `--resume` refuses other stamps, whatever their files' names.
    public var dataFingerprint: String
    public var trainingStamps: Int
    public var validationStamps: Int
    public var testStamps: Int
    public var epochs: Int
    public var batchSize: Int
    public var microbatch: Int
    public var microbatches: Int
    public var learningRate: Float
    public var optimizer: Optimizer
    public var schedule: Schedule
    public var objective: Objective
    public var regularization: Regularization
    public var stopping: Stopping
    public var classes: Int
    public var split: SplitFractions
    public var seed: UInt64
    public var output: String
    public var initialWeights: String?
    public var dropout: Bool
    public var normalize: Normalization
    public var augmentation: Augmentation
    public var skipBad: Bool
    public var checkpointEvery: String
    public var keepCheckpoints: Int
    public var verifyEvery: Int?
    public var decision: DecisionSettings
    public var splitSeed: UInt64?
    public var gradients: GradientFormat

    package init(
        model: String, network: NetworkDescription, noise: [String], sources: [String], stampHeight: Int,
        stampWidth: Int, noiseStamps: Int, sourceStamps: Int, dataFingerprint: String, trainingStamps: Int,
        validationStamps: Int, testStamps: Int, epochs: Int, batchSize: Int, microbatch: Int, microbatches: Int,
        learningRate: Float, optimizer: Optimizer, schedule: Schedule, objective: Objective,
        regularization: Regularization, stopping: Stopping, classes: Int, split: SplitFractions, seed: UInt64,
        output: String, initialWeights: String?, dropout: Bool, normalize: Normalization, augmentation: Augmentation,
        skipBad: Bool, checkpointEvery: String, keepCheckpoints: Int, verifyEvery: Int?, decision: DecisionSettings,
        splitSeed: UInt64?, gradients: GradientFormat
    ) {
        self.model = model
        self.network = network
        self.noise = noise
        self.sources = sources
        self.stampHeight = stampHeight
        self.stampWidth = stampWidth
        self.noiseStamps = noiseStamps
        self.sourceStamps = sourceStamps
        self.dataFingerprint = dataFingerprint
        self.trainingStamps = trainingStamps
        self.validationStamps = validationStamps
        self.testStamps = testStamps
        self.epochs = epochs
        self.batchSize = batchSize
        self.microbatch = microbatch
        self.microbatches = microbatches
        self.learningRate = learningRate
        self.optimizer = optimizer
        self.schedule = schedule
        self.objective = objective
        self.regularization = regularization
        self.stopping = stopping
        self.classes = classes
        self.split = split
        self.seed = seed
        self.output = output
        self.initialWeights = initialWeights
        self.dropout = dropout
        self.normalize = normalize
        self.augmentation = augmentation
        self.skipBad = skipBad
        self.checkpointEvery = checkpointEvery
        self.keepCheckpoints = keepCheckpoints
        self.verifyEvery = verifyEvery
        self.decision = decision
        self.splitSeed = splitSeed
        self.gradients = gradients
    }

    enum CodingKeys: String, CodingKey {
        case gradients, schedule, objective, regularization, stopping
        case model, network, noise, sources, epochs, microbatch, microbatches, optimizer, classes, split, seed, output
        case dropout, normalize, augmentation, decision
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
        case checkpointEvery = "checkpoint_every"
        case keepCheckpoints = "keep_checkpoints"
        case verifyEvery = "verify_every"
        case splitSeed = "split_seed"
    }

    /// The settings that decide the result, by the name of their option, for `--resume` to compare: all but the number of
    /// epochs, where files lie, and how often the run is looked after.
    package func decidingResult() throws -> [String: String] {
        // What is not asked for is not listed: a run that was begun before there was such an option goes on.
        try listed.merging(decidingObjective) { first, _ in first }
    }

    private var decidingObjective: [String: String] {
        var settings: [String: String] = [:]
        if augmentation != .none { settings["--augment"] = "\(augmentation)" }
        if let splitSeed { settings["--split-seed"] = "\(splitSeed)" }
        if gradients != .float32 { settings["--gradients"] = gradients.rawValue }
        if schedule != Schedule() {
            settings["--schedule"] = "\(schedule)" + (schedule.dependsOnEpochs ? " over \(epochs) epochs" : "")
        }
        if objective.labelSmoothing != 0 { settings["--label-smoothing"] = "\(objective.labelSmoothing)" }
        if objective.classWeights != .equal { settings["--class-weights"] = "\(objective.classWeights)" }
        if regularization.weightDecay != 0 { settings["--weight-decay"] = "\(regularization.weightDecay)" }
        if let norm = regularization.clipNorm { settings["--clip-norm"] = "\(norm)" }
        if let momentum = regularization.averaging { settings["--ema"] = "\(momentum)" }
        if let early = stopping.early {
            settings["--early-stopping"] = "\(early.metric.rawValue) \(early.patience) \(early.minimumDelta)"
        }
        if let plateau = stopping.plateau {
            settings["--reduce-on-plateau"] = "\(plateau.factor),\(plateau.patience) of \(plateau.metric.rawValue)"
        }
        return settings
    }

    private var listed: [String: String] {
        get throws {
            [
                "--model": "\(network.name) (\(try SettingsFingerprint.of(network)))",
                "--data": "\(sourceStamps) sources and \(noiseStamps) noise stamps of \(stampHeight)×\(stampWidth) "
                    + "(\(dataFingerprint))",
                "--batch-size": "\(batchSize)",
                "--microbatch": "\(microbatch)",
                "--learning-rate": "\(learningRate)",
                "--optimizer": "\(optimizer)",
                "--classes": "\(classes)",
                "--split": "\(split.training),\(split.validation),\(split.test)",
                "--seed": "\(seed)",
                "--no-dropout": "\(!dropout)",
                "--normalize": normalize.rawValue,
                "--skip-bad": "\(skipBad)",
            ]
        }
    }
}
