import Faults
import Files
import Metrics
import Models
import RunRecords
import Settings
import StampData
import StampFormats

/// A finished run, read back from its folder: everything that figures and reports are made of.
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
    /// What is missing, for the reader of a report.
    public let notes: [String]

    /// The names of the classes.
    public var classNames: [String] { configuration.findings.classes.names }
    /// Of two classes, the probability above which a stamp counts as a source.
    public var threshold: Float { model?.decision.threshold ?? 0.5 }

    /// Reads a run folder, and opens the stamps that it names.
    ///
    /// - Throws: `Fault(.missingInput)` when there is no finished run, `Fault(.badData)` that names the file at fault.
    public static func read(_ folder: RunFolder) throws -> RunResults {
        try FileAccess.requireReachable(folder.configuration)
        guard FileAccess.exists(folder.configuration) else {
            guard FileAccess.exists(folder.path) else {
                throw Fault(.missingInput, folder.path, "there is no such folder", remedy: "check the name")
            }
            throw Fault(
                .missingInput, folder.path, "holds no run: there is no config.json",
                remedy: "name the --output folder of a finished run")
        }
        try folder.requireFilesAndFolders()
        let configuration = try configuration(folder)
        let tested = try testSet(folder, configuration)
        let testSet = tested?.set
        var notes: [String] = []
        if testSet == nil { notes.append("The run has no test set: --split leaves no stamps for one.") }
        let model = optional(&notes) { try TrainedModel(contentsOf: folder.model) }
        let stamps = optional(
            &notes, "What needs the stamps is left out; relative names refer to the current folder."
        ) {
            try RunStamps.open(configuration, testSet: testSet)
        }
        let known = stamps.map { RunStamps.signalToNoiseThatFits(of: $0, in: configuration.settings.data) }
        if let warning = known?.warning { notes.append(warning) }
        return RunResults(
            folder: folder, configuration: configuration, history: try History.read(folder.history).rows,
            metrics: FileAccess.exists(folder.metrics)
                ? try metrics(folder, configuration) : nil,
            testSet: testSet, identifiers: tested?.identifiers,
            importance: FileAccess.exists(folder.featureImportance)
                ? try FeatureImportance.read(folder.featureImportance) : [],
            model: model, stamps: stamps,
            signalToNoise: known?.ratios,
            notes: notes)
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
