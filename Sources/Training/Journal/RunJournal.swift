import Faults
import FoundationEssentials
import MLflow
import Models
import RunRecords
import TensorBoard

/// What rank 0 records while a run is under way: `metrics.jsonl`, TensorBoard's event files and MLflow's
/// file store.
///
/// It only reads: the run has the same bits with and without it. All calls are made on the thread that writes
/// checkpoints, one after another.
final class RunJournal: @unchecked Sendable {
    private let folder: RunFolder
    private let isResumed: Bool
    /// Where the run continues.
    private let start: (step: Int, epochs: Int)
    private var log: MetricsLog?
    /// What TensorBoard shows; nil for nothing.
    private var events: RunEvents?
    /// Rows still to be written.
    private var rows: [Row] = []
    /// Where MLflow's run is or is to be; nil for nowhere.
    private let mlflow: (store: String, description: MLflowRun.Description)?
    private var mlflowRun: MLflowRun?
    private var points: [MLflowPoint] = []
    /// A full disk is reported once, not every second.
    private var isFailing = false

    private enum Row {
        case step(StepRow)
        case epoch(HistoryRow, step: Int)
    }

    /// - Parameters:
    ///   - events: what TensorBoard shows; nil for nothing.
    ///   - mlflow: a folder of MLflow's file store, and what is known of the run; nil for none.
    ///   - isResumed: whether the folder may hold records of an earlier run: those of repeated steps no longer count.
    ///   - step: steps that are done.
    ///   - epochs: epochs that are complete.
    init(
        _ folder: RunFolder, events: RunEvents?, mlflow: (store: String, description: MLflowRun.Description)? = nil,
        isResumed: Bool, step: Int, epochs: Int
    ) {
        self.folder = folder
        self.mlflow = mlflow
        self.events = events
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
        for (row, time) in zip(steps, wallTimes) {
            let values = Self.values(row)
            events?.show(
                values.map { .scalar("batch_\($0.name)", $0.value) }, in: .training, step: row.step, wallTime: time)
            if mlflow != nil {
                points += values.map { MLflowPoint("train/\($0.name)", $0.value, .steps, row.step, wallTime: time) }
            }
        }
        try write()
    }

    /// Adds an epoch: its row of `history.csv`, and the distribution of each array of parameters.
    ///
    /// - Parameter step: steps done since the start of the run.
    func append(_ row: HistoryRow, step: Int, weights: [SummaryValue]) throws {
        rows.append(.epoch(row, step: step))
        let now = Self.now
        events?.show(row, step: step, weights: weights, wallTime: now)
        if mlflow != nil {
            points += Self.values(row).map { MLflowPoint($0.name, $0.value, .epochs, row.epoch, wallTime: now) }
        }
        try write()
    }

    /// The measurements of steps.
    private static func values(_ row: StepRow) -> [(name: String, value: Double)] {
        [
            ("loss", row.loss), ("accuracy", row.accuracy), ("learning_rate", decimal(row.learningRate)),
            ("samples_per_second", row.samplesPerSecond),
        ]
    }

    /// The measurements of an epoch, named as in `history.csv`.
    private static func values(_ row: HistoryRow) -> [(name: String, value: Double)] {
        [
            ("loss", row.loss), ("accuracy", row.accuracy), ("learning_rate", Self.decimal(row.learningRate)),
            ("samples_per_second", row.samplesPerSecond),
        ]
            + [("val_loss", row.validationLoss), ("val_accuracy", row.validationAccuracy)].compactMap { name, value in
                value.map { (name, $0) }
            }
            + HistoryRow.WatchedColumn.allCases.compactMap { column in row[column].map { (column.rawValue, $0) } }
    }

    /// The double that people would write for a number in single precision: 0.01 for 0.01.
    static func decimal(_ value: Float) -> Double { Double("\(value)") ?? Double(value) }

    /// Adds what the test set says, at the end of the run.
    ///
    /// - Parameter epochs: those that are complete.
    func append(test metrics: [(name: String, value: Double)], epochs: Int) throws {
        guard mlflow != nil else { return }
        points += metrics.map { MLflowPoint("test_\($0.name)", $0.value, .epochs, epochs, wallTime: Self.now) }
        try write()
    }

    /// Notes how the run has ended, where TensorBoard and MLflow show it.
    func end(_ status: MLflowRun.Status) throws {
        if status == .finished { try show([.finished(at: Self.now)], step: start.step) }
        try write()
        try mlflowRun?.end(status, wallTime: Self.now)
    }

    /// Shows values only in TensorBoard.
    func show(_ values: [SummaryValue], step: Int) throws {
        events?.show(values, in: .run, step: step, wallTime: Self.now)
        try write()
    }

    /// Opens the files, if necessary, and brings them up to date.
    ///
    /// - Throws: `Fault(.cannotWrite)` for the first failure in a row; the next call tries again.
    func write() throws {
        let failures = [writeLog, writeEvents, writeMLflow].compactMap { write -> (any Error)? in
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

    private func writeEvents() throws { try events?.write() }

    private func writeMLflow() throws {
        guard let mlflow else { return }
        let run =
            try mlflowRun
            ?? MLflowRun(
                in: mlflow.store, mlflow.description, resumingAfter: isResumed ? start : nil, wallTime: Self.now)
        mlflowRun = run
        try run.log(&points)
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
