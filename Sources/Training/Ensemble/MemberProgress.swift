import Communication
import Files
import KerasFormat
import Lanes
import RunRecords
import Settings

/// How far a member of an ensemble has come.
enum MemberProgress: Codable {
    case notBegun, begun
    /// It has done all that is asked for, and all of its files are there.
    case finished

    /// The progress of all members. Nothing is changed. Collective.
    ///
    /// - Parameters:
    ///   - members: their settings as asked for, which differ in seed, fold and folder only.
    ///   - context: of the ensemble.
    /// - Throws: `AgreedFault` for a member that was begun with other settings or other data, or has more epochs than
    ///   are asked for.
    static func agreed(of members: [TrainingSettings], context: RunContext) throws -> [MemberProgress] {
        let group = context.group
        guard context.configuration.execution.resume else { return members.map { _ in .notBegun } }
        let records = try group.onRoot { try members.map(record) }
        let hasRecord = records?.contains { $0 != nil } ?? false
        let asked = try group.maximum(of: hasRecord ? 1 : 0) > 0 ? try LoadedRun(looking: members[0], context) : nil
        return try group.shared {
            try zip(members, records!).map { member, record in
                guard let asked, let record else {
                    return FileAccess.exists(member.output) ? MemberProgress.begun : .notBegun
                }
                return try progress(of: member, record, asked)
            }
        }
    }

    /// What a member's folder says of it; nil if it has not come so far.
    private static func record(_ member: TrainingSettings) throws -> ConfigurationRecord? {
        let folder = RunFolder(member.output)
        try folder.requireFilesAndFolders()
        guard FileAccess.exists(folder.configuration) else { return nil }
        return try JSONFile.read(ConfigurationRecord.self, from: folder.configuration)
    }

    private static func progress(
        of member: TrainingSettings, _ record: ConfigurationRecord, _ asked: LoadedRun
    ) throws -> MemberProgress {
        let folder = RunFolder(member.output)
        var settings = asked.settings
        (settings.seed, settings.splitSeed, settings.fold) = (member.seed, member.splitSeed, member.fold)
        // All training stamps are not equally many in each fold.
        if member.batchSize == .full { settings.batchSize = record.settings.batchSize }
        try folder.refuse(
            SettingDifferences(
                record.settings, record.settings.decidingResult(record.findings), now: settings,
                settings.decidingResult(asked.findings),
                isMicrobatchAsked: asked.context.configuration.microbatch != nil
            ).texts)
        let done = (try? History.read(folder.history).rows.count) ?? 0
        try folder.refuse(fewerEpochs: settings.epochs, than: done, "done")
        // More epochs, or another way to decide, are made of what the member has.
        let isAsked = record.settings.epochs == settings.epochs && record.settings.decision == settings.decision
        return isAsked && record.isFinished(in: folder) ? .finished : .begun
    }
}

extension ConfigurationRecord {
    /// Whether the run has ended, and all that it has made is still there.
    ///
    /// A run of a version that did not note its end has ended if all of its files are there and nothing that it could
    /// go on from; the others redo their last part, as those do that were killed before they had noted it.
    fileprivate func isFinished(in folder: RunFolder) -> Bool {
        if let finishedFiles { return folder.hasFinished(finishedFiles) }
        let hasCheckpoints = !((try? folder.checkpoints.all()) ?? []).isEmpty
        let expected =
            [folder.history, folder.hashes, folder.metricsLog, folder.model]
            + (findings.testStamps > 0 ? [folder.metrics, folder.testPredictions] : [])
            + (KerasArchive.isSupported ? [folder.kerasModel] : [])
        return !hasCheckpoints && folder.hasFiles(expected.map { FileAccess.split($0).name })
    }
}

extension LoadedRun {
    /// A run that is only looked at: its folder is not touched. Collective.
    fileprivate init(looking settings: TrainingSettings, _ ensemble: RunContext) throws {
        var logger = ensemble.logger
        // The members that train say the same.
        logger.logLevel = .critical
        let context = RunContext(
            configuration: settings, programVersion: ensemble.programVersion, group: ensemble.group,
            environment: ensemble.environment, logger: logger)
        let team = try LaneTeam.forRank(
            threads: settings.execution.threads, group: context.group, logger: context.logger)
        defer { team.finish() }
        try self.init(PreparedRun(context, team: team, opensFolder: false))
    }
}
