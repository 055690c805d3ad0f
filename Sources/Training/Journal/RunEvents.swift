import Files
import RunRecords
import TensorBoard

/// The event files of a run as Keras' callback `TensorBoard` writes them, so that training and validation share a card:
/// in `train/` and `validation/` under the same names, and in the run folder itself what is of neither.
///
/// Not to be used from two threads at once.
struct RunEvents {
    enum Series: CaseIterable {
        case run, training, validation
    }

    private let folder: RunFolder
    /// Where the run continues; nil for a new one.
    private let start: Int?
    private var files: [Series: EventFile] = [:]
    /// What is still to be written.
    private var shown: [Series: [EventStep]] = [:]

    /// - Parameters:
    ///   - start: steps that are done, in a run that goes on; nil for a new one.
    ///   - settings: by the names of their options.
    ///   - command: how the program was started.
    init(_ folder: RunFolder, start: Int?, settings: [(name: String, value: String)], command: String) {
        self.folder = folder
        self.start = start
        // Four blanks: code, in Markdown.
        show(
            [.hyperparameters(settings, begun: RunJournal.now), .text("command", "    \(command)")],
            in: .run, step: start ?? 0, wallTime: RunJournal.now)
    }

    /// Adds the values of a step, to be written by ``write()``.
    mutating func show(_ values: [SummaryValue], in series: Series, step: Int, wallTime: Double) {
        guard !values.isEmpty else { return }
        shown[series, default: []].append(EventStep(values, step: step, wallTime: wallTime))
    }

    /// Adds an epoch: its row of `history.csv`, named as Keras names it, and the distribution of each array of
    /// parameters.
    mutating func show(_ row: HistoryRow, step: Int, weights: [SummaryValue], wallTime: Double) {
        let training = [
            ("epoch_loss", row.loss), ("epoch_accuracy", row.accuracy),
            ("epoch_learning_rate", RunJournal.decimal(row.learningRate)),
            ("epoch_samples_per_second", row.samplesPerSecond),
        ]
        let validation = [
            ("epoch_loss", row.validationLoss), ("epoch_accuracy", row.validationAccuracy),
            ("epoch_roc_auc", row.validationROCArea), ("epoch_average_precision", row.validationAveragePrecision),
        ]
        show(
            training.map { .scalar($0.0, $0.1) } + weights, in: .training, step: step, wallTime: wallTime)
        show(
            validation.compactMap { name, value in value.map { .scalar(name, $0) } }, in: .validation, step: step,
            wallTime: wallTime)
    }

    /// Creates the files that there is something for, or steps to withdraw from, and brings them up to date.
    ///
    /// - Throws: `Fault(.cannotWrite)`; what was not written will be by the next call.
    mutating func write() throws {
        for series in Series.allCases {
            let steps = shown[series] ?? []
            guard let file = try file(series, isWanted: !steps.isEmpty) else { continue }
            try file.write(steps)
            shown[series] = nil
        }
    }

    private mutating func file(_ series: Series, isWanted: Bool) throws -> EventFile? {
        if let file = files[series] { return file }
        let path =
            switch series {
            case .run: folder.path
            case .training: folder.trainingEvents
            case .validation: folder.validationEvents
            }
        guard isWanted || start != nil && FileAccess.exists(path) else { return nil }
        let file = try EventFile(
            in: path, isOwn: series != .run, resumingAt: start.map { $0 + 1 }, wallTime: RunJournal.now)
        files[series] = file
        return file
    }
}
