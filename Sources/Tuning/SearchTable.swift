import Files

/// The trials of a search, the best one first: those that came to the last rung, then those that were left behind at the
/// one before, and at the end those that have failed.
public struct SearchTable: Sendable {
    public struct Row: Hashable, Sendable {
        /// From 1.
        public let trial: Int
        /// The last rung that it was measured at, from 0; nil of one that has failed before the first.
        public let rung: Int?
        public let result: TrialResult
        public let values: TrialValues
    }

    public let record: SearchRecord
    public let rows: [Row]

    /// - Parameter rungs: the results of each rung, in any order.
    public init(_ record: SearchRecord, _ rungs: [[TrialResult]]) {
        self.record = record
        var rows: [Row] = [], failed: [Row] = [], seen: Set<Int> = []
        for (rung, results) in rungs.enumerated().reversed() {
            for result in TrialResult.ranked(results, growsBetter: record.metric.growsBetter)
            where seen.insert(result.trial).inserted {
                let hasFailed = result.value == nil
                let row = Row(
                    trial: result.trial, rung: hasFailed ? (rung > 0 ? rung - 1 : nil) : rung, result: result,
                    values: record.trials[result.trial - 1])
                if hasFailed { failed.append(row) } else { rows.append(row) }
            }
        }
        self.rows = rows + failed
    }

    /// The best trial; nil where all have failed.
    public var best: Row? { rows.first { $0.result.value != nil } }

    /// The columns' names.
    public var columns: [String] {
        ["trial", "epochs", record.metric.rawValue, "outcome"] + record.space.dimensions.map(\.option)
    }

    /// What is written and shown of a trial, in the order of the columns.
    public func fields(_ row: Row, number: (Double) -> String) -> [String] {
        let (epochs, value, outcome): (String, String, String)
        switch row.result.outcome {
        case .measured(let count, let measured):
            (epochs, value) = ("\(count)", number(measured))
            if row.result.value == nil {
                outcome = "not a number"
            } else {
                outcome = row == best ? "best" : row.rung == record.plan.rungs.count - 1 ? "finished" : "left behind"
            }
        case .failed: (epochs, value, outcome) = ("", "", "failed")
        }
        return ["\(row.trial)", epochs, value, outcome] + row.values.texts
    }

    /// `trials.csv`.
    public var csv: String {
        ([columns] + rows.map { fields($0) { "\($0)" } }).map(CSVText.line).joined()
    }

    /// For the terminal: at most so many trials.
    public func text(most: Int = 20) -> String {
        let shown = [columns] + rows.prefix(most).map { fields($0, number: FormattedNumber.metric) }
        let widths = columns.indices.map { column in shown.map { $0[column].count }.max() ?? 0 }
        let lines = shown.map { row in
            var line = zip(row, widths).enumerated().map { column, cell in
                FormattedNumber.padded(cell.0, to: column < 3 ? -cell.1 : cell.1)
            }.joined(separator: "  ")
            while line.hasSuffix(" ") { line.removeLast() }
            return line
        }
        let rest = rows.count > most ? ["and \(rows.count - most) more"] : []
        return (lines + rest).joined(separator: "\n")
    }
}

/// The best trial of a search: `best.json`.
public struct BestTrial: Codable, Sendable {
    /// From 1.
    public let trial: Int
    public let metric: String
    public let value: Double
    /// The model, from the folder of the search.
    public let model: String
    /// The values of the options that were searched.
    public let options: [String: String]

    public init?(_ table: SearchTable) {
        guard let best = table.best, let value = best.result.value else { return nil }
        (trial, metric, self.value) = (best.trial, table.record.metric.rawValue, value)
        model = "trials/trial-\(best.trial)/model.safetensors"
        options = Dictionary(
            zip(table.record.space.dimensions.map(\.option), best.values.texts), uniquingKeysWith: { first, _ in first }
        )
    }
}
