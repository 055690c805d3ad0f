import Files
import Metrics

/// Purity against completeness of each of several classes against the rest.
public struct ClassPrecisionRecallFigure: Sendable {
    private let predictions: ClassPredictions
    private let labels: ClassLabels

    /// - Parameters: as those of ``ClassROCFigure``.
    public init(_ predictions: ClassPredictions, classNames: [String]) {
        (self.predictions, labels) = (predictions, ClassLabels(classNames))
    }

    /// The figure; nil when the test set has no stamps of a class that is shown.
    public var plot: Plot? {
        let shown = ClassLabels.shown(predictions)
        let curves = ClassCurves(
            curves: shown.compactMap { label in
                let sweep = ThresholdSweep(predictions.oneVersusRest(label))
                guard let precision = sweep.averagePrecision else { return nil }
                let curve = PrecisionRecallFigure.Curve(sweep)
                return ClassCurves.One(
                    label: label, x: curve.recall, y: curve.precision, thresholds: curve.threshold, value: precision)
            }, labels: labels)
        guard !curves.curves.isEmpty else { return nil }
        let mean = predictions.macroAveragePrecision.map {
            "The mean of the average precisions of all classes is \(FormattedNumber.fixed($0, 4))."
        }
        let drawn = curves.drawings(
            "precision_recall", "recall", "precision", style: "fsteps", quantity: "area")
        return Plot(
            name: "precision_recall", title: "Precision and recall",
            description: "Each class against the rest; the area under a curve is the average precision. "
                + (mean ?? "Not all classes are in the test set, so there is no mean average precision.")
                + curves.leastSentence + ClassLabels.omission(shown, of: predictions),
            table: curves.table("recall", "precision"), size: ClassCurves.size,
            commands: """
                set xlabel "recall (completeness)"
                set ylabel "precision (purity)"
                set xrange [0:1.02]
                set yrange [0:1.02]
                \(ClassCurves.key)plot \(drawn.joined(separator: ", \\\n  "))

                """)
    }
}
