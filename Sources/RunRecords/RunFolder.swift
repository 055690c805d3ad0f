import Faults
import Files
import Glibc

/// The folder of one training run, and the paths of all that is in it.
///
/// ```
/// config.json          every setting as resolved, versions, CPU kernel type, ranks, threads
/// history.csv          one row an epoch
/// metrics.jsonl        steps and epochs as they are done, one JSON object a line
/// hashes.csv           a hash of all parameters at each epoch's end
/// training_stamps.bin  hashes of the stamps that were trained on
/// metrics.json         the test set
/// test_predictions.csv index,true_class,probability; with identifiers index,id,…
/// feature_importance.csv  which features the test set needs, of a network that takes some
/// model.safetensors    final weights
/// model.keras          the same model for Keras, in a build that can write it
/// figures/             pictures, and the numbers behind them
/// report.html          all of it as one page
/// ended.json           why a run is not finished though its program has ended, if that could still say so
/// train/, validation/, events.out.tfevents.*  what TensorBoard shows
/// checkpoints/step-N/  complete or absent, never half
/// ```
public struct RunFolder: Sendable {
    /// As given, without trailing slashes.
    public let path: String
    /// The folders that ``open(_:resuming:)`` had to create, outermost first.
    private let created: [String]
    /// Keeps other runs out while this value, or a copy of it, exists; nil for a folder that was only named.
    private let lock: RunLock?

    /// Names a run folder; touches nothing.
    public init(_ path: String) {
        self.init(path, created: [], lock: nil)
    }

    private init(_ path: String, created: [String], lock: RunLock?) {
        precondition(!path.isEmpty, "a run folder needs a path")
        self.path = Self.withoutTrailingSlashes(path)
        self.created = created
        self.lock = lock
    }

    /// ``ConfigurationRecord``.
    public var configuration: String { "\(path)/config.json" }
    /// ``History``.
    public var history: String { "\(path)/history.csv" }
    /// ``ParameterHashes``.
    public var hashes: String { "\(path)/hashes.csv" }
    /// ``MetricsLog``.
    public var metricsLog: String { "\(path)/metrics.jsonl" }
    /// ``TestMetrics`` of the test set.
    public var metrics: String { "\(path)/metrics.json" }
    /// ``TestPredictions``.
    public var testPredictions: String { "\(path)/test_predictions.csv" }
    /// ``FeatureImportance`` of each feature.
    public var featureImportance: String { "\(path)/feature_importance.csv" }
    /// ``TrainedStampsFile``.
    public var trainingStamps: String { "\(path)/training_stamps.bin" }
    /// The final weights.
    public var model: String { "\(path)/model.safetensors" }
    /// The same model for Keras.
    public var kerasModel: String { "\(path)/model.keras" }
    /// Pictures of the run, and the numbers behind them.
    public var figures: String { "\(path)/figures" }
    /// The run as one page.
    public var report: String { "\(path)/report.html" }
    /// ``EarlyEnd``, of a run that is not finished.
    public var earlyEnd: String { "\(path)/ended.json" }
    /// What TensorBoard shows of training: one file for each part of the run.
    public var trainingEvents: String { "\(path)/train" }
    /// What TensorBoard shows of validation.
    public var validationEvents: String { "\(path)/validation" }
    /// What the run can be resumed from.
    public var checkpoints: CheckpointFolder { CheckpointFolder("\(path)/checkpoints") }

    /// Prepares the folder for a run: creates it with its parents, checks that it can be written, locks it, and removes
    /// half-written files of an interrupted run. To be called by rank 0 alone, before the long work starts.
    ///
    /// A refused start leaves nothing behind.
    /// - Parameter resuming: continue the existing run, if there is one; otherwise a used folder is refused.
    /// - Throws: `Fault(.usage)` for a folder that another run has used, or uses now; `Fault(.cannotWrite)` for one
    ///   that cannot be written.
    public static func open(_ path: String, resuming: Bool) throws -> RunFolder {
        guard !path.isEmpty else {
            throw Fault(.usage, "--output", "the path is empty", remedy: "name a folder with --output DIR")
        }
        let folder = RunFolder(path)
        let member = EnsembleFolder(folder.path).member(1)
        guard !FileAccess.exists(member.path) else {
            throw Fault(
                .usage, "--output \(path)", "already holds an ensemble (\(FileAccess.split(member.path).name))",
                remedy: "name another folder with --output, or continue the ensemble with --members and --resume")
        }
        try folder.requireFilesAndFolders()
        if !resuming || folder.traceOfARun == nil, let file = folder.whatARunReplaces {
            throw Fault(
                .usage, "--output \(path)", "already holds a run (\(file))",
                remedy: "name another folder with --output, or continue that run with --resume")
        }
        let named = RunFolder(path, created: try createMissingFolders(folder.path), lock: nil)
        do {
            try named.checkThatFilesCanBeWritten()
            let opened = RunFolder(path, created: named.created, lock: try RunLock(folder: named.path))
            try opened.removePartialFiles()
            return opened
        } catch {
            named.withdraw()
            throw error
        }
    }

    /// Removes the folders that ``open(_:resuming:)`` created, if they are still empty: for a run that is refused after
    /// its folder was opened.
    public func withdraw() {
        lock?.release()
        for folder in created.reversed() { rmdir(folder) }
    }

    /// Lets other runs use the folder, before the process ends.
    public func unlock() { lock?.release() }

    /// The first file or folder that shows that a run has been here; nil if none has.
    public var traceOfARun: String? { Self.first([configuration, history, checkpoints.path, model]) }

    /// The first file or folder that a run would replace.
    private var whatARunReplaces: String? {
        Self.first([configuration] + folders + results + [report])
    }

    private static func first(_ paths: [String]) -> String? {
        paths.first(where: FileAccess.exists).map { FileAccess.split($0).name }
    }

    private static func createMissingFolders(_ path: String) throws(Fault) -> [String] {
        var missing: [String] = []
        var ancestor = path
        while ancestor != "." && !FileAccess.exists(ancestor) {
            missing.append(ancestor)
            ancestor = FileAccess.split(ancestor).folder
        }
        var created: [String] = []
        for folder in missing.reversed() {
            if mkdir(folder, 0o777) == 0 {
                created.append(folder)
            } else if errno != EEXIST {
                let code = errno
                for folder in created.reversed() { rmdir(folder) }
                throw Fault.cannotWrite(path, code)
            }
        }
        return created
    }

    /// Permissions alone are not conclusive (root, read-only file systems, quotas): create a file and see.
    private func checkThatFilesCanBeWritten() throws(Fault) {
        guard FileAccess.isFolder(path) else { throw Fault.cannotWrite(path, ENOTDIR) }
        let probe = "\(path)/.probe.partial"
        try FileAccess.remove(probe)
        let descriptor = Glibc.open(probe, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
        guard descriptor >= 0 else { throw Fault.cannotWrite(path, errno) }
        close(descriptor)
        unlink(probe)
    }

    private var files: [String] { [configuration, report, earlyEnd] + results }

    /// The paths of all that a run writes, but for what is in folders.
    public var ownFiles: [String] { files + folders }

    private var folders: [String] { [checkpoints.path, figures, trainingEvents, validationEvents] }

    /// What a run makes, as far as it has a test set and features, and Keras can express its network.
    private var results: [String] {
        [
            history, hashes, metricsLog, trainingStamps, metrics, testPredictions, featureImportance, model, kerasModel,
        ]
    }

    /// The names of the files with a run's results that are there.
    public var presentResults: [String] { results.filter(Self.isFile).map { FileAccess.split($0).name } }

    /// Whether there are files of all these names.
    public func hasFiles(_ names: [String]) -> Bool { names.allSatisfy { Self.isFile("\(path)/\($0)") } }

    /// Whether a run has noted these files at its end, and all are still there.
    public func hasFinished(_ files: [String]) -> Bool { !files.isEmpty && hasFiles(files) }

    private static func isFile(_ path: String) -> Bool { (try? FileAccess.requireFile(path)) != nil }

    /// Refuses a folder in which something else than a file or a folder has the name of one: a pipe, for instance,
    /// would be waited for.
    ///
    /// - Throws: `Fault(.badData)` that names it.
    public func requireFilesAndFolders() throws(Fault) {
        for file in files where FileAccess.exists(file) { try FileAccess.requireFile(file) }
        for folder in folders
        where FileAccess.exists(folder) && !FileAccess.isFolder(folder) && (try? FileAccess.requireFile(folder)) == nil
        {
            throw Fault(
                .badData, folder, "is a pipe or a device instead of a folder",
                remedy: "remove it, or choose another --output")
        }
    }

    private func removePartialFiles() throws {
        let ours = files.map { FileAccess.split($0).name }
        try AtomicFile.removePartial(in: path, of: ours)
        try checkpoints.removePartial()
    }

    private static func withoutTrailingSlashes(_ path: String) -> String {
        var path = path[...]
        while path.count > 1 && path.hasSuffix("/") { path.removeLast() }
        return String(path)
    }
}
