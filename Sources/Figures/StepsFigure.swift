import Files
import RunRecords

/// Loss and accuracy of training, step by step, of a run that is not finished.
public struct StepsFigure: Sendable {
    /// The most points that are drawn.
    private static let mostPoints = 2000

    private let rows: [StepRow]

    /// - Parameter rows: in their order.
    public init(_ rows: [StepRow]) { self.rows = rows }

    /// The figure; nil when no row has a finite loss.
    public var plot: Plot? {
        guard let first = rows.first, let last = rows.last, rows.contains(where: \.loss.isFinite) else { return nil }
        var table = Table("epoch", "step", "loss", "accuracy", "learning_rate")
        let shown = min(rows.count, Self.mostPoints)
        for point in 0..<shown {
            let row = rows[point * rows.count / shown]
            table.append(row.epoch, row.step, row.loss, row.accuracy, row.learningRate)
        }
        return Plot(
            name: "steps", title: "Steps so far",
            description:
                "Training loss and accuracy from step \(first.step) to step \(last.step), in epoch \(last.epoch) at "
                + "the end: loss \(FormattedNumber.metric(last.loss)), accuracy \(FormattedNumber.fixed(last.accuracy, 4)).",
            table: table, size: (860, 400), commands: commands)
    }

    private var commands: String {
        let points = rows.count <= 40 ? "linespoints" : "lines"
        func panel(_ column: String) -> String {
            "set ylabel \"\(column)\"\nplot \"steps.csv\" using \"step\":\"\(column)\" with \(points) ls 1 notitle"
        }
        return """
            set multiplot layout 1,2
            set xlabel "step"
            set offsets graph 0.02,graph 0.02,graph 0.04,graph 0.04
            \(panel("loss"))
            \(panel("accuracy"))
            unset multiplot

            """
    }
}
