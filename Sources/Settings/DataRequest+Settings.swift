import StampLoading

extension DataRequest {
    /// What a run's settings ask for.
    ///
    /// - Parameter defaultMicrobatch: the most samples of a microbatch, unless the settings say.
    package init(_ settings: TrainingSettings, defaultMicrobatch: Int) {
        self.init(
            split: settings.split, splitSeed: settings.splitSeed ?? settings.seed,
            seed: settings.seed, batchSize: settings.batchSize,
            largestMicrobatch: settings.microbatch ?? defaultMicrobatch,
            preparation: settings.preparation, augmentation: settings.augmentation,
            skipBad: settings.skipBad, memory: settings.execution.memory)
    }
}
