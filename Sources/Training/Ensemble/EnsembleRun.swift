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
    /// - Parameter didTrain: called on rank 0 with each member that has ended, and the metrics of its test set.
    /// - Returns: on rank 0 the metrics of the test set by the mean of the members' probabilities, if there is a test
    ///   set.
    /// - Throws: `AgreedFault` as a run does: for settings that cannot be, before anything is made.
    public func run(didTrain: (RunFolder, ClassificationMetrics?) -> Void) throws -> ClassificationMetrics? {
        try group.agree {
            try configuration.validate()
            try Requirement.count.check(members, of: "--members")
        }
        try refuseAnotherRun()
        for number in 1...members {
            let progress = try progress(of: number)
            if progress == .ended { continue }
            var member = configuration
            member.output = folder.member(number).path
            member.seed = configuration.seed &+ UInt64(number - 1)
            member.splitSeed = configuration.splitSeed ?? configuration.seed
            member.execution.resume = progress == .begun
            let metrics = try TrainingRun(
                member, programVersion: programVersion, group: group, environment: environment, logger: logger
            ).run()
            if group.rank == 0 { didTrain(folder.member(number), metrics) }
        }
        return try group.agree { group.rank == 0 ? try combine() : nil }
    }

    /// The folder may already hold a run without members, or an ensemble that is not to be resumed.
    private func refuseAnotherRun() throws {
        try group.agree {
            guard group.rank == 0 else { return }
            let run = RunFolder(folder.path), first = folder.member(1)
            if FileAccess.exists(run.configuration) || !configuration.execution.resume && FileAccess.exists(first.path)
            {
                throw Fault(
                    .usage, "--output \(folder.path)", "already holds a run",
                    remedy: "name another folder with --output, or continue an ensemble with --resume")
            }
        }
    }

    /// How far a member has come: rank 0 decides for all. Collective.
    private func progress(of number: Int) throws -> MemberProgress {
        guard configuration.execution.resume else { return .notBegun }
        return try group.shared {
            let member = folder.member(number)
            if FileAccess.exists(member.path) && FileAccess.exists(member.model) { return .ended }
            return FileAccess.exists(member.path) ? .begun : .notBegun
        }
    }

    private enum MemberProgress: Codable { case notBegun, begun, ended }

    /// The mean of the members' probabilities of the test set, which they share.
    private func combine() throws -> ClassificationMetrics? {
        let folders = (1...members).map { folder.member($0) }
        guard FileAccess.exists(folders[0].testPredictions) else { return nil }
        let threshold =
            try folders.reduce(Float(0)) { try $0 + TrainedModel(contentsOf: $1.model).decision.threshold }
            / Float(members)
        let predictions = try folders.map { try TestPredictions.read($0.testPredictions) }
        for (folder, samples) in zip(folders, predictions) where samples.map(\.index) != predictions[0].map(\.index) {
            throw Fault(
                .badData, folder.path, "was tested on other stamps than \(folders[0].path)",
                remedy: "train all members again with a new --output")
        }
        let mean = predictions[0].indices.map { row in
            SamplePrediction(
                index: predictions[0][row].index, label: predictions[0][row].trueClass,
                probability: Float(predictions.reduce(0) { $0 + Double($1[row].score) } / Double(members)),
                threshold: threshold)
        }
        let metrics = ClassificationMetrics(mean)
        try TestPredictions.write(mean, to: folder.testPredictions)
        try JSONFile.write(metrics, to: folder.metrics)
        return metrics
    }
}
