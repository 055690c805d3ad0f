import Files
import RunRecords

extension HTMLReport {
    /// Epochs that a table shows at most; longer histories are sampled evenly.
    static let mostEpochs = 25

    /// The epochs, the best one among them; nil for none.
    var history: HTML? {
        let epochs = results.history, best = results.best
        guard !epochs.isEmpty else { return nil }
        var shown = Self.evenlySpaced(epochs, most: Self.mostEpochs)
        if let best, !shown.contains(where: { $0.epoch == best.row.epoch }) {
            shown.insert(best.row, at: shown.firstIndex { $0.epoch > best.row.epoch } ?? shown.endIndex)
        }
        let watched = HistoryRow.WatchedColumn.allCases.filter { column in epochs.contains { $0[column] != nil } }
        let rows = shown.map { row in
            ["\(row.epoch)" + (epochs.count > 1 && row.epoch == best?.row.epoch ? " (best)" : "")]
                + [FormattedNumber.metric(row.loss), FormattedNumber.fixed(row.accuracy, 4)]
                + [
                    row.validationLoss.map(FormattedNumber.metric) ?? "–",
                    row.validationAccuracy.map { FormattedNumber.fixed($0, 4) } ?? "–",
                    FormattedNumber.significant(Double(row.learningRate), 4), FormattedNumber.fixed(row.seconds, 2),
                    FormattedNumber.fixed(row.samplesPerSecond, 0),
                ] + watched.map { row[$0].map { FormattedNumber.fixed($0, 4) } ?? "–" }
        }
        let caption =
            shown.count < epochs.count
            ? "\(shown.count) of \(epochs.count) epochs; all are in history.csv" : "All epochs"
        let sentence = best?.sentence ?? ""
        return HTML.section(
            "History",
            (sentence.isEmpty ? [] : [HTML("p", text: sentence)])
                + [
                    HTML.table(
                        caption: caption,
                        [
                            "epoch", "loss", "accuracy", "validation loss", "validation accuracy", "learning rate",
                            "seconds", "stamps/s",
                        ] + watched.map(\.rawValue), rows, numbers: Set(0..<8 + watched.count))
                ])
    }

    /// All of a list, or `most` evenly spaced elements, including its first and its last.
    static func evenlySpaced<Element>(_ all: [Element], most: Int) -> [Element] {
        guard all.count > most else { return all }
        return (0..<most).map { all[$0 * (all.count - 1) / (most - 1)] }
    }
}
