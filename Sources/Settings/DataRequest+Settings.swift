import StampData
import StampFormats
import StampLoading

extension DataRequest {
    /// What a run's settings ask for.
    ///
    /// - Parameters:
    ///   - defaultMicrobatch: the most samples of a microbatch for batches of a size, unless the settings say.
    ///   - parts: as in the settings' column; nil for none.
    ///   - groups: as in the settings' column; nil for none.
    ///   - weights: likewise.
    ///   - features: rank 0's table of features, where there is one.
    package init(
        _ settings: TrainingSettings, defaultMicrobatch: (Int) -> Int, parts: [DataPart]? = nil, groups: [Int]? = nil,
        weights: [Float]? = nil, features: FeatureTable? = nil
    ) {
        self.init(
            split: settings.split, splitSeed: settings.splitSeed ?? settings.seed,
            seed: settings.seed, batchSize: settings.batchSize,
            largestMicrobatch: settings.microbatch ?? defaultMicrobatch(settings.batchSize.samples ?? .max),
            preparation: settings.preparation, augmentation: settings.augmentation,
            skipBad: settings.skipBad, memory: settings.execution.memory)
        (fold, sampling) = (settings.fold, settings.sampling)
        (self.parts, self.groups, self.weights) = (parts, groups, weights)
        isStratified = settings.stratify
        if settings.features != nil {
            self.features = FeatureRequest(
                table: features, normalization: settings.normalizeFeatures, fill: settings.fillFeatures)
        }
    }
}
