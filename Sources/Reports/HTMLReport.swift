import Figures
import Files
import Metrics
import RunRecords
import StampData

/// A run as one page: what it learned, with its figures in it, and how to reproduce it.
public struct HTMLReport: Sendable {
    /// Epochs that a table shows at most; longer histories are sampled evenly.
    static let mostEpochs = 25

    private let results: RunResults
    private let figures: RunFigures
    private let shortfall: Shortfall?
    private let command: String
    /// Of a test set of more than two classes.
    private let classResults: ClassResults?

    /// - Parameters:
    ///   - shortfall: what the model is no better than; nil if it is better.
    ///   - command: the line that reproduces the run.
    public init(_ results: RunResults, figures: RunFigures, shortfall: Shortfall?, command: String) {
        (self.results, self.figures, self.shortfall, self.command) = (results, figures, shortfall, command)
        classResults = results.metrics.flatMap { metrics in
            guard case .several(let metrics) = metrics else { return nil }
            guard case .several(let predictions) = results.testSet?.usable else { return ClassResults(metrics, nil) }
            return ClassResults(metrics, predictions)
        }
    }

    /// The page: HTML that is well-formed XML, without scripts, and without anything to load.
    public var page: String {
        HTML.page(
            title: "\(results.folder.path) · \(results.configuration.settings.model)",
            [
                heading, headline, verdict, figuresSection, mistakes, metrics, features, history, data, settings,
                reproduction,
                notes,
            ]
            .compactMap { $0 })
    }

    // MARK: Sections

    private var heading: HTML {
        let (settings, findings) = (results.configuration.settings, results.configuration.findings)
        return HTML(
            "header", [],
            [
                HTML("h1", text: results.folder.path),
                HTML(
                    "p", [("class", "faint")],
                    text: "\(settings.model) on \(findings.classStamps.reduce(0, +)) stamps of "
                        + "\(findings.stampHeight)×\(findings.stampWidth), \(results.history.count) epochs"),
            ])
    }

    private var headline: HTML? {
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

    private var verdict: HTML? {
        shortfall.map {
            HTML("p", [("class", "note")], text: "The model \($0.problem). What may help: \($0.remedy).")
        }
    }

    private var figuresSection: HTML? {
        guard !figures.figures.isEmpty else { return nil }
        var content: [HTML] = []
        if !figures.figures.contains(where: \.isDrawn) {
            content.append(
                HTML(
                    "p", [("class", "note")],
                    text: "The figures were not drawn: install gnuplot (apt install gnuplot-nox), then run "
                        + "swift-run-trainer report --run \(RunCommand.quoted(results.folder.path))"))
        }
        return HTML.section("Figures", content + figures.figures.map(InlineFigure.html))
    }

    private var mistakes: HTML? {
        switch results.testSet?.usable {
        case .two(let samples): mistakes(samples)
        case .several(let predictions): mistakes(predictions)
        case nil: nil
        }
    }

    private func mistakes(_ samples: [ScoredSample]) -> HTML? {
        let words = TwoClassWords(results.classNames)
        let rows = StampGridFigure.mistakes(samples, threshold: results.threshold).map { sample in
            let files = words.areUsual ? (sample.isSource ? "source files" : "noise files") : "–"
            return name(of: sample.index) + [
                results.classNames[sample.trueClass], FormattedNumber.fixed(Double(sample.score), 6),
            ] + place(of: sample.index, otherwise: files)
        }
        return mistakes(
            ["true class", "probability of \(words.oneSource)", "file", "stamp"], rows, numbers: [1, 3])
    }

    private func mistakes(_ predictions: ClassPredictions) -> HTML? {
        let rows = StampGridFigure.mistakes(predictions).map { sample in
            name(of: sample.index) + [
                results.classNames[sample.trueClass], results.classNames[sample.predictedClass],
                FormattedNumber.fixed(Double(sample.probability), 6),
            ] + place(of: sample.index, otherwise: "–")
        }
        return mistakes(
            ["true class", "predicted class", "its probability", "file", "stamp"], rows, numbers: [2, 4])
    }

    /// A stamp's number, and what it is called.
    private func name(of index: Int) -> [String] {
        ["\(index)"] + (results.identifiers.map { [$0[index]] } ?? [])
    }

    /// The file that holds a stamp, and its number there.
    private func place(of index: Int, otherwise files: String) -> [String] {
        let place = results.stamps?.location(index)
        return [place.map { "\($0.path)" } ?? files, place.map { "\($0.index)" } ?? "–"]
    }

    /// - Parameters:
    ///   - columns: those behind the stamp's name.
    ///   - numbers: which of them are numbers.
    private func mistakes(_ columns: [String], _ rows: [[String]], numbers: Set<Int>) -> HTML? {
        guard !rows.isEmpty else { return nil }
        let first = ["index"] + (results.identifiers == nil ? [] : ["id"])
        return HTML.section(
            "Worst mistakes",
            [
                HTML.table(
                    caption: "Test stamps that the network is most confidently wrong about", first + columns, rows,
                    numbers: Set([0] + numbers.map { first.count + $0 }))
            ])
    }

    private var metrics: HTML? {
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
                        + "\(TwoClassWords(names).oneSource) above \(results.threshold)",
                    ["metric", "value", "95 % interval", "method"], rows, numbers: [1, 2]),
                HTML.table(
                    caption: "Confusion matrix", [""] + names.map { "predicted \($0)" },
                    [
                        ["true \(names[0])", "\(counts[0][0])", "\(counts[0][1])"],
                        ["true \(names[1])", "\(counts[1][0])", "\(counts[1][1])"],
                    ], numbers: [1, 2]),
            ] + (operatingPoints.map { [$0] } ?? []))
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
            points.map { [$0.limit.title, FormattedNumber.fixed($0.rate, 4), "\($0.threshold)"] }, numbers: [1, 2])
    }

    private var features: HTML? {
        guard !results.importance.isEmpty else { return nil }
        let sorted = results.importance.enumerated().sorted {
            ($1.element.lossIncrease, $0.offset) < ($0.element.lossIncrease, $1.offset)
        }
        let rows = sorted.map { _, row in
            [
                row.feature, FormattedNumber.metric(row.lossIncrease), FormattedNumber.fixed(row.accuracyDrop, 4),
                row.rocAreaDrop.map { FormattedNumber.fixed($0, 4) } ?? "–",
            ]
        }
        return HTML.section(
            "Features",
            [
                HTML.table(
                    caption: "How much worse the test set is predicted when a feature is exchanged among its stamps",
                    ["feature", "loss rises by", "accuracy falls by", "ROC area falls by"], rows, numbers: [1, 2, 3])
            ])
    }

    private var history: HTML? {
        let epochs = results.history
        guard !epochs.isEmpty else { return nil }
        let shown = Self.evenlySpaced(epochs, most: Self.mostEpochs)
        let watched = HistoryRow.WatchedColumn.allCases.filter { column in epochs.contains { $0[column] != nil } }
        let rows = shown.map { row in
            ["\(row.epoch)", FormattedNumber.metric(row.loss), FormattedNumber.fixed(row.accuracy, 4)]
                + [
                    row.validationLoss.map(FormattedNumber.metric) ?? "–",
                    row.validationAccuracy.map { FormattedNumber.fixed($0, 4) } ?? "–",
                    "\(row.learningRate)", FormattedNumber.fixed(row.seconds, 2),
                    FormattedNumber.fixed(row.samplesPerSecond, 0),
                ] + watched.map { row[$0].map { FormattedNumber.fixed($0, 4) } ?? "–" }
        }
        return HTML.section(
            "History",
            [
                HTML.table(
                    caption: shown.count < epochs.count
                        ? "\(shown.count) of \(epochs.count) epochs; all are in history.csv" : "All epochs",
                    [
                        "epoch", "loss", "accuracy", "validation loss", "validation accuracy", "learning rate",
                        "seconds", "stamps/s",
                    ] + watched.map(\.rawValue), rows, numbers: Set(0..<8 + watched.count))
            ])
    }

    /// All of a list, or `most` evenly spaced elements, including its first and its last.
    static func evenlySpaced<Element>(_ all: [Element], most: Int) -> [Element] {
        guard all.count > most else { return all }
        return (0..<most).map { all[$0 * (all.count - 1) / (most - 1)] }
    }

    /// For each class, how many stamps it has and where they are.
    private var classRows: [[String]] {
        let (data, findings) = (results.configuration.settings.data, results.configuration.findings)
        let bad = results.configuration.badStamps
        let rows = findings.classes.names.enumerated().map { label, name in
            [
                name, "\(findings.classStamps[label])", "\(bad.count(of: label, in: findings.classes) ?? 0)",
                data.table.map { "\($0.stamps.joined(separator: ", ")), by \($0.labels)" }
                    ?? ([data] + DataPart.separate.compactMap { data.parts[$0] }).flatMap(\.classes)
                    .filter { $0.name == name }.flatMap(\.files).joined(separator: ", "),
            ]
        }
        return findings.classes == .noiseAndSource ? rows.reversed() : rows
    }

    private var data: HTML {
        let findings = results.configuration.findings
        return HTML.section(
            "Data",
            [
                HTML.table(
                    caption: "Classes", ["class", "stamps", "bad ones left out", "files"],
                    classRows, numbers: [1, 2]),
                HTML.table(
                    caption: "Split", ["part", "stamps"],
                    [
                        ["training", "\(findings.trainingStamps)"], ["validation", "\(findings.validationStamps)"],
                        ["test", "\(findings.testStamps)"],
                    ], numbers: [1]),
                HTML("p", [("class", "faint")], text: "Fingerprint of all pixels: \(findings.dataFingerprint)"),
            ])
    }

    private var settings: HTML {
        HTML.section(
            "Settings",
            [
                HTML.table(
                    caption: "As resolved", ["setting", "value"],
                    results.configuration.settings.rows.map { [$0.name, $0.value] })
            ])
    }

    private var reproduction: HTML {
        var content = [
            HTML(
                "p",
                text: "The same weights, bit for bit, from any number of ranks and threads of this CPU kernel type:"),
            HTML("pre", [("tabindex", "0")], text: command),
            HTML(
                "p", [("class", "faint")],
                text: "File names are relative to the folder in which the run was started."),
        ]
        if let typed = results.configuration.commandLine, !typed.isEmpty {
            content += [
                HTML("p", text: "As it was typed:"),
                HTML("pre", [("tabindex", "0")], text: typed.map(RunCommand.quoted).joined(separator: " ")),
            ]
        }
        content.append(
            HTML.table(
                caption: "Versions and machine", ["", ""],
                results.configuration.machineRows.map { [$0.name, $0.value] }))
        return HTML.section("How to reproduce it", content)
    }

    private var notes: HTML? {
        let notes = results.notes + figures.notes + figures.warnings.map(\.description)
        guard !notes.isEmpty else { return nil }
        return HTML.section("Notes", [HTML("ul", [], notes.map { HTML("li", text: $0) })])
    }
}
