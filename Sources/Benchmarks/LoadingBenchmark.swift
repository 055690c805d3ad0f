import Communication
import Lanes
import Logging
import Settings
import StampData
import StampLoading

/// Times what a training run does with the given files before its first step: open, split, inspect and normalise every
/// stamp.
enum LoadingBenchmark {
    /// Loads the data several times. Collective.
    ///
    /// - Parameters:
    ///   - configuration: the files, the split, the normalisation, the batch and the threads.
    ///   - seconds: about how long to measure.
    static func measure(
        _ configuration: TrainingSettings, seconds: Double, group: any ProcessGroup, logger: Logger
    ) throws -> LoadingReport {
        let team = try LaneTeam.forRank(threads: configuration.execution.threads, group: group, logger: logger)
        defer { team.finish() }
        var stamps = 0
        let times = try TimedRounds.measure(seconds: seconds, group: group) { repetitions in
            try TimedRounds.time(group: group) {
                for _ in 0..<repetitions { stamps = try load(configuration, team, group, logger) }
            } / Double(repetitions)
        }.times.sorted()
        return LoadingReport(
            stamps: stamps, stampsPerSecond: Double(stamps) / times[times.count / 2],
            bestStampsPerSecond: Double(stamps) / times[0])
    }

    /// Loads the data once.
    /// - Returns: the number of stamps.
    private static func load(
        _ configuration: TrainingSettings, _ team: LaneTeam, _ group: any ProcessGroup, _ logger: Logger
    ) throws -> Int {
        let collection = try StampCollection.agreed(in: group) {
            try StampCollection(configuration.data)
        }
        let typicalMicrobatch = 32
        let data = try TrainingData.load(
            collection, DataRequest(configuration, defaultMicrobatch: { _ in typicalMicrobatch }),
            team: team, group: group, logger: logger)
        return withExtendedLifetime(data) { collection.count }
    }
}
