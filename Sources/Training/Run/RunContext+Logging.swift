import Communication
import Faults
import Files
import Lanes
import Logging
import Models
import StampData
import StampLoading

/// What a run writes to the log before its first step, on rank 0.
extension RunContext {
    /// Warns of lanes that have no microbatch.
    func warnAboutIdleLanes(_ plan: BatchPlan, _ team: LaneTeam) {
        let lanes = team.count * group.size
        guard isRoot, lanes > plan.microbatches else { return }
        logger.warning(
            """
            \(lanes) lanes (ranks × threads) share \(plan.microbatches) \
            \(plan.microbatches == 1 ? "microbatch" : "microbatches"), so some are idle; use a smaller --microbatch \
            or fewer ranks and threads
            """)
    }

    /// Warns of parts of the split that groups have left empty, because they are larger.
    func warnAboutEmptyParts(_ data: TrainingData) {
        guard isRoot, configuration.groupBy != nil else { return }
        for (name, part, isWanted) in [
            ("validation", data.split.validation, configuration.mayHave(.validation)),
            ("the test", data.split.test, configuration.mayHave(.test)),
        ] where isWanted && part.isEmpty {
            logger.warning("the groups are so large that no stamp is left for \(name)")
        }
    }

    /// What is about to be trained, where, and how much of it.
    ///
    /// - Parameter progress: how far the run has come.
    func start(_ run: LoadedRun, at progress: TrainingProgress) -> String {
        func counted(_ count: Int, _ one: String) -> String { FormattedNumber.counted(count, one) }
        let (plan, step) = (run.data.plan, progress.globalStep(run.data.plan))
        return """
            training \(run.network.description.name) in \(configuration.output): \
            \(counted(configuration.epochs, "epoch")) of \(counted(plan.steps, "step"))\
            \(step > 0 ? ", of which \(counted(step, "step")) are done" : ""), \(counted(plan.samples, "stamp")), \
            \(counted(group.size, "rank")) × \(counted(run.prepared.team.count, "thread")) on \(group.hostName)\
            \(group.size > 1 ? " (rank 0)" : "")
            """.printable
    }

    /// What `--verbose` shows of the data and the plan.
    func logData(_ collection: StampCollection, _ data: TrainingData, _ team: LaneTeam, _ network: Network) {
        guard isRoot else { return }
        let (plan, split) = (data.plan, data.split)
        if collection.channels > 1 { logger.info("\(collection.summary)") }
        logger.debug(
            """
            \(configuration.data.description): \(collection.count) stamps of \(collection.height)×\(collection.width), \
            \(zip(collection.classCounts, collection.classes.names).map { "\($0) \($1)" }.joined(separator: ", "))
            """)
        logger.debug(
            """
            \(split.training.count) stamps for training, \(split.validation.count) for validation, \
            \(split.test.count) for the test
            """)
        logger.debug(
            """
            \(network.description.name): \(FormattedNumber.grouped(network.parameterCount)) parameters; \(plan.steps) steps an epoch, batches of \
            \(plan.batchSize) in \(plan.microbatches) microbatches of up to \(plan.largestMicrobatch), on \(FormattedNumber.counted(group.size, "rank")) with \
            \(FormattedNumber.counted(team.count, "thread"))
            """)
    }

    /// Where the ranks' stamps are, for `--verbose`. Collective.
    func logMemory(_ data: TrainingData) throws {
        let most = MemorySize(bytes: try group.maximum(of: data.shard.stampBytes + data.validation.stampBytes))
        let isStreamed = try group.maximum(of: data.shard.isStreamed ? 1 : 0) > 0
        guard isRoot else { return }
        let share = Int((100 * data.shard.residentShare).rounded(.down))
        logger.debug(
            """
            stamps take at most \(most.rounded) of memory on a rank\
            \(isStreamed ? "; \(share) % of them stay there, the others are read ahead of each step" : "")
            """)
    }

    /// What the ranks have asked of the file system so far, for `--verbose`. Collective.
    func logReadCounts() throws {
        let all = try group.allGather(values: [ReadCounts.now])
        guard isRoot else { return }
        logger.debug(
            """
            the first rank opened \(all[0].opens) files, another at most \(all.dropFirst().map(\.opens).max() ?? 0), \
            all together \(all.reduce(0) { $0 + $1.opens }); a rank read at most \(all.map(\.bytes).max() ?? 0) bytes, \
            all together \(all.reduce(0) { $0 + $1.bytes })
            """)
    }
}
