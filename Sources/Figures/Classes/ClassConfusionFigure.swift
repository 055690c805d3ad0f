import Files
import Metrics

/// How often each of several classes is classified as each, in counts and as shares of the true class.
public struct ClassConfusionFigure: Sendable {
    /// The most classes whose counts are written into the squares, and whose names stand beside them.
    private static let (mostCounts, mostShares, mostNames) = (20, 10, 48)

    private let matrix: ConfusionMatrix
    private let labels: ClassLabels

    /// - Parameters:
    ///   - matrix: of at least one sample.
    ///   - classNames: in the order of its rows.
    public init(_ matrix: ConfusionMatrix, classNames: [String]) {
        precondition(matrix.samples > 0 && classNames.count == matrix.classes, "no confusion matrix of \(classNames)")
        (self.matrix, labels) = (matrix, ClassLabels(classNames))
    }

    private var classes: Int { matrix.classes }

    /// The share of a true class that is classified as a class; NaN when the class is missing.
    private func share(_ trueClass: Int, _ predictedClass: Int) -> Double {
        Double(matrix.counts[trueClass][predictedClass]) / Double(matrix.samples(of: trueClass))
    }

    /// The figure.
    public var plot: Plot {
        var table = Table(
            "true_class", "predicted_class", "true_name", "predicted_name", "count", "share_of_true_class")
        for trueClass in 0..<classes {
            for predicted in 0..<classes {
                table.append(
                    trueClass, predicted, labels.names[trueClass], labels.names[predicted],
                    matrix.counts[trueClass][predicted], share(trueClass, predicted))
            }
        }
        let cell = min(72, max(14, 720 / classes))
        return Plot(
            name: "confusion", title: "Confusion matrix", description: description, table: table,
            size: (left + classes * cell + 30, 40 + classes * cell + bottom), commands: commands(cell))
    }

    private var description: String {
        let mistakes = (0..<classes).flatMap { trueClass in
            (0..<classes).filter { $0 != trueClass }.map { (trueClass, $0, matrix.counts[trueClass][$0]) }
        }
        let worst = mistakes.max { $0.2 < $1.2 }!
        return
            "Of \(matrix.samples) test stamps \(matrix.correct) (\(percent(matrix.accuracy))) are classified correctly."
            + " A row's colours show the shares of its class. "
            + (worst.2 > 0
                ? "The most frequent mistake is \(labels.names[worst.0]) for \(labels.names[worst.1]): "
                    + "\(worst.2) of \(matrix.samples(of: worst.0)). " : "")
            + "Matthews' correlation is \(FormattedNumber.fixed(matrix.matthewsCorrelation, 4))."
    }

    private var hasNames: Bool { classes <= Self.mostNames }
    /// The longest label, in pixels.
    private var labelLength: Int { hasNames ? 8 * ((0..<classes).map { labels.short($0).count }.max()!) : 30 }
    private var left: Int { 60 + labelLength }
    private var bottom: Int { 56 + labelLength * 6 / 10 }

    private func commands(_ cell: Int) -> String {
        let width = Double(left + classes * cell + 30), height = Double(40 + classes * cell + bottom)
        let end = Double(classes) - 0.5
        return """
            set palette defined (0 "#f7fbff", 0.5 "#7fb5d9", 1 "#00477a")
            set cbrange [0:1]
            unset colorbox
            unset key
            unset grid
            set xrange [-0.5:\(end)]
            set yrange [\(end):-0.5]
            set tics scale 0
            set lmargin at screen \(Double(left) / width)
            set rmargin at screen \(1 - 30 / width)
            set tmargin at screen \(1 - 40 / height)
            set bmargin at screen \(Double(bottom) / height)
            \(tics)
            set label "predicted class" at graph 0.5, screen \(24 / height) center
            set label "true class" at screen \(20 / width), graph 0.5 center rotate by 90
            \(counts)plot "confusion.csv" using "predicted_class":"true_class":(0.5):(0.5):"share_of_true_class" \
            with boxxyerror fs solid border lc rgb "white" fc palette

            """
    }

    private var tics: String {
        guard hasNames else { return "set xtics\nset ytics" }
        let names = (0..<classes).map { "\(labels.quoted($0)) \($0)" }.joined(separator: ", ")
        return "set xtics (\(names)) rotate by 40 right noenhanced\nset ytics (\(names)) noenhanced"
    }

    private var counts: String {
        guard classes <= Self.mostCounts else { return "" }
        var text = ""
        for trueClass in 0..<classes {
            for predicted in 0..<classes where matrix.samples(of: trueClass) > 0 {
                let share = share(trueClass, predicted), colour = share > 0.5 ? "white" : PlotStyle.ink
                let second = classes <= Self.mostShares ? "\\n\(percent(share))" : ""
                text +=
                    "set label \"\(matrix.counts[trueClass][predicted])\(second)\" at \(predicted),\(trueClass) "
                    + "center front textcolor rgb \"\(colour)\" font small_font"
                    + (second.isEmpty ? "\n" : " offset 0,0.4\n")
            }
        }
        return text
    }
}
