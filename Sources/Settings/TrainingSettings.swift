import Communication
import Metrics
import Models
import Optimizers
import Preparation
import StampData
import StampFormats

/// Every setting of a training run, as it is asked for or, once the data are known, as resolved.
///
/// A new setting is a property here, its entry in ``all`` below, and an option of `train`: checks, `config.json`, the
/// report, the command that makes a run again, and `--resume` follow from the entry.
public struct TrainingSettings: Hashable, Sendable {
    /// The stamps.
    public var data = LabelledFiles()
    /// The name of a standard network, or a model file.
    public var model = "vgg6"
    /// Whether a model file that ends without softmax or sigmoid gives logits.
    public var fromLogits = false
    public var epochs = 10
    public var batchSize = BatchSize.samples(256)
    /// The most samples of a microbatch; nil for a size chosen from the network.
    public var microbatch: Int?
    public var learningRate: Float = 0.01
    public var optimizer = Optimizer.sgd()
    /// Outputs with softmax, one for each class, or 1 with sigmoid for two classes; nil for as many as there are classes,
    /// or for what a model file has.
    public var classes: Int?
    /// How the learning rate changes.
    public var schedule = Schedule()
    public var objective = Objective()
    public var regularization = Regularization()
    /// What is done when the network gets no better.
    public var stopping = Stopping()
    public var split = SplitFractions.standard
    /// The fold of a cross-validation whose part is the test set; nil for the shares of `split`.
    public var fold: Fold?
    /// The column, or array, with the group of each stamp, of which all stay in one part of the split.
    public var groupBy: String?
    /// The column, or array, with the part of the split that each stamp belongs to; nil to divide them at random.
    public var splitBy: String?
    /// Whether each part of a random split has its share of each class.
    public var stratify = false
    /// How often the stamps of each class are drawn.
    public var sampling = Sampling.uniform
    /// The column, or array, that says how much each stamp counts in the loss.
    public var sampleWeights: String?
    /// The column, or array, of what stamps are called in tables and figures; nil if nobody says.
    public var ids: String?
    /// The same of the stamps that validation and the test have for themselves; nil where `ids` has rows for all.
    public var validationIDs: String?
    public var testIDs: String?
    public var seed: UInt64 = 0
    /// The seed of the split, for runs that are to share one; nil for `seed`.
    public var splitSeed: UInt64?
    /// What the run makes of its validation set at the end.
    public var decision = DecisionSettings.standard
    /// How the probabilities of an ensemble's members become one on the test set.
    public var combination = ProbabilityCombination.mean
    public var initialWeights: String?
    /// The layers that training leaves as they are; nil for those that the model has so.
    public var frozenLayers: FrozenLayers?
    public var dropout = true
    /// What is done with stamps before they enter the network.
    public var preparation = StampPreparation()
    /// The table, or array, with the features of each stamp; nil for none.
    public var features: String?
    /// The same of the stamps that validation and the test have for themselves; nil where `features` has rows for all.
    public var validationFeatures: String?
    public var testFeatures: String?
    public var normalizeFeatures = FeatureNormalization.standard
    /// What stands for missing features; nil to refuse them.
    public var fillFeatures: FeatureFill?
    /// How training stamps vary from epoch to epoch.
    public var augmentation = Augmentation.none
    /// How gradients are summed.
    public var gradients = GradientFormat.float32
    /// Whose products the network computes with; nil for OpenBLAS' where a layer is too large for the program's own.
    public var bits: Bits?
    /// Whether stamps that cannot be normalised are left out instead of refused.
    public var skipBad = false
    /// When checkpoints are written beside those at the ends of epochs.
    public var checkpointInterval = CheckpointInterval.epochs(1)
    /// How many checkpoints are kept, beside the best one.
    public var keepCheckpoints = 3
    /// After how many steps the ranks compare their parameters; nil for never.
    public var verifyEvery: Int?
    /// Numbers of the stamps that the report draws completeness against, as options name them.
    public var by: [String] = []
    /// The run folder.
    public var output = "run"
    /// How this start of the run is carried out. `config.json` leaves it out.
    public var execution = ExecutionSettings()

    /// - Parameter recipe: settles what is not settled afterwards.
    public init(recipe: Recipe = .notebook) { recipe.settle(&self) }
}

extension TrainingSettings {
    /// Every setting, in the order of the command that makes a run again.
    package static let all: [Setting] =
        [
            Setting("sources", \.data.usualSources, options: SettingOption.sources),
            Setting("noise", \.data.usualNoise, options: SettingOption.noise),
            Setting("class_files", \.data.otherClasses, unwritten: [], options: SettingOption.classes),
            Setting("labelled", \.data.labelTable, options: SettingOption.labels),
            Setting("validation_files", \.data.validation, options: SettingOption.files(of: .validation)),
            Setting("test_files", \.data.test, options: SettingOption.files(of: .test)),
            Setting("layout", \.data.layout, "--layout"),
            Setting("model", \.model, "--model", row: .model, must: .networkName),
            Setting("epochs", \.epochs, "--epochs", row: .epochs, must: .count),
            Setting("batch_size", \.batchSize, "--batch-size", row: .batchSize, decidesResult: true, must: .batchSize),
            Setting("microbatch", \.microbatch, "--microbatch", row: .microbatch, decidesResult: true, must: .count),
            Setting(
                "learning_rate", \.learningRate, "--learning-rate", row: .learningRate, decidesResult: true,
                must: .positive("0.01")),
            Setting("optimizer", \.optimizer, row: .optimizer, shownAs: \.title, options: SettingOption.optimizer),
            Setting(
                "classes", \.classes, "--classes", row: .outputs, decidesResult: true,
                must: .outputs),
            Setting(
                "from_logits", \.fromLogits, row: .outputs, unwritten: false,
                options: [SettingOption(flag: "--from-logits", \.fromLogits)]),
            Setting("schedule", \.schedule, row: .objective, options: SettingOption.schedule),
            Setting("objective", \.objective, row: .objective, options: SettingOption.objective),
            Setting("regularization", \.regularization, row: .objective, options: SettingOption.regularization),
            Setting("stopping", \.stopping, row: .objective, options: SettingOption.stopping),
            Setting("split", \.split, "--split", row: .split, decidesResult: true, must: .split),
            Setting("fold", \.fold, row: .split, options: SettingOption.fold),
            Setting("group_by", \.groupBy, row: .split, options: SettingOption.groupBy),
            Setting("split_by", \.splitBy, row: .split, options: SettingOption.splitBy),
            Setting("stratify", \.stratify, row: .split, unwritten: false, options: [.stratify]),
            Setting(
                "sampling", \.sampling, "--sampling", unless: .uniform, unwritten: .uniform, row: .sampling,
                decidesResult: true, must: .sampling),
            Setting(
                "sample_weights", \.sampleWeights, row: .sampling, options: SettingOption.sampleWeights),
            Setting("ids", \.ids, "--ids", must: .name(remedy: "name a column")),
            Setting(
                "validation_ids", \.validationIDs, "--validation-ids", must: .name(remedy: "name a column")),
            Setting("test_ids", \.testIDs, "--test-ids", must: .name(remedy: "name a column")),
            Setting("seed", \.seed, "--seed", row: .seed, decidesResult: true),
            Setting("split_seed", \.splitSeed, "--split-seed", decidesResult: true),
            Setting("decision", \.decision, row: .decision, options: SettingOption.decision),
            // A member is the same however they are combined.
            Setting("combine", \.combination, "--combine", unwritten: .mean, makesRun: false),
            Setting("initial_weights", \.initialWeights, "--initial-weights", row: .initialWeights),
            Setting("frozen_layers", \.frozenLayers, row: .frozenLayers, options: SettingOption.frozenLayers),
            Setting(
                "dropout", \.dropout, row: .dropout, shownAs: { $0 ? "as the model has it" : "off" },
                options: [SettingOption(flag: "--no-dropout", \.dropout, for: false, decidesResult: true)]),
            Setting(
                "normalize", \.preparation.normalization, "--normalize", row: .normalization, decidesResult: true),
            Setting(
                "normalize_over", \.preparation.scope, row: .preparation, unwritten: .channel,
                options: [SettingOption("--normalize-over", \.preparation.scope, unless: .channel, decidesResult: true)]
            ),
            Setting("channels", \.preparation.channels, row: .preparation, options: SettingOption.channels),
            Setting("fill", \.preparation.fill, row: .preparation, options: SettingOption.fill),
            Setting(
                "mask_channel", \.preparation.maskChannel, row: .preparation, unwritten: false,
                options: SettingOption.maskChannel),
            Setting("crop", \.preparation.crop, row: .preparation, options: SettingOption.crop),
            Setting("pad", \.preparation.pad, row: .preparation, options: SettingOption.pad),
            Setting("features", \.features, row: .features, options: SettingOption.features),
            Setting(
                "validation_features", \.validationFeatures, row: .features,
                options: SettingOption.features("--validation-features", \.validationFeatures)),
            Setting(
                "test_features", \.testFeatures, row: .features,
                options: SettingOption.features("--test-features", \.testFeatures)),
            Setting(
                "normalize_features", \.normalizeFeatures, row: .features, unwritten: .standard,
                options: SettingOption.normalizeFeatures),
            Setting("fill_features", \.fillFeatures, row: .features, options: SettingOption.fillFeatures),
            Setting(
                "augmentation", \.augmentation, row: .augmentation, shownAs: \.description,
                options: SettingOption.augmentation),
            Setting("gradients", \.gradients, "--gradients", unless: .float32, row: .gradients, decidesResult: true),
            Setting("bits", \.bits, row: .bits, options: [.bits]),
            Setting(
                "skip_bad", \.skipBad, row: .badStamps, shownAs: { $0 ? "left out" : "refused" },
                options: [SettingOption(flag: "--skip-bad", \.skipBad, decidesResult: true)]),
            Setting(
                "checkpoint_every", \.checkpointInterval, "--checkpoint-every", makesRun: false, must: .interval),
            Setting("keep_checkpoints", \.keepCheckpoints, "--keep-checkpoints", makesRun: false, must: .count),
            Setting("verify_every", \.verifyEvery, "--verify-every", makesRun: false, must: .count),
            Setting("by", \.by, unwritten: [], options: [SettingOption.by]),
            Setting("output", \.output, "--output", must: .name(remedy: "name the run folder to make")),
        ] + ExecutionSettings.all
}

/// The rows of a report's table of settings, in its order. Settings of one row stand there side by side.
package enum SettingRow: String, CaseIterable, Sendable {
    case model, outputs, epochs
    case batchSize = "batch size"
    case microbatch, optimizer
    case learningRate = "learning rate"
    case objective = "schedule and objective"
    case decision
    case normalization = "normalisation"
    case preparation, features, augmentation, dropout, split, sampling, seed, gradients, bits
    case initialWeights = "initial weights"
    case frozenLayers = "frozen layers"
    case badStamps = "bad stamps"
}
