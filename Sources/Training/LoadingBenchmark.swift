import Communication
import Logging
import StampData

/// Times what a training run does before its first step with the files that are given: read, cut into parts, look at,
/// normalise every stamp.
public enum LoadingBenchmark {
    /// Loads the data once. Collective.
    ///
    /// - Parameters:
    ///   - configuration: the files, the split, the normalisation, the batch and the threads.
    ///   - defaultMicrobatch: the most stamps of a microbatch, unless the configuration tells.
    /// - Returns: how many stamps there are, and how long it took from opening the files.
    public static func run(
        _ configuration: TrainingConfiguration, defaultMicrobatch: Int = 32, group: any ProcessGroup, logger: Logger
    ) throws -> (stamps: Int, duration: Duration) {
        let team = try LaneTeam.forRank(threads: configuration.threads, group: group, logger: logger)
        defer { team.finish() }
        let start = ContinuousClock.now
        let collection = try StampCollection.agreed(in: group) {
            try StampCollection(noise: configuration.noise, sources: configuration.sources)
        }
        let data = try TrainingData.load(
            collection,
            TrainingData.Request(configuration: configuration, defaultMicrobatch: defaultMicrobatch), team: team,
            group: group, logger: logger)
        return withExtendedLifetime(data) { (collection.count, ContinuousClock.now - start) }
    }
}
