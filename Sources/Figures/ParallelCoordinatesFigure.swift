import Files
import Tuning

/// The trials of a search, each as a line through its values: which settings the good ones have in common.
///
/// A. Inselberg, *The plane with parallel coordinates*, The Visual Computer 1 (1985).
public struct ParallelCoordinatesFigure: Sendable {
    /// The most lines that a picture can show.
    private static let mostTrials = 300
    /// The most marks at an axis of choices.
    private static let mostMarks = 12

    private let search: SearchTable

    public init(_ search: SearchTable) { self.search = search }

    /// An axis: where a trial lies on it, from 0 to 1, and what is written beside it.
    private struct Axis {
        let name: String
        let marks: [(place: Double, text: String)]
        let place: (SearchTable.Row) -> Double?
    }

    /// The figure; nil when no trial was measured.
    public var plot: Plot? {
        let rows = Array(search.rows.filter { $0.result.value != nil }.prefix(Self.mostTrials))
        guard let best = search.best, let value = best.result.value else { return nil }
        let rungs = search.record.plan.rungs
        let axes =
            search.record.space.dimensions.indices.map(axis) + (rungs.count > 1 ? [rungAxis] : [])
            + [metricAxis(rows)]
        var table = Table(["axis"] + rows.map { "trial \($0.trial)" })
        for (index, axis) in axes.enumerated() {
            table.append([index] + rows.map { axis.place($0) ?? .nan } as [any CustomStringConvertible])
        }
        let left = search.rows.count - rows.count
        return Plot(
            name: "search", title: "The trials side by side",
            description: "Each line is a trial. The best one, trial \(best.trial) with "
                + "\(search.record.metric.rawValue) \(FormattedNumber.metric(value)), is thick; the other ones that came "
                + "to the last rung are solid, those left behind before grey."
                + (left > 0 ? " \(left) more were measured nowhere, or are not shown." : ""),
            table: table, size: (max(560, 150 * axes.count + 120), 420), commands: commands(axes, rows))
    }

    private func axis(_ index: Int) -> Axis {
        let dimension = search.record.space.dimensions[index]
        let values = dimension.values
        let texts: [SearchSpace.Choice]
        switch values {
        case .choices(let choices):
            let step = (choices.count + Self.mostMarks - 1) / Self.mostMarks
            texts = choices.enumerated().filter { $0.offset.isMultiple(of: step) }.map(\.element)
        case .numbers(let low, let high, _): texts = [low, high].map { .text(FormattedNumber.significant($0, 3)) }
        case .integers(let low, let high, _): texts = [.text("\(low)"), .text("\(high)")]
        }
        return Axis(
            name: dimension.option,
            marks: texts.compactMap { text in
                values.place(of: text).map { (min(1, max(0, $0)), text.description.printable.shortened(to: 16)) }
            }, place: { row in values.place(of: row.values.choices[index]) })
    }

    /// How long a trial has trained: values after different numbers of epochs do not compare.
    private var rungAxis: Axis {
        let rungs = search.record.plan.rungs, last = Double(rungs.count - 1)
        return Axis(
            name: "epochs", marks: rungs.enumerated().map { (Double($0) / last, "\($1.epochs)") },
            place: { $0.rung.map { Double($0) / last } })
    }

    /// The best value is on top.
    private func metricAxis(_ rows: [SearchTable.Row]) -> Axis {
        let values = rows.compactMap(\.result.value)
        let growsBetter = search.record.metric.growsBetter
        let (worst, best) = growsBetter ? (values.min()!, values.max()!) : (values.max()!, values.min()!)
        return Axis(
            name: search.record.metric.rawValue,
            marks: worst == best
                ? [(1, FormattedNumber.metric(best))]
                : [(0, FormattedNumber.metric(worst)), (1, FormattedNumber.metric(best))],
            place: { row in row.result.value.map { worst == best ? 1 : ($0 - worst) / (best - worst) } })
    }

    private func commands(_ axes: [Axis], _ rows: [SearchTable.Row]) -> String {
        let last = search.record.plan.rungs.count - 1
        var lines = [
            "unset border", "unset grid", "unset key", "unset ytics", "set xrange [-0.15:\(axes.count - 1).65]",
            "set yrange [-0.06:1.06]", "set lmargin 8", "set rmargin 10",
        ]
        let tics = axes.enumerated().map { "\(PlotStyle.quoted($1.name)) \($0)" }.joined(separator: ", ")
        lines.append("set xtics (\(tics)) scale 0 noenhanced")
        for (index, axis) in axes.enumerated() {
            lines.append(
                "set arrow from \(index),0 to \(index),1 nohead back lw 1.25 lc rgb \"\(PlotStyle.grey)\"")
            for mark in axis.marks {
                lines.append(
                    "set label \(PlotStyle.quoted(mark.text)) at \(index),\(mark.place) left offset 0.6,0 noenhanced "
                        + "font small_font textcolor rgb \"#222222\" front")
            }
        }
        // The best trial is drawn last, over the others.
        let curves = rows.enumerated().reversed().map { index, row -> String in
            let style =
                index == 0
                ? "lw 4 lc rgb \"\(PlotStyle.vermilion)\""
                : row.rung == last ? "lw 2 lc rgb \"\(PlotStyle.blue)\"" : "lw 1 lc rgb \"#b8bec6\""
            return "\"search.csv\" using 1:\(index + 2) with lines \(style)"
        }
        lines.append("plot \(curves.joined(separator: ", \\\n    "))")
        return lines.joined(separator: "\n") + "\n"
    }
}
