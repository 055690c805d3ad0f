import StampLoading

extension DataRequest {
    /// What a run's settings ask for.
    ///
    /// - Parameters:
    ///   - defaultMicrobatch: the most samples of a microbatch, unless the settings say.
    ///   - groups: as in the settings' column; nil for none.
    ///   - weights: likewise.
    package init(_ settings: TrainingSettings, defaultMicrobatch: Int, groups: [Int]? = nil, weights: [Float]? = nil) {
        self.init(
            split: settings.split, splitSeed: settings.splitSeed ?? settings.seed,
            seed: settings.seed, batchSize: settings.batchSize,
            largestMicrobatch: settings.microbatch ?? defaultMicrobatch,
            preparation: settings.preparation, augmentation: settings.augmentation,
            skipBad: settings.skipBad, memory: settings.execution.memory)
        (fold, sampling) = (settings.fold, settings.sampling)
        (self.groups, self.weights) = (groups, weights)
    }
}
