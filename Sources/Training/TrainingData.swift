import Communication
import Faults
import Logging
import RunRecords
import StampData

/// The stamps of a training run: cut into parts, looked at, and normalised in memory as far as there is room, each rank its
/// share.
struct TrainingData {
    let split: DataSplit
    let plan: BatchPlan
    let shard: TrainingShard
    let validation: LabelledStamps
    let findings: StampScan.Findings
    /// How many stamps of each class were left out.
    let bad: BadStampCounts

    /// How a run wants its data.
    struct Request {
        let configuration: TrainingConfiguration
        /// The most stamps of a microbatch, unless the configuration tells.
        let defaultMicrobatch: Int
    }

    /// Loads the data in one pass over the files: nearly always all stamps can be used, so they are put in place as they are
    /// looked at. Only where some are left out, the others are cut and read once more. Collective.
    ///
    /// - Throws: a fault when stamps cannot be used and are not to be left out, a class has none, or they do not go with
    ///   the batch size or the split.
    static func load(
        _ collection: StampCollection, _ request: Request, team: LaneTeam, group: any ProcessGroup, logger: Logger
    ) throws -> TrainingData {
        let configuration = request.configuration
        try refuseEmptyClasses(collection, BadStampCounts(noise: 0, sources: 0))
        let findings: StampScan.Findings
        do {
            let parts = try Parts.agreed(Array(0..<collection.count), collection, request, team, group)
            findings = try StampScan.scan(
                collection, parts.assignments(collection, group), normalization: configuration.normalization,
                team: team, group: group)
            if findings.unusable.isEmpty { return TrainingData(parts, findings, BadStampCounts(noise: 0, sources: 0)) }
        }
        guard configuration.skipBad else {
            throw AgreedFault(fault: StampScan.fault(findings.unusable, in: collection))
        }
        let bad = BadStampCounts(
            noise: findings.unusable.count { $0 < collection.noiseCount },
            sources: findings.unusable.count { $0 >= collection.noiseCount })
        try refuseEmptyClasses(collection, bad)
        if group.rank == 0 {
            logger.warning(
                "left out \(bad.noise) noise stamps and \(bad.sources) source stamps that cannot be normalised")
        }
        let left = Set(findings.unusable)
        let usable = (0..<collection.count).filter { !left.contains($0) }
        let parts = try Parts.agreed(usable, collection, request, team, group)
        try group.agree {
            try parts.assignments(collection, group).carryOut(configuration.normalization, team: team) {
                _, stamp, _, isUsable in precondition(isUsable, "stamp \(stamp) was good before")
            }
        }
        return TrainingData(parts, findings, bad)
    }

    private init(_ parts: Parts, _ findings: StampScan.Findings, _ bad: BadStampCounts) {
        (split, plan, shard, validation) = (parts.split, parts.plan, parts.shard, parts.validation)
        self.findings = findings
        self.bad = bad
    }

    private static func refuseEmptyClasses(_ collection: StampCollection, _ bad: BadStampCounts) throws {
        for (name, count, left) in [
            ("--noise", collection.noiseCount, collection.noiseCount - bad.noise),
            ("--sources", collection.sourceCount, collection.sourceCount - bad.sources),
        ] where left == 0 {
            throw AgreedFault(
                fault: Fault(
                    .badData, name, count == 0 ? "the class has no stamps" : "the class has no stamps that can be used",
                    remedy: "give files with stamps of both classes"))
        }
    }
}

/// The parts of the data with room for this rank's share of them.
private struct Parts {
    let split: DataSplit
    let plan: BatchPlan
    let shard: TrainingShard
    let validation: LabelledStamps

    /// Cuts the data into parts and makes room for this rank's share. Collective.
    static func agreed(
        _ usable: [Int], _ collection: StampCollection, _ request: TrainingData.Request, _ team: LaneTeam,
        _ group: any ProcessGroup
    ) throws -> Parts {
        let configuration = request.configuration
        let (split, plan) = try group.agree {
            let split = DataSplit(
                usable, fractions: configuration.split, seed: configuration.splitSeed ?? configuration.seed)
            return (split, try BatchPlan(split, request))
        }
        let positions = (0..<plan.microbatches).balancedRuns(over: group.size)[group.rank]
        let demand = StampMemory.Demand(
            training: positions.reduce(0) { $0 + plan.stratumSamples(position: $1) },
            validation: Inference.share(of: split.validation.count, in: group).count, pixels: collection.pixels,
            isAugmented: configuration.augmentation != .none, lanes: min(team.count, positions.count),
            largestMicrobatch: plan.largestMicrobatch)
        let memory = try StampMemory.agreed(demand, budget: configuration.memory, collection, in: group)
        return try group.agree { Parts(split, plan, positions, collection, configuration, memory, group) }
    }

    private init(
        _ split: DataSplit, _ plan: BatchPlan, _ positions: Range<Int>, _ collection: StampCollection,
        _ configuration: TrainingConfiguration, _ memory: StampMemory, _ group: any ProcessGroup
    ) {
        self.split = split
        self.plan = plan
        let normalization = configuration.normalization
        shard = TrainingShard(
            collection: collection, normalization: normalization, plan: plan,
            lists: plan.strata(of: split.training, seed: configuration.seed), positions: positions,
            seed: configuration.seed,
            augmenter: StampAugmenter(
                configuration.augmentation, normalization, seed: configuration.seed, stamps: collection),
            memory: memory)
        validation = LabelledStamps(split.validation, collection, normalization, group: group, room: memory)
    }

    /// What this rank does with each stamp: all ranks together read each of them once.
    func assignments(_ collection: StampCollection, _ group: any ProcessGroup) -> StampAssignments {
        var assignments = StampAssignments(collection)
        shard.assign(to: &assignments)
        validation.assign(to: &assignments)
        // In the order of the files: each rank looks at few of them.
        assignments.look(at: split.test.sorted()[(0..<split.test.count).balancedRuns(over: group.size)[group.rank]])
        return assignments
    }
}

extension BatchPlan {
    fileprivate init(_ split: DataSplit, _ request: TrainingData.Request) throws {
        let samples = split.training.count
        guard samples > 0 else {
            throw Fault(
                .badData, "--split", "leaves no stamp for training", remedy: "give more stamps or a larger first share")
        }
        let batchSize: Int
        switch request.configuration.batchSize {
        case .full: batchSize = samples
        case .samples(let count):
            guard count <= samples else {
                throw Fault(
                    .usage, "--batch-size \(count)", "is larger than the training set of \(samples) stamps",
                    remedy: "use at most \(samples), or `full` for all of them")
            }
            batchSize = count
        }
        self.init(
            samples: samples, batchSize: batchSize,
            microbatch: min(request.configuration.microbatch ?? request.defaultMicrobatch, batchSize))
    }
}
