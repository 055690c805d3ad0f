import Faults
import Files
import FoundationEssentials
import Glibc
import SwiftProtobuf

/// A file of events that TensorBoard shows while it grows: `events.out.tfevents.SECONDS.HOST.PROCESS`.
///
/// Every call of ``write(_:step:wallTime:)`` ends with whole records in the file, where a running TensorBoard finds
/// them. Not to be used from two threads at once.
public final class EventFile {
    /// The file.
    public var path: String { file.path }
    private let file: GrowingFile

    /// Creates a file in `folder`.
    ///
    /// TensorBoard reads a folder's files in the order of their names: the new one sorts after all others, even if the
    /// clock was set back or is still in the same second.
    /// - Parameters:
    ///   - isOwn: whether the folder holds event files only: it is then made if it does not exist, and may not be a link.
    ///   - firstStep: where a resumed run continues: what other files say about this step and later ones no longer
    ///     counts. nil for a new run.
    ///   - wallTime: now, in seconds since 1970.
    /// - Throws: `Fault(.cannotWrite)`.
    public init(in folder: String, isOwn: Bool = true, resumingAt firstStep: Int?, wallTime: Double) throws {
        if isOwn { try FileAccess.makeOwnFolder(folder) }
        file = try GrowingFile(creating: "\(folder)/\(try Self.nextName(in: folder, wallTime: wallTime))")
        var version = TensorBoardEvent()
        version.wallTime = wallTime
        // TensorBoard heeds session starts only in files of version 2.
        version.fileVersion = "brain.Event:2"
        // TensorBoard takes a session's start for a resumption only if it has seen an earlier one.
        var start = TensorBoardEvent()
        start.wallTime = wallTime
        start.step = Int64(firstStep ?? 0)
        start.sessionLog.status = .start
        try append([version, start])
    }

    /// Adds the values of one step.
    ///
    /// - Parameters:
    ///   - step: steps done since the start of the run.
    ///   - wallTime: seconds since 1970.
    /// - Throws: `Fault(.cannotWrite)`; the file then ends with what was written before.
    public func write(_ values: [SummaryValue], step: Int, wallTime: Double) throws {
        try write([EventStep(values, step: step, wallTime: wallTime)])
    }

    /// Adds several steps with one system call.
    /// - Throws: `Fault(.cannotWrite)`; the file then ends with what was written before.
    public func write(_ steps: [EventStep]) throws {
        try append(
            steps.map { step in
                var event = TensorBoardEvent()
                event.wallTime = step.wallTime
                event.step = Int64(step.step)
                event.summary.value = step.values.map(\.message)
                return event
            })
    }

    private func append(_ events: [TensorBoardEvent]) throws {
        try file.append(events.flatMap { TFRecord.framed(try $0.serializedBytes()) })
    }

    private static let prefix = "events.out.tfevents."

    private static func nextName(in folder: String, wallTime: Double) throws -> String {
        // Ten digits, as TensorFlow has them: names then sort as numbers do. Others are not of an event file.
        let digits = 10, last = 9_999_999_999
        let latest = try FileAccess.names(in: folder).compactMap { name -> Int? in
            guard name.hasPrefix(prefix) else { return nil }
            return name.dropFirst(prefix.count).split(separator: ".").first
                .flatMap { $0.count == digits ? Int($0) : nil }
        }.max()
        let seconds = String(min(last, max(Int(wallTime), latest.map { $0 + 1 } ?? 0)))
        let padded = String(repeating: "0", count: digits - seconds.count) + seconds
        return "\(prefix)\(padded).\(ProcessInfo.processInfo.hostName).\(getpid())"
    }
}

/// The values of one step.
public struct EventStep: Sendable {
    public var values: [SummaryValue]
    /// Steps done since the start of the run.
    public var step: Int
    /// Seconds since 1970.
    public var wallTime: Double

    public init(_ values: [SummaryValue], step: Int, wallTime: Double) {
        self.values = values
        self.step = step
        self.wallTime = wallTime
    }
}
