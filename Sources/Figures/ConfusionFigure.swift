import Files
import Metrics

/// How often each class is classified as each, in counts and as shares of the true class: the notebook's
/// `plot_confusion_matrix`.
public struct ConfusionFigure: Sendable {
    private let predictions: PredictionCounts
    private let threshold: Float
    private let labels: ClassLabels
    /// Whether the classes are noise and sources.
    private let isUsual: Bool

    /// - Parameters:
    ///   - samples: at least one.
    ///   - threshold: the probability above which a stamp counts as a source.
    ///   - classNames: of class 0 and class 1.
    public init(
        _ samples: [ScoredSample], threshold: Float, classNames: [String] = ClassificationMetrics.noiseAndSource
    ) {
        precondition(!samples.isEmpty, "a confusion matrix of no samples")
        labels = ClassLabels(classNames)
        isUsual = classNames == ClassificationMetrics.noiseAndSource
        predictions = PredictionCounts(samples, threshold: threshold)
        self.threshold = threshold
    }

    /// The share of a true class that is classified as a class; NaN when the class is missing.
    private func share(_ trueClass: Int, _ predictedClass: Int) -> Double {
        Double(predictions.counts[trueClass][predictedClass]) / Double(predictions.samples(of: trueClass))
    }

    /// The figure.
    public var plot: Plot {
        var table = Table("true_class", "predicted_class", "count", "share_of_true_class")
        for trueClass in 0...1 {
            for predictedClass in 0...1 {
                table.append(
                    trueClass, predictedClass, predictions.counts[trueClass][predictedClass],
                    share(trueClass, predictedClass))
            }
        }
        let sentences = (0...1).map { trueClass in
            let all = predictions.samples(of: trueClass)
            let name = isUsual ? ["noise", "sources"][trueClass] : labels.names[trueClass]
            guard all > 0 else { return "The test set has no \(name)." }
            return "Of \(FormattedNumber.counted(all, "stamp")) of \(name), "
                + "\(predictions.counts[trueClass][trueClass]) "
                + "(\(percent(share(trueClass, trueClass)))) are classified correctly."
        }
        return Plot(
            name: "confusion", title: "Confusion matrix",
            description: sentences.joined(separator: " ")
                + " \(isUsual ? "A source" : labels.names[1]) is a probability above \(short(threshold)). "
                + "Matthews' correlation is \(FormattedNumber.fixed(predictions.matthewsCorrelation, 4)).",
            table: table, size: (860, 430), commands: commands)
    }

    private var commands: String {
        """
        set palette defined (0 "#f7fbff", 0.5 "#7fb5d9", 1 "#00477a")
        set cbrange [0:1]
        unset colorbox
        unset key
        unset grid
        set xrange [-0.5:1.5]
        set yrange [1.5:-0.5]
        set size ratio 1
        set tics scale 0
        set xtics (\(tics))\(isUsual ? "" : " noenhanced")
        set ytics (\(tics)) rotate by 90 center offset -0.8,0\(isUsual ? "" : " noenhanced")
        set xlabel "predicted class"
        set ylabel "true class"
        set multiplot layout 1,2
        set title "counts"
        \(panel { "\(predictions.counts[$0][$1])" })
        unset label
        set title "share of the true class"
        \(panel { share($0, $1).isNaN ? "none" : percent(share($0, $1)) })
        unset multiplot

        """
    }

    private var tics: String {
        isUsual ? "\"noise\" 0, \"source\" 1" : "\(labels.quoted(0)) 0, \(labels.quoted(1)) 1"
    }

    private func panel(_ text: (Int, Int) -> String) -> String {
        var labels = ""
        for trueClass in 0...1 {
            for predictedClass in 0...1 {
                let colour = share(trueClass, predictedClass) > 0.5 ? "white" : PlotStyle.ink
                labels +=
                    "set label \"\(text(trueClass, predictedClass))\" at \(predictedClass),\(trueClass) center front "
                labels += "textcolor rgb \"\(colour)\" font large_font\n"
            }
        }
        return labels
            + "plot \"confusion.csv\" using \"predicted_class\":\"true_class\":(0.5):(0.5):\"share_of_true_class\" "
            + "with boxxyerror fs solid border lc rgb \"white\" fc palette"
    }
}
