import Files
import RunRecords

/// Loss and accuracy, of training and validation, epoch by epoch: the notebook's `plot_model_history`.
public struct HistoryFigure: Sendable {
    private let rows: [HistoryRow]
    private let best: BestEpoch?

    /// - Parameters:
    ///   - rows: the epochs of a run.
    ///   - best: the epoch that is marked; nil for none.
    public init(_ rows: [HistoryRow], best: BestEpoch? = nil) { (self.rows, self.best) = (rows, best) }

    /// The figure; nil when no epoch has a finite loss.
    public var plot: Plot? {
        guard let first = rows.first, let last = rows.last, rows.contains(where: { $0.loss.isFinite }) else {
            return nil
        }
        var table = Table("epoch", "loss", "accuracy", "val_loss", "val_accuracy")
        for row in rows {
            table.append(
                row.epoch, row.loss, row.accuracy, row.validationLoss ?? .nan, row.validationAccuracy ?? .nan)
        }
        return Plot(
            name: "history", title: "Training history", description: description(last), table: table,
            size: (860, 400), commands: commands(epochs: first.epoch...last.epoch))
    }

    private func description(_ last: HistoryRow) -> String {
        var text =
            "Loss and accuracy after \(rows.count == 1 ? "one epoch" : "each of \(rows.count) epochs"). At the end: "
        text +=
            "training loss \(FormattedNumber.metric(last.loss)), accuracy \(FormattedNumber.fixed(last.accuracy, 4))"
        if let loss = last.validationLoss, let accuracy = last.validationAccuracy {
            text += "; validation loss \(FormattedNumber.metric(loss)), accuracy \(FormattedNumber.fixed(accuracy, 4))"
        }
        return text + "." + (best.map { $0.epochs > 1 ? " \($0.sentence)" : "" } ?? "")
    }

    private func commands(epochs: ClosedRange<Int>) -> String {
        let validation = rows.contains { $0.validationLoss?.isFinite == true }
        func panel(_ column: String) -> String {
            let points = rows.count <= 40 ? "linespoints" : "lines"
            var curves = "\"history.csv\" using \"epoch\":\"\(column)\" with \(points) ls 1 title \"training\""
            if validation {
                curves += ", \"\" using \"epoch\":\"val_\(column)\" with \(points) ls 2 title \"validation\""
            }
            if best != nil, rows.count > 1 { curves += ", keyentry with lines ls 4 title \"best epoch\"" }
            return "set ylabel \"\(column)\"\nplot \(curves)\n"
        }
        let mark =
            best.map { "set arrow from \($0.row.epoch), graph 0 to \($0.row.epoch), graph 1 nohead back ls 4\n" } ?? ""
        // A single epoch has no width: give it some.
        let margin = epochs.count == 1 ? 0.5 : 0.02 * Double(epochs.count - 1)
        return """
            set multiplot layout 1,2
            set xlabel "epoch"
            set key outside top center horizontal
            \(rows.count > 1 ? mark : "")\
            set offsets 0,0,graph 0.04,graph 0.04
            set xrange [\(Double(epochs.lowerBound) - margin):\(Double(epochs.upperBound) + margin)]
            set xtics \(TickSpacing.wholeNumbers(over: epochs.count))
            \(panel("loss"))
            \(panel("accuracy"))
            unset multiplot

            """
    }
}

/// Distances between an axis' marks.
enum TickSpacing {
    /// A distance of 1, 2 or 5 times a power of ten that marks at most `most` of `count` whole numbers.
    static func wholeNumbers(over count: Int, most: Int = 8) -> Int {
        var power = 1
        while true {
            for factor in [1, 2, 5] where count <= most * factor * power { return factor * power }
            power *= 10
        }
    }
}
