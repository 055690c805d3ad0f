import Figures
import Files
import Metrics

/// The parts of a report that tell of a test set of more than two classes.
struct ClassResults {
    /// The most classes whose confusion matrix is a table.
    private static let mostInTable = 30

    private let metrics: ClassMetrics
    private let estimates: ClassEstimates
    /// Nil where the predictions are unknown, or too many.
    private let bootstrap: ClassEvaluation?

    /// - Parameter predictions: those that the metrics are of.
    init(_ metrics: ClassMetrics, _ predictions: ClassPredictions?) {
        (self.metrics, estimates) = (metrics, ClassEstimates(metrics))
        bootstrap = predictions.flatMap { ClassEvaluation(affordable: $0, classNames: metrics.classNames) }
    }

    /// The main numbers, with their intervals where there are such.
    var cards: [(name: String, value: Double, interval: String?)] {
        [
            ("accuracy", metrics.accuracy, estimates.accuracy?.interval),
            ("macro F1", metrics.macroF1, bootstrap?.macroF1?.interval),
            ("Matthews' correlation", metrics.matthewsCorrelation, bootstrap?.matthewsCorrelation?.interval),
        ] + (metrics.rocAUC.map { [("mean ROC area", $0, bootstrap?.rocArea?.interval)] } ?? [])
    }

    /// All metrics, those of each class, and how often each class is taken for each.
    var section: HTML {
        HTML.section("Test set", [summary, classes] + (metrics.classNames.count <= Self.mostInTable ? [matrix] : []))
    }

    private var summary: HTML {
        func row(_ name: String, _ value: Double?, _ estimate: Estimate?, _ method: String = "bootstrap") -> [String] {
            [
                name, value.map { FormattedNumber.fixed($0, 4) } ?? "–", estimate?.interval ?? "",
                estimate == nil ? "" : method,
            ]
        }
        let rows = [
            ["stamps", "\(metrics.samples)", "", ""], ["loss", FormattedNumber.metric(metrics.loss), "", ""],
            row("accuracy", metrics.accuracy, estimates.accuracy, "Wilson"),
            row("macro F1", metrics.macroF1, bootstrap?.macroF1),
            row("mean area under the ROC curves", metrics.rocAUC, bootstrap?.rocArea),
            row("mean average precision", metrics.averagePrecision, bootstrap?.averagePrecision),
            row("Matthews' correlation", metrics.matthewsCorrelation, bootstrap?.matthewsCorrelation),
        ]
        return HTML.table(
            caption: "Metrics; means are over the classes, each against the rest",
            ["metric", "value", "95 % interval", "method"], rows, numbers: [1, 2])
    }

    private var classes: HTML {
        func text(_ estimate: Estimate?) -> String { estimate?.description ?? "–" }
        let rows = metrics.classes.enumerated().map { label, one in
            let (estimate, drawn) = (estimates.classes[label], bootstrap?.classes[label])
            return [
                metrics.classNames[label], "\(one.support)", text(estimate.recall), text(estimate.precision),
                drawn?.f1?.description ?? FormattedNumber.fixed(one.f1, 4), text(estimate.rocArea),
                drawn?.averagePrecision?.description
                    ?? one.averagePrecision.map { FormattedNumber.fixed($0, 4) } ?? "–",
            ]
        }
        let methods = "Wilson; Hanley and McNeil" + (bootstrap == nil ? "" : "; bootstrap for F1 and average precision")
        return HTML.table(
            caption: "Each class against the rest, with intervals of 95 % confidence (\(methods))",
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

extension ClassEvaluation {
    /// Numbers that a report draws in all replicates together at most: some seconds' work.
    private static let mostDraws = 1 << 30
    /// Fewer replicates say little of an interval.
    private static let leastReplicates = 100

    /// With as many replicates as take some seconds, which depends on the predictions alone; nil where these are too
    /// few, or there is no sample.
    init?(affordable predictions: ClassPredictions, classNames: [String]) {
        guard predictions.count > 0 else { return nil }
        let replicates = min(1000, Self.mostDraws / (predictions.count * predictions.classes))
        guard replicates >= Self.leastReplicates else { return nil }
        self.init(predictions, classNames: classNames, replicates: replicates)
    }
}
