import Faults
import Files
import FoundationEssentials
import Glibc

/// A run in MLflow's file store, which `mlflow ui --backend-store-uri STORE` shows while it grows.
///
/// Not to be used from two threads at once.
public final class MLflowRun {
    /// How MLflow says that a run is under way, or how it has ended: the numbers of its `RunStatus`.
    public enum Status: Int, Sendable {
        case running = 1
        case finished = 3
        case failed = 4
        case killed = 5
    }

    /// What is known of a run when it begins.
    public struct Description: Sendable {
        /// The experiment that it belongs to.
        public var experiment: String
        /// The run folder: a run that goes on in it goes on in the store.
        public var folder: String
        /// Settings, by name.
        public var parameters: [(name: String, value: String)]
        /// The command as it was typed.
        public var command: String
        public var programVersion: String

        public init(
            experiment: String, folder: String, parameters: [(name: String, value: String)], command: String,
            programVersion: String
        ) {
            (self.experiment, self.folder, self.parameters) = (experiment, folder, parameters)
            (self.command, self.programVersion) = (command, programVersion)
        }
    }

    /// The run's folder in the store.
    public let path: String
    private var files: [String: GrowingFile] = [:]
    /// What earlier parts of the run may have measured up to here still counts.
    private let kept: [MLflowPoint.Axis: Int]

    /// Begins a run, or goes on with the one of the same run folder.
    ///
    /// - Parameters:
    ///   - store: the folder of the file store; it is made if it is not there.
    ///   - start: steps and epochs that are done, of a run that goes on; later measurements are removed. Nil for a run
    ///     that begins.
    ///   - wallTime: now, in seconds since 1970.
    /// - Throws: `Fault(.cannotWrite)`.
    public init(
        in store: String, _ description: Description, resumingAfter start: (step: Int, epochs: Int)?, wallTime: Double
    ) throws {
        let milliseconds = Self.milliseconds(wallTime)
        let store = try MLflowStore(store)
        let experiment = try store.experiment(description.experiment, milliseconds: milliseconds)
        let folder = try AbsolutePath.of(description.folder)
        kept = [.steps: start?.step ?? 0, .epochs: start?.epochs ?? 0]
        if start != nil, let earlier = try Self.latest(of: folder, in: experiment.folder) {
            path = earlier
            try MetaFile.update(
                "\(path)/\(MetaFile.name)",
                [("status", .number(Status.running.rawValue)), ("end_time", .nothing)])
        } else {
            let identifier = Self.newIdentifier()
            path = "\(experiment.folder)/\(identifier)"
            try Self.make(path, identifier, experiment.identifier, FileAccess.split(folder).name, milliseconds)
        }
        try write(description, folder)
    }

    /// Makes the folder of a file store, if it is not there, and a file in it for a moment: before the long work starts.
    ///
    /// - Throws: `Fault(.cannotWrite)` for one that cannot be written.
    public static func prepare(store: String) throws {
        let store = try MLflowStore(store)
        _ = try AtomicFile("\(store.path)/.probe")
    }

    /// Adds measurements, each of which ends with a whole line in its file.
    ///
    /// - Parameter points: those that are written are removed.
    /// - Throws: `Fault(.cannotWrite)`; the next call goes on where this one failed.
    public func log(_ points: inout [MLflowPoint]) throws {
        var written = 0
        defer { points.removeFirst(written) }
        for point in points {
            let file = try files[point.name] ?? open(point.name, point.axis)
            files[point.name] = file
            try file.append(Array("\(Self.milliseconds(point.wallTime)) \(point.value) \(point.step)\n".utf8))
            written += 1
        }
    }

    /// Notes how the run has ended.
    public func end(_ status: Status, wallTime: Double) throws {
        try MetaFile.update(
            "\(path)/\(MetaFile.name)",
            [("status", .number(status.rawValue)), ("end_time", .number(Self.milliseconds(wallTime)))])
    }

    // MARK: Beginning

    private static func make(
        _ path: String, _ identifier: String, _ experiment: String, _ name: String, _ milliseconds: Int
    ) throws {
        for folder in ["", "/params", "/metrics", "/tags", "/artifacts"] {
            try FileAccess.makeOwnFolder(path + folder)
        }
        // Last, because a folder without it is no run.
        try MetaFile.write(
            [
                ("artifact_uri", .text("file://\(path)/artifacts")), ("deleted_time", .nothing), ("end_time", .nothing),
                ("entry_point_name", .text("")), ("experiment_id", .text(experiment)),
                ("lifecycle_stage", .text("active")), ("run_id", .text(identifier)), ("run_name", .text(name)),
                ("run_uuid", .text(identifier)), ("source_name", .text("")), ("source_type", .number(4)),
                ("source_version", .text("")), ("start_time", .number(milliseconds)),
                ("status", .number(Status.running.rawValue)), ("tags", .emptyList), ("user_id", .text(user)),
            ], to: "\(path)/\(MetaFile.name)")
    }

    private func write(_ description: Description, _ folder: String) throws {
        for (name, value) in description.parameters {
            // MLflow takes neither longer ones nor several lines.
            try AtomicFile.write(value.printable.shortened(to: 6000), to: "\(path)/params/\(name)")
        }
        let tags = [
            ("mlflow.runName", FileAccess.split(folder).name), ("mlflow.source.name", description.command),
            ("mlflow.source.type", "LOCAL"), ("mlflow.user", Self.user), (Self.folderTag, folder),
            ("program_version", description.programVersion),
        ]
        for (name, value) in tags { try AtomicFile.write(value.shortened(to: 5000), to: "\(path)/tags/\(name)") }
    }

    private static let folderTag = "run_folder"

    /// The run of a run folder that began last.
    private static func latest(of folder: String, in experiment: String) throws -> String? {
        try FileAccess.names(in: experiment).map { "\(experiment)/\($0)" }.filter { run in
            (try? FileAccess.read("\(run)/tags/\(folderTag)", most: 1 << 16)).map { $0 == Array(folder.utf8) } ?? false
                && FileAccess.exists("\(run)/\(MetaFile.name)")
        }.max { start(of: $0) < start(of: $1) }
    }

    private static func start(of run: String) -> Int {
        (try? MetaFile.value(of: "start_time", in: "\(run)/\(MetaFile.name)")).flatMap { Int($0) } ?? 0
    }

    /// 32 hexadecimal digits.
    private static func newIdentifier() -> String {
        UUID().uuidString.lowercased().filter { $0 != "-" }
    }

    private static var user: String { ProcessInfo.processInfo.environment["USER"] ?? "\(getuid())" }

    private static func milliseconds(_ seconds: Double) -> Int { Int(seconds * 1000) }

    // MARK: Metrics

    /// Opens the file of a metric behind what still counts in it.
    private func open(_ name: String, _ axis: MLflowPoint.Axis) throws -> GrowingFile {
        let file = "\(path)/metrics/\(name)"
        var kept: [Substring] = []
        if let bytes = try? FileAccess.read(file) {
            var last = 0
            for line in String(decoding: bytes, as: UTF8.self).split(separator: "\n") {
                guard let step = line.split(separator: " ").last.flatMap({ Int($0) }), step > last,
                    step <= self.kept[axis]!
                else { continue }
                last = step
                kept.append(line)
            }
        } else {
            try FileAccess.makeFolders(FileAccess.split(file).folder)
        }
        let text = kept.map { "\($0)\n" }.joined()
        try AtomicFile.write(text, to: file)
        return try GrowingFile(continuing: file, length: text.utf8.count)
    }
}
