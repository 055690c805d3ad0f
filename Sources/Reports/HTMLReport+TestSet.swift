import Files
import Metrics

extension HTMLReport {
    /// The main numbers of the test set.
    var headline: HTML? {
        guard let metrics = results.metrics else { return nil }
        let cards: [(name: String, value: Double, interval: String?)]
        switch metrics {
        case .two(let metrics):
            let estimates = MetricEstimates(metrics)
            cards = [
                ("accuracy", estimates.accuracy), ("ROC area", estimates.rocArea),
                ("completeness", estimates.completeness), ("purity", estimates.purity),
            ].compactMap { name, estimate in estimate.map { (name, $0.value, $0.interval) } }
        case .several: cards = classResults?.cards ?? []
        }
        return HTML(
            "ul", [("class", "numbers"), ("aria-label", "The test set in numbers")],
            cards.map { name, value, interval in
                HTML(
                    "li", [],
                    [HTML("small", text: name), HTML("b", text: FormattedNumber.fixed(value, 4))]
                        + (interval.map { [HTML("small", text: "95 %: \($0)")] } ?? []))
            })
    }

    /// All that the test set says.
    var metrics: HTML? {
        switch results.metrics {
        case .two(let metrics): section(metrics)
        case .several: classResults?.section
        case nil: nil
        }
    }

    private func section(_ metrics: ClassificationMetrics) -> HTML {
        let estimates = MetricEstimates(metrics), names = results.classNames
        let rows =
            [["stamps", "\(metrics.samples)", "", ""], ["loss", FormattedNumber.metric(metrics.loss), "", ""]]
            + [
                ("accuracy", estimates.accuracy, "Wilson"), ("completeness (recall)", estimates.completeness, "Wilson"),
                ("purity (precision)", estimates.purity, "Wilson"),
                ("area under the ROC curve", estimates.rocArea, "Hanley and McNeil"),
            ].map { name, estimate, method in
                [
                    name, estimate.map { FormattedNumber.fixed($0.value, 4) } ?? "–",
                    estimate.map(\.interval) ?? "not defined", estimate == nil ? "" : method,
                ]
            } + [
                [
                    "Matthews' correlation", FormattedNumber.fixed(metrics.confusionMatrix.matthewsCorrelation, 4), "",
                    "",
                ]
            ]
        let counts = metrics.confusionMatrix.counts
        return HTML.section(
            "Test set",
            [
                HTML.table(
                    caption:
                        "Metrics with intervals of 95 % confidence; a stamp counts as "
                        + "\(TwoClassWords(names).oneSource) above \(FormattedNumber.short(Double(results.threshold)))",
                    ["metric", "value", "95 % interval", "method"], rows, numbers: [1, 2]),
                HTML.table(
                    caption: "Confusion matrix", [""] + names.map { "predicted \($0)" },
                    [
                        ["true \(names[0])", "\(counts[0][0])", "\(counts[0][1])"],
                        ["true \(names[1])", "\(counts[1][0])", "\(counts[1][1])"],
                    ], numbers: [1, 2]),
            ] + [kinds, operatingPoints].compactMap { $0 })
    }

    /// What it costs to make one kind of mistake rare, from the test set's predictions: runs of all versions have these.
    private var operatingPoints: HTML? {
        guard case .two(let samples) = results.testSet?.usable else { return nil }
        let points = ThresholdSweep(samples).operatingPoints
        guard !points.isEmpty else { return nil }
        return HTML.table(
            caption: "The least rate of one mistake where the other's is within a limit; missed are "
                + TwoClassWords(results.classNames).sources,
            ["rate of", "value", "at a probability above"],
            points.map {
                [$0.limit.title, FormattedNumber.fixed($0.rate, 4), FormattedNumber.short(Double($0.threshold))]
            }, numbers: [1, 2])
    }

    /// Results by kind of stamp, of simulated ones.
    private var kinds: HTML? {
        guard case .two(let samples) = results.testSet?.usable, let kinds = results.kinds else { return nil }
        return KindResults(samples, kinds: kinds, threshold: results.threshold, classNames: results.classNames).table
    }
}
