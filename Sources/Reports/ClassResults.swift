import Figures
import Files
import Metrics

/// The parts of a report that tell of a test set of more than two classes.
struct ClassResults {
    /// The most classes whose confusion matrix is a table.
    private static let mostInTable = 30

    private let metrics: ClassMetrics
    private let estimates: ClassEstimates

    init(_ metrics: ClassMetrics) { (self.metrics, estimates) = (metrics, ClassEstimates(metrics)) }

    /// The main numbers, with their intervals where there are such.
    var cards: [(name: String, value: Double, interval: String?)] {
        [
            ("accuracy", metrics.accuracy, estimates.accuracy?.interval), ("macro F1", metrics.macroF1, nil),
            ("Matthews' correlation", metrics.matthewsCorrelation, nil),
        ] + (metrics.rocAUC.map { [("mean ROC area", $0, nil)] } ?? [])
    }

    /// All metrics, those of each class, and how often each class is taken for each.
    var section: HTML {
        HTML.section("Test set", [summary, classes] + (metrics.classNames.count <= Self.mostInTable ? [matrix] : []))
    }

    private var summary: HTML {
        func text(_ value: Double?) -> String { value.map { FormattedNumber.fixed($0, 4) } ?? "–" }
        let rows = [
            ["stamps", "\(metrics.samples)", "", ""], ["loss", FormattedNumber.metric(metrics.loss), "", ""],
            ["accuracy", text(metrics.accuracy), estimates.accuracy?.interval ?? "", "Wilson"],
            ["macro F1", text(metrics.macroF1), "", ""],
            ["mean area under the ROC curves", text(metrics.rocAUC), "", ""],
            ["mean average precision", text(metrics.averagePrecision), "", ""],
            ["Matthews' correlation", text(metrics.matthewsCorrelation), "", ""],
        ]
        return HTML.table(
            caption: "Metrics; means are over the classes, each against the rest",
            ["metric", "value", "95 % interval", "method"], rows, numbers: [1, 2])
    }

    private var classes: HTML {
        func text(_ estimate: Estimate?) -> String { estimate?.description ?? "–" }
        let rows = zip(metrics.classNames, zip(metrics.classes, estimates.classes)).map { name, both in
            let (one, estimate) = both
            return [
                name, "\(one.support)", text(estimate.recall), text(estimate.precision),
                FormattedNumber.fixed(one.f1, 4), text(estimate.rocArea),
                one.averagePrecision.map { FormattedNumber.fixed($0, 4) } ?? "–",
            ]
        }
        return HTML.table(
            caption: "Each class against the rest, with intervals of 95 % confidence (Wilson; Hanley and McNeil)",
            [
                "class", "stamps", "completeness (recall)", "purity (precision)", "F1", "ROC area", "average precision",
            ], rows, numbers: Set(1...6))
    }

    private var matrix: HTML {
        HTML.table(
            caption: "Confusion matrix", [""] + metrics.classNames.map { "predicted \($0)" },
            zip(metrics.classNames, metrics.confusionMatrix.counts).map { name, counts in
                ["true \(name)"] + counts.map(String.init)
            }, numbers: Set(1...metrics.classNames.count))
    }
}
