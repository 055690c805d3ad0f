import Faults
import Files
import Metrics
import Models
import FoundationEssentials
import Monitoring
import RunRecords
import Settings
import StampData
import StampFormats

/// A run, read back from its folder: everything that figures and reports are made of.
public struct RunResults: Sendable {
    /// Where the run was read from.
    public let folder: RunFolder
    /// `config.json`.
    public let configuration: ConfigurationRecord
    /// `history.csv`.
    public let history: [HistoryRow]
    /// `metrics.json`; nil for a run without a test set.
    public let metrics: TestMetrics?
    /// `test_predictions.csv`: the probabilities of the test set; nil for a run without one.
    public let testSet: TestSet?
    /// What its stamps are called; nil for a run without `--ids`.
    public let identifiers: SampleIdentifiers?
    /// `feature_importance.csv`; empty for a run without features or a test set.
    public let importance: [FeatureImportance]
    /// `model.safetensors`; nil when it is gone.
    public let model: TrainedModel?
    /// The stamps that the run was trained and tested on; nil when they are gone or have changed since.
    public let stamps: StampCollection?
    /// The signal-to-noise ratio of each stamp, NaN of noise; nil if unknown.
    public let signalToNoise: [Double]?
    /// What the simulator drew in each stamp; nil if unknown.
    public let kinds: [String]?
    /// How far a run has come that is not finished; nil of one that is.
    public let unfinished: RunStatus?
    /// The last steps of a run that is not finished.
    public let steps: [StepRow]
    /// Of two classes, the probability above which a stamp counts as a source.
    public let threshold: Float
    /// What is missing, for the reader of a report.
    public let notes: [String]

    /// The names of the classes.
    public var classNames: [String] { configuration.findings.classes.names }
    /// The best epoch; nil where none can be compared.
    var best: BestEpoch? { BestEpoch(history, stopping: configuration.settings.stopping) }

    /// Reads a run folder, and opens the stamps that it names.
    ///
    /// - Parameters:
    ///   - opensStamps: whether to look for the stamps.
    ///   - now: in seconds since 1970.
    /// - Throws: `Fault(.missingInput)` when there is no run, `Fault(.badData)` that names the file at fault.
    public static func read(
        _ folder: RunFolder, opensStamps: Bool = true, now: Double = Date().timeIntervalSince1970
    ) throws -> RunResults {
        try FileAccess.requireReachable(folder.configuration)
        guard FileAccess.exists(folder.configuration) else {
            guard FileAccess.exists(folder.path) else {
                throw Fault(.missingInput, folder.path, "there is no such folder", remedy: "check the name")
            }
            throw Fault(
                .missingInput, folder.path, "holds no run: there is no config.json",
                remedy: "name the --output folder of a run")
        }
        try folder.requireFilesAndFolders()
        let configuration = try configuration(folder)
        let tested = try testSet(folder, configuration)
        let testSet = tested?.set
        let unfinished =
            configuration.isFinished(in: folder)
            ? nil : RunStatus(folder, host: RunLock.hostName(), now: now)
        var notes: [String] = []
        if testSet == nil, unfinished == nil {
            notes.append("The run has no test set: --split leaves no stamps for one.")
        }
        // A run that is not finished may have none yet.
        let model =
            unfinished != nil && !FileAccess.exists(folder.model)
            ? nil : optional(&notes) { try TrainedModel(contentsOf: folder.model) }
        let stamps: StampCollection? =
            !opensStamps
            ? nil
            : optional(&notes, "What needs the stamps is left out; relative names refer to the current folder.") {
                try RunStamps.open(configuration, testSet: testSet)
            }
        let known = stamps.map { RunStamps.signalToNoiseThatFits(of: $0, in: configuration.settings.data) }
        if let warning = known?.warning { notes.append(warning) }
        let hasHistory = unfinished == nil || FileAccess.exists(folder.history)
        return RunResults(
            folder: folder, configuration: configuration,
            history: hasHistory ? try History.read(folder.history).rows : [],
            metrics: FileAccess.exists(folder.metrics)
                ? try metrics(folder, configuration) : nil,
            testSet: testSet, identifiers: tested?.identifiers,
            importance: FileAccess.exists(folder.featureImportance)
                ? try FeatureImportance.read(folder.featureImportance) : [],
            model: model, stamps: stamps,
            signalToNoise: known?.ratios,
            kinds: stamps.flatMap { stamps in
                optional(&notes) { try RunStamps.kinds(of: stamps, in: configuration.settings.data) } ?? nil
            },
            unfinished: unfinished, steps: unfinished == nil ? [] : MetricsLog.lastSteps(in: folder.metricsLog),
            threshold: model?.decision.threshold ?? 0.5, notes: notes)
    }

    /// The same run as nothing but the test set of several, as all of them see it together.
    ///
    /// - Parameters:
    ///   - folder: of all of them.
    ///   - threshold: theirs.
    func together(in folder: RunFolder, threshold: Float) throws -> RunResults {
        let tested = try Self.testSet(folder, configuration)
        var notes: [String] = []
        if tested == nil {
            notes.append("There is no test set of all runs together: they have none, or not all of them have ended.")
        }
        let known = stamps.flatMap { stamps in
            zip(tested?.set.indices ?? [], tested?.set.trueClasses ?? []).allSatisfy {
                $0 < stamps.count && stamps.label($0) == $1
            } ? stamps : nil
        }
        return RunResults(
            folder: folder, configuration: configuration, history: [],
            metrics: FileAccess.exists(folder.metrics) ? try Self.metrics(folder, configuration) : nil,
            testSet: tested?.set, identifiers: tested?.identifiers, importance: [], model: nil, stamps: known,
            signalToNoise: known == nil ? nil : signalToNoise, kinds: known == nil ? nil : kinds, unfinished: nil,
            steps: [], threshold: threshold, notes: notes)
    }

    /// `config.json`, with settings that a run can have.
    private static func configuration(_ folder: RunFolder) throws -> ConfigurationRecord {
        let record = try JSONFile.read(ConfigurationRecord.self, from: folder.configuration)
        do { try record.settings.validate() } catch let fault as Fault {
            throw Fault(
                .badData, folder.configuration, "has a setting that no run has: \(fault.subject) \(fault.problem)",
                remedy: "restore the file from a copy, or run again with a new --output")
        }
        return record
    }

    /// `test_predictions.csv`, if a sample is in it.
    private static func testSet(
        _ folder: RunFolder, _ configuration: ConfigurationRecord
    ) throws -> TestPredictions.Contents? {
        guard FileAccess.exists(folder.testPredictions) else { return nil }
        let tested = try TestPredictions.read(
            folder.testPredictions, classNames: configuration.findings.classes.names)
        return tested.set.indices.isEmpty ? nil : tested
    }

    /// `metrics.json`, of the run's classes.
    private static func metrics(_ folder: RunFolder, _ configuration: ConfigurationRecord) throws -> TestMetrics {
        let names = configuration.findings.classes.names
        let metrics = try JSONFile.read(TestMetrics.self, from: folder.metrics)
        let isOfRun =
            switch metrics {
            case .two: names.count == 2
            case .several(let metrics): metrics.classNames == names
            }
        guard isOfRun else {
            throw Fault(
                .badData, folder.metrics, "is of other classes than the run's",
                remedy: "restore the file from a copy, or run again with a new --output")
        }
        return metrics
    }

    /// What `body` reads; nil, and a note that says why, when it cannot.
    private static func optional<Value>(
        _ notes: inout [String], _ consequence: String = "", _ body: () throws -> Value
    ) -> Value? {
        do {
            return try body()
        } catch {
            notes.append("\(error)" + (consequence.isEmpty ? "" : ". " + consequence))
            return nil
        }
    }
}

extension ConfigurationRecord {
    /// Whether the run has noted its end, or has what is made at the end in versions that did not.
    fileprivate func isFinished(in folder: RunFolder) -> Bool {
        finishedFiles.map { !$0.isEmpty } ?? [folder.model, folder.metrics].contains(where: FileAccess.exists)
    }
}
