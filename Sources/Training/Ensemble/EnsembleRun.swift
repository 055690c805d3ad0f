import Communication
import Faults
import Files
import Logging
import Metrics
import Models
import RunRecords
import Settings

/// Trains networks that differ only in their seed, one after another, on one split of the data.
///
/// Source: B. Lakshminarayanan, A. Pritzel, C. Blundell, *Simple and scalable predictive uncertainty estimation using
/// deep ensembles*, NeurIPS 2017.
public struct EnsembleRun {
    private let configuration: TrainingSettings
    private let members: Int
    private let programVersion: String
    private let group: any ProcessGroup
    private let environment: [String: String]
    private let logger: Logger

    /// - Parameters:
    ///   - configuration: of all members; the first has its seed, the next the one after it. Its output is the folder
    ///     of the ensemble.
    ///   - members: how many networks.
    public init(
        _ configuration: TrainingSettings, members: Int, programVersion: String, group: any ProcessGroup,
        environment: [String: String], logger: Logger
    ) {
        self.configuration = configuration
        self.members = members
        self.programVersion = programVersion
        self.group = group
        self.environment = environment
        self.logger = logger
    }

    private var folder: EnsembleFolder { EnsembleFolder(configuration.output) }

    /// Trains all members. With `resume`, finished members are skipped. Collective.
    ///
    /// - Parameters:
    ///   - wasFinished: called on rank 0 with each member that had ended before.
    ///   - didTrain: called on rank 0 with each member that has ended now, and the metrics of its test set.
    /// - Returns: on rank 0 the metrics of the test set by the mean of the members' probabilities, if there is a test
    ///   set.
    /// - Throws: `AgreedFault` as a run does: for settings that cannot be, before anything is made.
    public func run(
        wasFinished: (RunFolder) -> Void = { _ in }, didTrain: (RunFolder, TestMetrics?) -> Void
    ) throws -> TestMetrics? {
        try group.agree {
            try configuration.validate()
            try Requirement.count.check(members, of: "--members")
        }
        try group.requireSame(configuration, members: members)
        try refuseAnotherRun()
        let progress = try MemberProgress.agreed(of: (1...members).map(member), context: context)
        for (number, progress) in zip(1...members, progress) {
            if progress == .finished {
                if group.rank == 0 { wasFinished(folder.member(number)) }
                continue
            }
            var member = member(number)
            member.execution.resume = progress == .begun
            let metrics = try TrainingRun(
                member, programVersion: programVersion, group: group, environment: environment, logger: logger
            ).run()
            if group.rank == 0 { didTrain(folder.member(number), metrics) }
        }
        return try group.agree { group.rank == 0 ? try combine() : nil }
    }

    /// The settings of a member, from 1.
    private func member(_ number: Int) -> TrainingSettings {
        var member = configuration
        member.output = folder.member(number).path
        member.seed = configuration.seed &+ UInt64(number - 1)
        member.splitSeed = configuration.splitSeed ?? configuration.seed
        return member
    }

    private var context: RunContext {
        RunContext(
            configuration: configuration, programVersion: programVersion, group: group, environment: environment,
            logger: logger)
    }

    /// The folder may already hold a run without members, or an ensemble that is not to be resumed.
    private func refuseAnotherRun() throws {
        try group.agree {
            guard group.rank == 0 else { return }
            let run = RunFolder(folder.path)
            try run.requireFilesAndFolders()
            let isBegun = FileAccess.exists(folder.member(1).path)
            if run.traceOfARun != nil || !configuration.execution.resume && isBegun {
                throw Fault(
                    .usage, "--output \(folder.path)", "already holds a run",
                    remedy: "name another folder with --output, or continue an ensemble with --resume")
            }
        }
    }

    /// The mean of the members' probabilities of the test set, which they share.
    private func combine() throws -> TestMetrics? {
        let folders = (1...members).map { folder.member($0) }
        guard FileAccess.exists(folders[0].testPredictions) else { return nil }
        let models = try folders.map { try TrainedModel(contentsOf: $0.model) }
        let threshold = models.reduce(Float(0)) { $0 + $1.decision.threshold } / Float(members)
        let names = models[0].classNames ?? ClassificationMetrics.noiseAndSource
        let sets = try folders.map { try TestPredictions.read($0.testPredictions, classNames: names) }
        guard !sets[0].indices.isEmpty else { return nil }
        for (folder, set) in zip(folders, sets)
        where set.indices != sets[0].indices || set.trueClasses != sets[0].trueClasses {
            throw Fault(
                .badData, folder.path, "was tested on other stamps than \(folders[0].path)",
                remedy: "train all members again with a new --output")
        }
        let mean = LabelledPredictions(meanOf: sets, threshold: threshold)
        let metrics = mean.metrics(classNames: names)
        try TestPredictions.write(mean, classNames: names, to: folder.testPredictions)
        try JSONFile.write(metrics, to: folder.metrics)
        return metrics
    }
}
