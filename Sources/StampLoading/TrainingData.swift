import Communication
import Faults
import Lanes
import Logging
import StampData

/// The stamps of a training run: cut into parts, looked at, and prepared in memory as far as there is room, each rank
/// its share.
package struct TrainingData {
    package let split: DataSplit
    package let plan: BatchPlan
    package let shard: TrainingShard
    package let validation: LabelledStamps
    /// Reads stamps as the network sees them, with all that was measured on the training set.
    package let reader: StampReader
    package let findings: StampScan.Findings
    /// Which stamps are trained on, on rank 0; nil elsewhere.
    package let trained: TrainedStamps?
    /// How many stamps of each class were left out.
    package let bad: BadStampCounts

    /// Loads the data in one pass over the files: nearly always all stamps can be used, so they are put in place as
    /// they are looked at. Only where some are left out, the others are cut and read once more; and where the
    /// normalisation is measured on the training set, that is read before. Collective.
    ///
    /// - Throws: a fault when the preparation does not go with the stamps, stamps cannot be used and are not to be left
    ///   out, a class has none, or they do not go with the batch size or the split.
    package static func load(
        _ collection: StampCollection, _ request: DataRequest, team: LaneTeam, group: any ProcessGroup, logger: Logger
    ) throws -> TrainingData {
        try refuseEmptyClasses(collection, [])
        let reader = try group.agree { try StampReader(collection, request.preparation) }
        let findings: StampScan.Findings
        do {
            let parts = try Parts.agreed(Array(0..<collection.count), reader, request, team, group)
            let trained = TrainedStampsScan(parts.split.training, of: collection, team: team)
            findings = try StampScan.scan(parts.assignments(group), trained, team: team, group: group)
            if findings.unusable.isEmpty {
                return TrainingData(
                    parts, findings, try trained.gathered(in: group), BadStampCounts(noneOf: collection.classes))
            }
        }
        guard request.skipBad else {
            throw AgreedFault(fault: StampScan.fault(findings.unusable, of: reader))
        }
        try refuseEmptyClasses(collection, findings.unusable)
        let bad = badCounts(findings.unusable, collection)
        if group.rank == 0 {
            let counts = zip(bad, collection.classes.names).map { "\($0) \($1) stamps" }
            logger.warning("left out \(counts.joined(separator: " and ")) that cannot be normalised")
        }
        let left = Set(findings.unusable)
        let usable = (0..<collection.count).filter { !left.contains($0) }
        let parts = try Parts.agreed(usable, reader, request, team, group)
        let trained = TrainedStampsScan(parts.split.training, of: collection, team: team)
        try group.agree {
            try parts.assignments(group).carryOut(team: team) { lane, stamp, isUsable in
                precondition(isUsable, "stamp \(stamp.number) was good before")
                trained.add(stamp, lane: lane)
            }
        }
        return TrainingData(
            parts, findings, try trained.gathered(in: group), BadStampCounts(bad, of: collection.classes))
    }

    private init(
        _ parts: Parts, _ findings: StampScan.Findings, _ trained: TrainedStamps?, _ bad: BadStampCounts
    ) {
        self.trained = trained
        (split, plan, shard, validation) = (parts.split, parts.plan, parts.shard, parts.validation)
        reader = parts.reader
        self.findings = findings
        self.bad = bad
    }

    /// How many of these stamps each class has.
    private static func badCounts(_ stamps: [Int], _ collection: StampCollection) -> [Int] {
        stamps.reduce(into: [Int](repeating: 0, count: collection.classes.count)) { $0[collection.label($1)] += 1 }
    }

    private static func refuseEmptyClasses(_ collection: StampCollection, _ unusable: [Int]) throws {
        let bad = badCounts(unusable, collection)
        for (label, count) in collection.classCounts.enumerated() where count == bad[label] {
            let name = collection.classes.names[label]
            let isUsual = collection.classes == .noiseAndSource
            throw AgreedFault(
                fault: Fault(
                    .badData, isUsual ? ["--noise", "--sources"][label] : "class \(name)",
                    count == 0 ? "the class has no stamps" : "the class has no stamps that can be used",
                    remedy: "give files with stamps of \(isUsual ? "both" : "all") classes"))
        }
    }
}

/// The parts of the data with room for this rank's share of them.
private struct Parts {
    let split: DataSplit
    let plan: BatchPlan
    let shard: TrainingShard
    let validation: LabelledStamps
    let reader: StampReader

    /// Cuts the data into parts and makes room for this rank's share. Collective.
    static func agreed(
        _ usable: [Int], _ reader: StampReader, _ request: DataRequest, _ team: LaneTeam, _ group: any ProcessGroup
    ) throws -> Parts {
        let (split, plan) = try group.agree {
            let split = request.split(usable, of: reader.collection)
            return (split, try BatchPlan(split, request))
        }
        let strata = try group.agree {
            try Strata(
                of: split.training, plan: plan, seed: request.seed,
                shares: request.sampling.shares(of: reader.collection.classes), classes: reader.collection)
        }
        let features = try request.features?.features(
            stamps: reader.collection.count, training: split.training, in: group)
        let reader = try reader.measured(on: split.training, team: team, group: group).adding(features)
        let positions = (0..<plan.microbatches).balancedRuns(over: group.size)[group.rank]
        let kept = reader.keptCounts(isAugmented: request.augmentation != .none)
        let demand = StampMemory.Demand(
            training: positions.reduce(0) { $0 + strata.stamps(position: $1).count },
            validation: InferenceShare.of(split.validation.count, in: group).count,
            trainingValues: kept.values + kept.spreads, validationValues: reader.valueCount,
            lanes: min(team.count, positions.count), largestMicrobatch: plan.largestMicrobatch)
        let memory = try StampMemory.agreed(demand, budget: request.memory, reader, in: group)
        return try group.agree { Parts(split, strata, positions, reader, request, memory, group) }
    }

    private init(
        _ split: DataSplit, _ strata: Strata, _ positions: Range<Int>, _ reader: StampReader, _ request: DataRequest,
        _ memory: StampMemory, _ group: any ProcessGroup
    ) {
        self.split = split
        plan = strata.plan
        self.reader = reader
        shard = TrainingShard(
            reader: reader, strata: strata, positions: positions, weights: request.weights,
            augmenter: StampAugmenter(unlessNone: request.augmentation, reader, seed: request.seed), memory: memory)
        validation = LabelledStamps(split.validation, reader, group: group, room: memory)
    }

    /// What this rank does with each stamp: all ranks together read each of them once.
    func assignments(_ group: any ProcessGroup) -> StampAssignments {
        var assignments = StampAssignments(reader)
        shard.assign(to: &assignments)
        validation.assign(to: &assignments)
        // In the order of the files: each rank looks at few of them.
        assignments.look(at: split.test.sorted()[(0..<split.test.count).balancedRuns(over: group.size)[group.rank]])
        return assignments
    }
}

extension BatchPlan {
    fileprivate init(_ split: DataSplit, _ request: DataRequest) throws {
        let samples = split.training.count
        guard samples > 0 else {
            throw Fault(
                .badData, "--split", "leaves no stamp for training", remedy: "give more stamps or a larger first share")
        }
        let batchSize: Int
        switch request.batchSize {
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
            microbatch: min(request.largestMicrobatch, batchSize))
    }
}

extension DataRequest {
    /// The parts of some stamps of a collection.
    fileprivate func split(_ stamps: [Int], of collection: StampCollection) -> DataSplit {
        DataSplit(
            stamps, fractions: split, seed: splitSeed, groups: groups, fold: fold,
            stratifiedBy: isStratified ? { collection.label($0) } : nil,
            settled: { stamp in
                // What is left for training comes into a random order, however the others are told apart.
                guard let parts else { return collection.part(of: stamp) }
                return parts[stamp] == .training ? nil : parts[stamp]
            },
            separate: parts == nil ? Set(collection.parts.keys) : Set(DataPart.separate))
    }
}
