import StampLoading

extension DataRequest {
    /// What a run's settings ask for.
    ///
    /// - Parameter defaultMicrobatch: the most samples of a microbatch, unless the settings say.
    package init(_ configuration: TrainingConfiguration, defaultMicrobatch: Int) {
        self.init(
            split: configuration.split, splitSeed: configuration.splitSeed ?? configuration.seed,
            seed: configuration.seed, batchSize: configuration.batchSize,
            largestMicrobatch: configuration.microbatch ?? defaultMicrobatch,
            normalization: configuration.normalization, augmentation: configuration.augmentation,
            skipBad: configuration.skipBad, memory: configuration.memory)
    }
}
