import Files
import Metrics

/// The receiver operating characteristic of each of several classes against the rest.
public struct ClassROCFigure: Sendable {
    private let predictions: ClassPredictions
    private let labels: ClassLabels

    /// - Parameters:
    ///   - predictions: of the test set; none with a probability that is NaN.
    ///   - classNames: of all classes.
    public init(_ predictions: ClassPredictions, classNames: [String]) {
        (self.predictions, labels) = (predictions, ClassLabels(classNames))
    }

    /// The figure; nil when no class of the test set can be compared with the rest.
    public var plot: Plot? {
        let shown = ClassLabels.shown(predictions)
        let curves = ClassCurves(
            curves: shown.compactMap { label in
                let samples = predictions.oneVersusRest(label)
                guard let area = ROCCurve.area(samples) else { return nil }
                let corners = ROCFigure.Curve.corners(ThresholdSweep(samples))
                return ClassCurves.One(
                    label: label, x: corners.falsePositiveRate, y: corners.truePositiveRate,
                    thresholds: corners.threshold, value: area)
            }, labels: labels)
        guard !curves.curves.isEmpty else { return nil }
        let mean = predictions.macroROCArea.map {
            "The mean of the areas under the curves of all classes is \(FormattedNumber.fixed($0, 4))."
        }
        let (x, y) = ("false_positive_rate", "true_positive_rate")
        let drawn = curves.drawings("roc", x, y, style: "lines", quantity: "area")
        return Plot(
            name: "roc", title: "ROC curves",
            description: "Each class against the rest. "
                + (mean ?? "Not all classes are in the test set, so there is no mean area.") + curves.leastSentence
                + ClassLabels.omission(shown, of: predictions),
            table: curves.table(x, y), size: ClassCurves.size,
            commands: """
                set xlabel "false-positive rate"
                set ylabel "true-positive rate (completeness)"
                set xrange [-0.02:1]
                set yrange [0:1.02]
                \(ClassCurves.key)plot x with lines ls 4 title "chance", \(drawn.joined(separator: ", \\\n  "))

                """)
    }
}
