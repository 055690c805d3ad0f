import Files
import Preparation
import StampData

/// What a training run wants of its stamps: how they are divided, prepared and varied, and how they are kept.
package struct DataRequest: Sendable {
    /// Shares of training, validation and test set.
    package var split: SplitFractions
    /// The seed of the split.
    package var splitSeed: UInt64
    /// The seed of strata, shuffles and augmentation.
    package var seed: UInt64
    package var batchSize: BatchSize
    /// The most samples of a microbatch; a batch that is smaller has smaller ones.
    package var largestMicrobatch: Int
    package var preparation: StampPreparation
    package var augmentation: Augmentation
    /// The fold of a cross-validation; nil for none.
    package var fold: Fold?
    /// The group of each stamp, of which all stay in one part of the split; nil where each is one of its own.
    package var groups: [Int]?
    /// The part of each stamp, as a column has it; nil where stamps are divided.
    package var parts: [DataPart]?
    /// Whether each part of the split has its share of each class.
    package var isStratified = false
    /// How much each stamp counts in the loss of the training; nil where all count 1.
    package var weights: [Float]?
    /// A network's second input; nil for stamps alone.
    package var features: FeatureRequest?
    /// How often the stamps of each class are drawn.
    package var sampling = Sampling.uniform
    /// Whether stamps that cannot be normalised are left out instead of refused.
    package var skipBad: Bool
    /// The most memory that the stamps of one rank may take; nil for all that they need.
    package var memory: MemorySize?

    package init(
        split: SplitFractions, splitSeed: UInt64, seed: UInt64, batchSize: BatchSize, largestMicrobatch: Int,
        preparation: StampPreparation, augmentation: Augmentation, skipBad: Bool, memory: MemorySize?
    ) {
        (self.split, self.splitSeed, self.seed) = (split, splitSeed, seed)
        (self.batchSize, self.largestMicrobatch) = (batchSize, largestMicrobatch)
        (self.preparation, self.augmentation) = (preparation, augmentation)
        (self.skipBad, self.memory) = (skipBad, memory)
    }
}
