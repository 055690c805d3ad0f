import Communication
import Faults
import Lanes
import Models
import Optimizers
import Settings
import StampData
import StampLoading
import Tensors

/// A run whose network is built and whose stamps are in memory, each rank holding its share, with everything that is
/// known before the first weight.
struct LoadedRun {
    let prepared: PreparedRun
    let network: Network
    let data: TrainingData
    /// Every setting as resolved.
    let settings: TrainingSettings
    /// What `config.json` records besides the settings.
    let findings: RunFindings
    /// The settings that decide the result, by the name of their option.
    let deciding: [String: String]

    var context: RunContext { prepared.context }

    /// Builds the network and loads the data. Collective.
    ///
    /// - Throws: `AgreedFault` for a network that does not fit, which is refused before the stamps are read; and for
    ///   stamps that cannot be used, or do not match the settings.
    init(_ prepared: PreparedRun) throws {
        let (context, collection) = (prepared.context, prepared.collection)
        let configuration = context.configuration
        self.prepared = prepared
        network = try RunNetwork.agreed(context, collection, features: prepared.columns.features?.count ?? 0)
        let clock = ContinuousClock()
        let start = clock.now
        data = try TrainingData.load(
            collection,
            DataRequest(
                configuration, defaultMicrobatch: network.defaultMicrobatch(batchSize:),
                parts: prepared.columns.parts, groups: prepared.columns.groups,
                weights: prepared.columns.weights, features: prepared.features),
            team: prepared.team, group: context.group, logger: context.logger)
        if context.isRoot, let warning = data.findings.swappedClassesWarning { context.logger.warning("\(warning)") }
        try Self.refuseUnmeasured(
            configuration.stopping.early?.metric, "--early-stopping", data, collection,
            otherwise: "give --early-stopping loss")
        try Self.refuseUnmeasured(
            configuration.stopping.plateau?.metric, "--reduce-on-plateau", data, collection,
            otherwise: "leave it out")
        try Self.refuseUnmeasured(
            context.trial?.metric, "--metric", data, collection, otherwise: "give --metric loss")
        context.warnAboutIdleLanes(data.plan, prepared.team)
        context.warnAboutEmptyParts(data)
        context.logData(collection, data, prepared.team, network)
        if context.isRoot { context.logger.debug("stamps read and normalised in \(clock.now - start)") }
        try context.logReadCounts()
        settings = configuration.resolved(
            batchSize: data.plan.batchSize, microbatch: data.plan.largestMicrobatch, classes: network.outputs,
            bits: network.bits)
        var findings = Self.findings(collection, network, data)
        if !prepared.columns.fingerprints.isEmpty { findings.columns = prepared.columns.fingerprints }
        self.findings = findings
        deciding = try settings.decidingResult(findings)
    }

    /// The lanes that train: those that have a microbatch. The others would only delay each barrier; with batch 1 that
    /// is all lanes but one. Collective.
    func trainingTeam() throws -> LaneTeam {
        let (team, busy) = (prepared.team, max(1, data.shard.positions.count))
        return try context.group.agree { busy < team.count ? try LaneTeam(count: busy) : team }
    }

    /// A metric that is not measured cannot be monitored.
    private static func refuseUnmeasured(
        _ metric: Stopping.Metric?, _ option: String, _ data: TrainingData, _ collection: StampCollection,
        otherwise remedy: String
    ) throws {
        guard let metric, metric.needsValidation else { return }
        let labels = Set(data.validation.labels)
        let classes = collection.classes.names.indices
        let missing: String
        if labels.isEmpty {
            missing = "stamp"
        } else if metric.ranksClasses, let label = classes.first(where: { !labels.contains($0) }) {
            missing = collection.classes.names[label]
        } else {
            return
        }
        throw AgreedFault(
            fault: Fault(
                .usage, option, "watches \(metric.rawValue), and --split leaves no \(missing) for validation",
                remedy: "give validation a \(labels.isEmpty ? "" : "larger ")share, or \(remedy)"))
    }

    /// What the run has found out, besides its settings.
    private static func findings(
        _ collection: StampCollection, _ network: Network, _ data: TrainingData
    ) -> RunFindings {
        RunFindings(
            network: network.description, stampHeight: collection.height, stampWidth: collection.width,
            classes: collection.classes, classStamps: collection.classCounts,
            dataFingerprint: data.findings.fingerprint.hexadecimal, trainingStamps: data.split.training.count,
            validationStamps: data.split.validation.count, testStamps: data.split.test.count,
            microbatches: data.plan.microbatches)
    }
}
