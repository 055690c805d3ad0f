import Faults
import Figures
import Files
import Metrics
import RunRecords

/// Runs side by side as one page: what differs in their settings, their metrics, their histories.
public struct RunComparison: Sendable {
    private let runs: [RunResults]
    private let names: [String]
    private let figures: [Figure]

    /// - Parameters:
    ///   - runs: at least two, in the order of the columns.
    ///   - names: what the columns are called; nil for the runs' folders.
    ///   - figures: of ``plots``.
    public init(_ runs: [RunResults], names: [String]? = nil, figures: [Figure] = []) {
        precondition(runs.count >= 2, "a comparison of \(runs.count) runs")
        (self.runs, self.names, self.figures) = (runs, names ?? runs.map(\.folder.path), figures)
    }

    /// The histories over each other.
    var plots: [Plot] {
        [ComparedHistoriesFigure(zip(names, runs).map { ($0, $1.history) }).plot].compactMap { $0 }
    }

    /// The page, as ``HTMLReport/page`` is.
    public var page: String {
        HTML.page(
            title: "Comparison of \(runs.count) runs",
            [
                HTML("h1", text: "\(runs.count) runs side by side"),
                HTML("p", [("class", "faint")], text: names.joined(separator: " · ")), unfinished, metrics,
                settings, history,
            ].compactMap { $0 })
    }

    /// Which runs are not finished; nil for none.
    private var unfinished: HTML? {
        let open = runs.filter { $0.unfinished != nil }.map(\.folder.path)
        guard !open.isEmpty else { return nil }
        return HTML(
            "p", [("class", "note")],
            text: "Not finished, and shown as far as they have come: \(open.joined(separator: ", "))")
    }

    private var metrics: HTML {
        let all = runs.map { run in run.metrics.map { ComparedMetrics($0, run.testSet) } }
        func row(_ name: String, _ value: (ComparedMetrics) -> String?) -> [String] {
            [name] + all.map { $0.flatMap(value) ?? "–" }
        }
        let rows =
            [
                row("test stamps") { "\($0.metrics.samples)" },
                row("loss") { FormattedNumber.metric($0.metrics.loss) },
                row("accuracy", \.accuracy?.description),
                row("area under the ROC curve", \.rocArea),
            ]
            + [
                row("completeness (recall)", \.two?.completeness?.description),
                row("purity (precision)", \.two?.purity?.description),
            ].filter { _ in all.contains { $0?.several == nil } }
            + [
                row("macro F1", \.macroF1), row("average precision", \.averagePrecision),
            ].filter { _ in all.contains { $0?.several != nil } }
            + [
                row("Matthews' correlation", \.matthewsCorrelation)
            ] + classNames(all).map { name in row("recall of \(name)") { $0.recall(of: name) } }
        var content = [
            HTML.table(
                caption: "Metrics with intervals of 95 % confidence (Wilson; Hanley and McNeil for the area"
                    + (all.contains { $0?.several != nil } ? "; bootstrap for what is of several classes)" : ")"),
                ["metric"] + names, rows, numbers: Set(1...runs.count))
        ]
        if !haveTheSameTestSet {
            content.append(
                HTML(
                    "p", [("class", "note")],
                    text: "The runs were not tested on the same stamps: differences may be those of the stamps."))
        }
        return HTML.section("Test set", content)
    }

    /// The classes of runs with more than two, in the order in which they occur.
    private func classNames(_ all: [ComparedMetrics?]) -> [String] {
        var names: [String] = []
        for name in all.flatMap({ $0?.several?.classNames ?? [] }) where !names.contains(name) { names.append(name) }
        return Array(names.prefix(Self.mostClasses))
    }

    /// The most classes that have a row each.
    private static let mostClasses = 50

    /// Whether the same stamps were tested: the same data cut in the same way.
    private var haveTheSameTestSet: Bool {
        Set(runs.map(\.configuration.findings.dataFingerprint)).count == 1
            && Set(runs.map { $0.testSet?.indices ?? [] }).count == 1
    }

    private var settings: HTML {
        let columns = runs.map { run -> [(name: String, value: String)] in
            let settings = run.configuration.settings
            let bad = run.configuration.badStamps
            return settings.rows.filter { $0.name != "initial weights" }
                + settings.data.rows
                + [
                    ("initial weights", settings.initialWeights ?? "drawn from the seed"),
                    ("fingerprint of all pixels", run.configuration.findings.dataFingerprint),
                    ("bad stamps left out", "\(bad.total)"),
                ] + run.configuration.machineRows
        }
        let differing = Self.rows(columns).filter { Set($0.dropFirst()).count > 1 }
        guard !differing.isEmpty else {
            return HTML.section("Settings that differ", [HTML("p", text: "None: the runs have the same settings.")])
        }
        return HTML.section(
            "Settings that differ",
            [HTML.table(caption: "All others are the same", ["setting"] + names, differing)])
    }

    /// The values of each name side by side; a dash where a run lacks what others have, for instance because another
    /// version of the program made it.
    ///
    /// Names follow one another as in the first run; what only later ones have stands behind the name before it there.
    package static func rows(_ columns: [[(name: String, value: String)]]) -> [[String]] {
        var names: [String] = []
        for column in columns {
            var place = names.startIndex
            for (name, _) in column {
                if let known = names.firstIndex(of: name) {
                    place = known + 1
                } else {
                    names.insert(name, at: place)
                    place += 1
                }
            }
        }
        let values = columns.map { Dictionary($0.map { ($0.name, $0.value) }, uniquingKeysWith: { first, _ in first }) }
        return names.map { name in [name] + values.map { $0[name] ?? "–" } }
    }

    private var history: HTML? {
        let last = runs.compactMap { $0.history.last?.epoch }.max() ?? 0
        guard last > 0 else { return nil }
        let epochs = HTMLReport.evenlySpaced(Array(1...last), most: HTMLReport.mostEpochs)
        let byEpoch = runs.map { run in
            Dictionary(run.history.map { ($0.epoch, $0) }, uniquingKeysWith: { first, _ in first })
        }
        func table(_ caption: String, _ value: (HistoryRow) -> String?) -> HTML {
            HTML.table(
                caption: caption, ["epoch"] + names,
                epochs.map { epoch in ["\(epoch)"] + byEpoch.map { $0[epoch].flatMap(value) ?? "–" } },
                numbers: Set(0...runs.count))
        }
        return HTML.section(
            "History",
            figures.filter(\.isDrawn).map { InlineFigure.html($0, keepsNumbers: false) } + [
                table("Validation loss (loss where there is no validation)") {
                    FormattedNumber.metric($0.validationLoss ?? $0.loss)
                },
                table("Validation accuracy (accuracy where there is no validation)") {
                    FormattedNumber.fixed($0.validationAccuracy ?? $0.accuracy, 4)
                },
            ])
    }
}

/// The test metrics of one of several runs.
private struct ComparedMetrics {
    let metrics: TestMetrics
    /// Of more than two classes, with intervals; nil where the predictions are unknown, or too many.
    private let bootstrap: ClassEvaluation?

    init(_ metrics: TestMetrics, _ testSet: TestSet?) {
        self.metrics = metrics
        guard case .several(let several) = metrics, case .several(let predictions) = testSet?.usable else {
            bootstrap = nil
            return
        }
        bootstrap = ClassEvaluation(affordable: predictions, classNames: several.classNames)
    }

    /// Estimates of two classes; nil for more.
    var two: MetricEstimates? {
        if case .two(let metrics) = metrics { MetricEstimates(metrics) } else { nil }
    }

    /// The metrics of more than two classes.
    var several: ClassMetrics? {
        if case .several(let metrics) = metrics { metrics } else { nil }
    }

    var accuracy: Estimate? { two?.accuracy ?? several.flatMap { ClassEstimates($0).accuracy } }

    /// Of several classes the mean of each against the rest.
    var rocArea: String? {
        two.map { $0.rocArea?.description } ?? Self.text(several?.rocAUC, bootstrap?.rocArea)
    }

    var macroF1: String? { Self.text(several?.macroF1, bootstrap?.macroF1) }
    var averagePrecision: String? { Self.text(several?.averagePrecision, bootstrap?.averagePrecision) }
    var matthewsCorrelation: String? {
        Self.text(metrics.confusionMatrix.matthewsCorrelation, bootstrap?.matthewsCorrelation)
    }

    /// A value with its interval where there is one.
    private static func text(_ value: Double?, _ estimate: Estimate?) -> String? {
        estimate?.description ?? value.map { FormattedNumber.fixed($0, 4) }
    }

    func recall(of name: String) -> String? {
        guard let several, let label = several.classNames.firstIndex(of: name) else { return nil }
        return ClassEstimates(several).classes[label].recall?.description
    }
}
