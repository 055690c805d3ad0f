import Faults
import Files
import RunRecords

/// Loss and accuracy of several runs over each other, epoch by epoch: of the validation set, or of training in runs
/// without one.
public struct ComparedHistoriesFigure: Sendable {
    private let runs: [(name: String, rows: [HistoryRow])]
    /// The longest name in the legend; of longer ones the end is shown.
    private static let longestName = 36

    /// - Parameter runs: what each is called, and its epochs.
    public init(_ runs: [(name: String, rows: [HistoryRow])]) { self.runs = runs }

    /// The figure; nil when no epoch of any run has a finite loss.
    public var plot: Plot? {
        guard runs.contains(where: { $0.rows.contains { Self.loss($0).isFinite } }) else { return nil }
        var table = Table(
            "run", "name", "epoch", "loss", "accuracy", "val_loss", "val_accuracy", "shown_loss", "shown_accuracy")
        for (number, run) in runs.enumerated() {
            for row in run.rows {
                table.append(
                    number + 1, run.name, row.epoch, row.loss, row.accuracy, row.validationLoss ?? .nan,
                    row.validationAccuracy ?? .nan, Self.loss(row), row.validationAccuracy ?? row.accuracy)
            }
        }
        let lacking = runs.filter { run in run.rows.contains { $0.validationLoss == nil } }
        let which =
            lacking.isEmpty
            ? "of the validation set"
            : lacking.count == runs.count ? "of training" : "of the validation set, or of training in runs without one"
        return Plot(
            name: "histories", title: "Histories",
            description:
                "Loss and accuracy \(which) of \(FormattedNumber.counted(runs.count, "run")), after each epoch.",
            table: table, size: (860, 400 + 18 * runs.count), commands: commands)
    }

    private static func loss(_ row: HistoryRow) -> Double { row.validationLoss ?? row.loss }

    private var commands: String {
        let last = runs.flatMap(\.rows).map(\.epoch).max() ?? 1
        let margin = last == 1 ? 0.5 : 0.02 * Double(last - 1)
        func panel(_ column: String) -> String {
            let curves = runs.enumerated().map { place, run in
                let name = run.name.printable
                let shown = name.count > Self.longestName ? "…\(name.suffix(Self.longestName - 1))" : name
                let points = run.rows.count == 1 ? "linespoints pt 7 ps 0.8" : "lines"
                return "\"histories.csv\" using (column(\"run\") == \(place + 1) ? column(\"epoch\") : NaN):"
                    + "\"shown_\(column)\" with \(points) \(ClassLabels.style(place)) title \(PlotStyle.quoted(shown))"
            }
            return "set ylabel \"\(column)\"\nplot \(curves.joined(separator: ", \\\n  "))"
        }
        return """
            set multiplot layout 1,2
            set xlabel "epoch"
            set key outside top center vertical maxcols 1 Left reverse
            set offsets 0,0,graph 0.04,graph 0.04
            set xrange [\(1 - margin):\(Double(last) + margin)]
            set xtics \(TickSpacing.wholeNumbers(over: last))
            \(panel("loss"))
            \(panel("accuracy"))
            unset multiplot

            """
    }
}
