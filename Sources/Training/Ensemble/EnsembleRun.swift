import Communication
import Faults
import Files
import Logging
import Metrics
import Models
import RunRecords
import Settings
import StampData

/// Trains the networks of an ensemble, which differ only in their seed, or those of a cross-validation, one after another.
///
/// Source of ensembles: B. Lakshminarayanan, A. Pritzel, C. Blundell, *Simple and scalable predictive uncertainty estimation using
/// deep ensembles*, NeurIPS 2017.
public struct EnsembleRun {
    private let configuration: TrainingSettings
    private let series: RunSeries
    private let programVersion: String
    private let group: any ProcessGroup
    private let environment: [String: String]
    private let logger: Logger
    private let check: StampCheck

    /// - Parameters:
    ///   - configuration: of all runs; the first member of an ensemble has its seed, the next the one after it. Its
    ///     output is the folder of them all.
    ///   - series: which networks.
    ///   - check: refuses stamps that something else does not go with; called on rank 0 alone.
    public init(
        _ configuration: TrainingSettings, series: RunSeries, programVersion: String, group: any ProcessGroup,
        environment: [String: String], logger: Logger, check: @escaping StampCheck = { _ in }
    ) {
        self.configuration = configuration
        self.series = series
        self.programVersion = programVersion
        self.group = group
        self.environment = environment
        self.logger = logger
        self.check = check
    }

    /// What all runs tell together.
    public struct Summary {
        /// Of the test set by the members' probabilities together, or of the test sets of all folds.
        public let metrics: TestMetrics
        /// Nil for an ensemble.
        let folds: CrossValidation?
        fileprivate let series: RunSeries
        fileprivate let combination: ProbabilityCombination

        /// For the terminal.
        public var table: String {
            guard let folds else { return "the \(combination) of \(series.count) members:\n\(metrics.table)" }
            return "over \(folds.folds) folds:\n\(folds.table)\n"
                + "all stamps, each by the network that was not trained on it:\n\(metrics.table)"
        }
    }

    /// Trains all members. With `resume`, finished members are skipped. Collective.
    ///
    /// - Parameters:
    ///   - wasFinished: called on rank 0 with each member that had ended before.
    ///   - didTrain: called on rank 0 with each member that has ended now, and the metrics of its test set.
    /// - Returns: on rank 0 what all tell together, if there is a test set.
    /// - Throws: `AgreedFault` as a run does: for settings that cannot be, before anything is made.
    public func run(
        wasFinished: (RunFolder) -> Void = { _ in }, didTrain: (RunFolder, TestMetrics?) -> Void
    ) throws -> Summary? {
        try group.agree {
            try configuration.validate()
            try Requirement.count.check(series.count, of: series.option)
        }
        try group.requireSame(configuration, members: series.members)
        try refuseAnotherRun()
        let progress = try MemberProgress.agreed(
            of: (1...series.count).map { series.settings($0, of: configuration) }, context: context)
        for (number, progress) in zip(1...series.count, progress) {
            if progress == .finished {
                if group.rank == 0 { wasFinished(folder(number)) }
                continue
            }
            if group.rank == 0, configuration.execution.showsProgress {
                StandardOutput.show(progress: "\(number > 1 ? "\n" : "")\(series.noun) \(number) of \(series.count)\n")
            }
            var member = series.settings(number, of: configuration)
            member.execution.resume = progress == .begun
            let metrics = try TrainingRun(
                member, programVersion: programVersion, group: group, environment: environment, logger: logger,
                check: check
            ).run()
            if group.rank == 0 { didTrain(folder(number), metrics) }
        }
        return try group.agree { group.rank == 0 ? try combine() : nil }
    }

    private func folder(_ number: Int) -> RunFolder { series.folder(number, in: configuration.output) }

    private var context: RunContext {
        RunContext(
            configuration: configuration, programVersion: programVersion, group: group, environment: environment,
            logger: logger, check: check)
    }

    /// The folder may already hold a run without members, or an ensemble that is not to be resumed.
    private func refuseAnotherRun() throws {
        try group.agree {
            guard group.rank == 0 else { return }
            let run = RunFolder(configuration.output)
            try run.requireFilesAndFolders()
            let isBegun = FileAccess.exists(folder(1).path)
            if run.traceOfARun != nil || !configuration.execution.resume && isBegun {
                throw Fault(
                    .usage, "--output \(configuration.output)", "already holds a run",
                    remedy: "name another folder with --output, or continue with --resume")
            }
        }
    }

    /// The test sets of all runs together: for an ensemble, which has one, the members' probabilities combined; for a
    /// cross-validation each fold's own.
    private func combine() throws -> Summary? {
        let folders = (1...series.count).map(folder)
        guard folders.allSatisfy({ FileAccess.exists($0.testPredictions) }) else { return nil }
        let models = try folders.map { try TrainedModel(contentsOf: $0.model) }
        let names = models[0].classNames ?? ClassificationMetrics.noiseAndSource
        let tested = try folders.map { try TestPredictions.read($0.testPredictions, classNames: names) }
        let sets = tested.map(\.set)
        guard !sets[0].indices.isEmpty else { return nil }
        let thresholds = models.map(\.decision.threshold)
        let together: LabelledPredictions
        var identifiers = tested[0].identifiers
        var folds: CrossValidation?
        switch series {
        case .members(let count):
            try refuseOtherStamps(folders, sets)
            together = LabelledPredictions(
                configuration.combination, of: sets, threshold: thresholds.reduce(0, +) / Float(count))
        case .folds:
            together = LabelledPredictions(joining: Array(zip(sets, thresholds)))
            let named = tested.compactMap { tested in
                tested.identifiers.map { (identifiers: $0, indices: tested.set.indices) }
            }
            identifiers = named.count == tested.count ? SampleIdentifiers(joining: named) : nil
            let all = try folders.map { try JSONFile.read(TestMetrics.self, from: $0.metrics) }
            folds = CrossValidation(all)
            try JSONFile.write(folds, to: RunSeries.crossValidation(in: configuration.output))
        }
        let metrics = together.metrics(classNames: names)
        let whole = RunFolder(configuration.output)
        try TestPredictions.write(
            together, identifiers: identifiers, classNames: names, to: whole.testPredictions)
        try JSONFile.write(metrics, to: whole.metrics)
        return Summary(metrics: metrics, folds: folds, series: series, combination: configuration.combination)
    }

    private func refuseOtherStamps(_ folders: [RunFolder], _ sets: [TestSet]) throws {
        for (folder, set) in zip(folders, sets)
        where set.indices != sets[0].indices || set.trueClasses != sets[0].trueClasses {
            throw Fault(
                .badData, folder.path, "was tested on other stamps than \(folders[0].path)",
                remedy: "train all members again with a new --output")
        }
    }
}
