import Files
import Metrics

/// For each of several classes, the distribution of its probability over stamps of the class and over the rest.
public struct ClassScoreFigure: Sendable {
    private static let panelColumns = 3

    private let predictions: ClassPredictions
    private let labels: ClassLabels

    /// - Parameters: as those of ``ClassROCFigure``; at least one sample.
    public init(_ predictions: ClassPredictions, classNames: [String]) {
        precondition(predictions.count > 0, "a histogram of no samples")
        (self.predictions, labels) = (predictions, ClassLabels(classNames))
    }

    /// The figure.
    public var plot: Plot {
        let bins = predictions.count < 500 ? 10 : 25
        let shown = ClassLabels.shown(predictions)
        var table = Table("class", "class_name", "bin_lower", "bin_upper", "of_class", "others")
        var most: [Int] = []
        for label in shown {
            let samples = predictions.oneVersusRest(label)
            let own = ScoreHistogramFigure.counts(samples.filter(\.isSource).map(\.score), bins: bins)
            let others = ScoreHistogramFigure.counts(samples.filter { !$0.isSource }.map(\.score), bins: bins)
            for bin in 0..<bins {
                table.append(
                    label, labels.names[label], Double(bin) / Double(bins), Double(bin + 1) / Double(bins), own[bin],
                    others[bin])
            }
            most.append(max(own.max()!, others.max()!))
        }
        let sure = predictions.indices.indices.count { predictions.topProbability($0) >= 0.99 }
        let columns = min(Self.panelColumns, shown.count), rows = (shown.count + columns - 1) / columns
        return Plot(
            name: "scores", title: "Probabilities by class",
            description:
                "The probability of each class that stamps of it and the rest of the \(predictions.count) test "
                + "stamps get, in \(bins) bins. The predicted class of "
                + "\(percent(Double(sure) / Double(predictions.count))) of all has at least 0.99."
                + ClassLabels.omission(shown, of: predictions),
            table: table, size: (290 * columns + 20, 230 * rows + 20),
            commands: """
                set logscale y
                set xrange [0:1]
                set xtics 0.25
                unset key
                set multiplot layout \(rows),\(columns)
                \(zip(shown, most).map { panel($0, most: $1, width: 1 / Double(bins)) }.joined())unset multiplot

                """)
    }

    private func panel(_ label: Int, most: Int, width: Double) -> String {
        func boxes(_ column: String, _ style: Int) -> String {
            // On a logarithmic axis an empty bin is left out rather than drawn at −∞.
            "\"scores.csv\" using (column(\"class\") == \(label) ? column(\"bin_lower\") + \(width / 2) : NaN):"
                + "(column(\"\(column)\") > 0 ? column(\"\(column)\") : NaN):(\(width)) "
                + "with boxes ls \(style) lw 1.25 dt 1 fs transparent solid 0.4 border"
        }
        return """
            set title \(labels.quoted(label)) noenhanced offset 0,-0.6
            set xlabel "probability of the class" offset 0,0.4 font small_font
            set ylabel "stamps" offset 1,0 font small_font
            set yrange [0.6:\(2.5 * Double(max(most, 1)))]
            set label 1 "{/:Bold of the class}" at graph 0.5,0.93 right offset -1,0 font small_font \
            textcolor rgb "\(PlotStyle.blue)"
            set label 2 "{/:Bold others}" at graph 0.5,0.93 left offset 1,0 font small_font \
            textcolor rgb "\(PlotStyle.orange)"
            plot \(boxes("others", 3)), \\
              \(boxes("of_class", 1))

            """
    }
}
