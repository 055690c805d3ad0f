import Faults
import FoundationEssentials
import Models
import RunRecords
import TensorBoard

/// What rank 0 records while a run is under way: `metrics.jsonl` and TensorBoard's event file.
///
/// It only reads: the run has the same bits with and without it. All calls are made on the thread that writes
/// checkpoints, one after another.
final class RunJournal: @unchecked Sendable {
    private let folder: RunFolder
    private let hasEvents: Bool
    private let isResumed: Bool
    /// Where the run continues.
    private let start: (step: Int, epochs: Int)
    private var log: MetricsLog?
    private var events: EventFile?
    /// Rows still to be written.
    private var rows: [Row] = []
    private var shown: [EventStep] = []
    /// A full disk is reported once, not every second.
    private var isFailing = false

    private enum Row {
        case step(StepRow)
        case epoch(HistoryRow, step: Int)
    }

    /// - Parameters:
    ///   - hasEvents: whether there is an event file.
    ///   - isResumed: whether the folder may hold records of an earlier run: those of repeated steps no longer count.
    ///   - step: steps that are done.
    ///   - epochs: epochs that are complete.
    init(_ folder: RunFolder, hasEvents: Bool, isResumed: Bool, step: Int, epochs: Int) {
        self.folder = folder
        self.hasEvents = hasEvents
        self.isResumed = isResumed
        start = (step, epochs)
    }

    /// The last row of steps that a resumed run kept.
    var lastKeptStep: StepRow? { log?.lastKeptStep }

    /// Adds rows of steps.
    ///
    /// - Parameter wallTimes: when each was done, in seconds since 1970.
    func append(_ steps: [StepRow], wallTimes: [Double]) throws {
        rows += steps.map(Row.step)
        shown += zip(steps, wallTimes).map { row, time in
            EventStep(
                [
                    .scalar("train/loss", row.loss), .scalar("train/accuracy", row.accuracy),
                    .scalar("train/learning_rate", Double(row.learningRate)),
                    .scalar("train/samples_per_second", row.samplesPerSecond),
                ], step: row.step, wallTime: time)
        }
        try write()
    }

    /// Adds an epoch: its row of `history.csv`, and the distribution of each array of parameters.
    ///
    /// - Parameter step: steps done since the start of the run.
    func append(_ row: HistoryRow, step: Int, weights: [SummaryValue]) throws {
        rows.append(.epoch(row, step: step))
        var values: [SummaryValue] = [
            .scalar("epoch/loss", row.loss), .scalar("epoch/accuracy", row.accuracy),
            .scalar("epoch/learning_rate", Double(row.learningRate)),
            .scalar("epoch/samples_per_second", row.samplesPerSecond),
        ]
        if let loss = row.validationLoss { values.append(.scalar("epoch/val_loss", loss)) }
        if let accuracy = row.validationAccuracy { values.append(.scalar("epoch/val_accuracy", accuracy)) }
        for column in HistoryRow.WatchedColumn.allCases {
            if let value = row[column] { values.append(.scalar("epoch/\(column.rawValue)", value)) }
        }
        shown.append(EventStep(values + weights, step: step, wallTime: Self.now))
        try write()
    }

    /// Shows values only in TensorBoard.
    func show(_ values: [SummaryValue], step: Int) throws {
        shown.append(EventStep(values, step: step, wallTime: Self.now))
        try write()
    }

    /// Opens the files, if necessary, and brings them up to date.
    ///
    /// - Throws: `Fault(.cannotWrite)` for the first failure in a row; the next call tries again.
    func write() throws {
        let failures = [writeLog, writeEvents].compactMap { write -> (any Error)? in
            do {
                try write()
                return nil
            } catch { return error }
        }
        defer { isFailing = !failures.isEmpty }
        if let failure = failures.first, !isFailing { throw failure }
    }

    /// Makes the log durable, so that a checkpoint never knows of more steps than the log.
    func synchronize() throws { try log?.synchronize() }

    private func writeLog() throws {
        let log = try log ?? MetricsLog(folder.metricsLog, keepingSteps: start.step, epochs: start.epochs)
        self.log = log
        for row in rows {
            switch row {
            case .step(let row): try log.append(row)
            case .epoch(let row, let step): try log.append(row, step: step)
            }
        }
        rows = []
        try log.write()
    }

    private func writeEvents() throws {
        guard hasEvents else { return shown = [] }
        let events =
            try events
            ?? EventFile(in: folder.events, resumingAt: isResumed ? start.step + 1 : nil, wallTime: Self.now)
        self.events = events
        try events.write(shown)
        shown = []
    }

    static var now: Double { Date().timeIntervalSince1970 }
}

extension Network {
    /// The distribution of each array of parameters.
    func histograms(of weights: Weights) -> [SummaryValue] {
        parameters.map { parameter in
            let values = UnsafeBufferPointer(start: weights.pointer(parameter), count: parameter.shape.count)
            return .histogram("weights/\(parameter.name)", Histogram(of: values))
        }
    }
}
