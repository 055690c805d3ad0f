import Faults
import Files
import RunRecords

/// What is said of runs: several lines of one, a table of several.
public struct StatusText {
    private let runs: [RunStatus]
    /// How wide lines may be; nil for any width.
    private let columns: Int?

    public init(_ runs: [RunStatus], columns: Int?) { (self.runs, self.columns) = (runs, columns) }

    /// Whole lines.
    public var text: String {
        let lines = runs.count == 1 ? details(runs[0]) : table
        return lines.map { cut($0) + "\n" }.joined()
    }

    /// One line of a run, for where nothing is redrawn.
    public static func line(_ run: RunStatus) -> String {
        let losses = Self.losses(run).map { "\($0.name) \(FormattedNumber.metric($0.value))" }
        return
            ([run.folder, run.state.word, "epoch \(epochs(run))"] + losses + (left(run).map { ["\($0) left"] } ?? []))
            .joined(separator: " - ") + "\n"
    }

    private func cut(_ line: String) -> String {
        guard let columns, line.count > columns else { return line }
        return columns > 1 ? line.prefix(columns - 1) + "…" : String(line.prefix(columns))
    }

    // MARK: One run

    private func details(_ run: RunStatus) -> [String] {
        var rows = [("state", state(run)), ("epoch", progress(run))]
        for curve in Self.curves(run) { rows.append((curve.name, self.curve(curve.values))) }
        if let speed = run.speed {
            rows.append(("speed", "\(FormattedNumber.fixed(speed, 0)) stamps/s" + (run.plan.map(Self.machine) ?? "")))
        }
        if let checkpoint = run.checkpoint {
            rows.append(
                ("checkpoint", "step \(checkpoint.step), \(FormattedNumber.clock(checkpoint.age)) ago"))
        } else if run.state != .finished {
            rows.append(("checkpoint", "none yet"))
        }
        return [run.folder + (run.plan.map { "  \($0.model)" } ?? "")]
            + rows.map { "  \(FormattedNumber.padded($0.0, to: 14))\($0.1)" }
    }

    private func state(_ run: RunStatus) -> String {
        let place = run.owner.map { " on \($0.host), process \($0.process)" } ?? ""
        let silence = run.silence.map { FormattedNumber.clock($0) } ?? "an unknown time"
        switch run.state {
        case .finished, .paused: return run.state.word
        case .starting, .running: return "\(run.state.word)\(place); last record \(silence) ago"
        case .silent: return "silent\(place): no record for \(silence)"
        case .died: return "died\(place) without a word; last record \(silence) ago"
        case .stopped(let message), .failed(let message): return "\(run.state.word): \(message)"
        }
    }

    private func progress(_ run: RunStatus) -> String {
        guard let plan = run.plan else { return "has not begun" }
        var text = "\(run.history.count) of \(plan.epochs) done"
        if let step = run.step, run.state != .finished {
            text += ", step \(step.step - run.history.count * plan.stepsPerEpoch) of \(plan.stepsPerEpoch) of the next"
        }
        if let left = Self.left(run) { text += "; about \(left) left" }
        return text
    }

    private static func machine(_ plan: RunStatus.Plan) -> String {
        " on \(FormattedNumber.counted(plan.ranks, "rank")) × \(FormattedNumber.counted(plan.threads, "thread"))"
    }

    private func curve(_ values: [Double]) -> String {
        let width = max(1, min(40, (columns ?? 80) - 40))
        let numbers =
            values.count == 1
            ? FormattedNumber.metric(values[0])
            : "\(FormattedNumber.metric(values[0])) → \(FormattedNumber.metric(values[values.count - 1]))"
        return values.count < 2 ? numbers : "\(Sparkline.text(values, columns: width))  \(numbers)"
    }

    private static func curves(_ run: RunStatus) -> [(name: String, values: [Double])] {
        let losses = run.history.map(\.loss) + (run.step.map { [$0.loss] } ?? [])
        return [
            ("loss", losses), ("val_loss", run.history.compactMap(\.validationLoss)),
            ("accuracy", run.history.map(\.accuracy)),
            ("val_accuracy", run.history.compactMap(\.validationAccuracy)),
        ].filter { !$0.1.isEmpty }
    }

    private static func losses(_ run: RunStatus) -> [(name: String, value: Double)] {
        curves(run).prefix(2).filter { $0.name.hasSuffix("loss") }.map { ($0.name, $0.values[$0.values.count - 1]) }
    }

    private static func epochs(_ run: RunStatus) -> String {
        guard let plan = run.plan else { return "–" }
        let share = run.state == .finished ? 0 : run.shareOfEpoch
        return "\(FormattedNumber.fixed(Double(run.history.count) + share, share > 0 ? 1 : 0))/\(plan.epochs)"
    }

    private static func left(_ run: RunStatus) -> String? { run.secondsLeft.map { FormattedNumber.clock($0) } }

    // MARK: Several runs

    /// A column of the table; the larger the rank, the sooner a narrow terminal does without it.
    private struct Column: Sendable {
        let title: String
        let rank: Int
        let isNumber: Bool
        let value: @Sendable (RunStatus) -> String
    }

    private static let tableColumns = [
        Column(title: "run", rank: 0, isNumber: false) { $0.folder },
        Column(title: "state", rank: 0, isNumber: false) { $0.state.word },
        Column(title: "epoch", rank: 0, isNumber: true, value: epochs),
        Column(title: "left", rank: 2, isNumber: true) { left($0) ?? "–" },
        Column(title: "loss", rank: 3, isNumber: true) { metric(curves($0).first { $0.name == "loss" }) },
        Column(title: "val_loss", rank: 1, isNumber: true) { metric(curves($0).first { $0.name == "val_loss" }) },
        Column(title: "curve", rank: 5, isNumber: false) { run in
            let validation = run.history.compactMap(\.validationLoss)
            return Sparkline.text(validation.isEmpty ? run.history.map(\.loss) : validation, columns: 12)
        },
        Column(title: "stamps/s", rank: 6, isNumber: true) { $0.speed.map { FormattedNumber.fixed($0, 0) } ?? "–" },
        Column(title: "checkpoint", rank: 7, isNumber: true) {
            $0.checkpoint.map { "step \($0.step)" } ?? "–"
        },
        Column(title: "host", rank: 4, isNumber: false) { $0.owner?.host ?? "–" },
    ]

    private static func metric(_ curve: (name: String, values: [Double])?) -> String {
        curve.map { FormattedNumber.metric($0.values[$0.values.count - 1]) } ?? "–"
    }

    private var table: [String] {
        let shared = Self.sharedFolder(runs.map(\.folder))
        var shown = Self.tableColumns.map { column in
            let values = runs.map { column.value($0) }
            let short = column.title == "run" ? values.map { String($0.dropFirst(shared.count)) } : values
            return (column: column, cells: [column.title] + short)
        }
        func width(_ cells: [String]) -> Int { cells.map(\.count).max() ?? 0 }
        while let columns, shown.map({ width($0.cells) + 2 }).reduce(-2, +) > columns,
            let least = shown.map(\.column.rank).max(), least > 0
        {
            shown.removeAll { $0.column.rank == least }
        }
        let lines = (0...runs.count).map { row in
            var line = shown.map { column, cells in
                FormattedNumber.padded(cells[row], to: column.isNumber ? -width(cells) : width(cells))
            }.joined(separator: "  ")
            while line.hasSuffix(" ") { line.removeLast() }
            return line
        }
        let heading = shared.isEmpty ? [] : [String(shared.dropLast())]
        return heading + lines
    }

    /// What all paths begin with, up to a slash.
    private static func sharedFolder(_ paths: [String]) -> String {
        guard let first = paths.first else { return "" }
        var shared = first[...]
        for path in paths { while !path.hasPrefix(shared) { shared.removeLast() } }
        return shared.lastIndex(of: "/").map { String(shared[...$0]) } ?? ""
    }
}
