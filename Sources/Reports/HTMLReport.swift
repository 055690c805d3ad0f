import Figures
import Files
import Metrics
import RunRecords
import StampData

/// A run as one page: what it learned, with its figures in it, and how to reproduce it. Of an ensemble or a
/// cross-validation: what its runs say together, and how they differ.
public struct HTMLReport: Sendable {
    let results: RunResults
    private let figures: RunFigures
    private let shortfall: Shortfall?
    private let command: String
    /// Of a test set of more than two classes.
    let classResults: ClassResults?
    /// The runs that the results are of together; nil of one run.
    private let ensemble: EnsembleResults?

    /// - Parameters:
    ///   - results: of a run, or what those of an ensemble say together.
    ///   - shortfall: what the model is no better than; nil if it is better.
    ///   - command: the line that makes it again.
    ///   - ensemble: the runs that the results are of together; nil of one run.
    init(
        _ results: RunResults, figures: RunFigures, shortfall: Shortfall?, command: String, ensemble: EnsembleResults?
    ) {
        (self.results, self.figures, self.shortfall) = (results, figures, shortfall)
        (self.command, self.ensemble) = (command, ensemble)
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
                heading, unfinished?.note, headline, verdict, ensemble?.section, figuresSection, mistakes, metrics,
                features, history, unfinished?.section, data, settings, reproduction, notes,
            ]
            .compactMap { $0 })
    }

    private var unfinished: UnfinishedRun? {
        results.unfinished.map { UnfinishedRun(status: $0, steps: results.steps) }
    }

    // MARK: Sections

    private var heading: HTML {
        let (settings, findings) = (results.configuration.settings, results.configuration.findings)
        let size =
            ensemble.map { FormattedNumber.counted($0.runs.count, $0.kind.rawValue) }
            ?? FormattedNumber.counted(results.history.count, "epoch")
        return HTML(
            "header", [],
            [
                HTML("h1", text: results.folder.path),
                HTML(
                    "p", [("class", "faint")],
                    text: "\(settings.model) on \(findings.classStamps.reduce(0, +)) stamps of "
                        + "\(findings.stampHeight)×\(findings.stampWidth), \(size)"),
                HTML("p", [("class", "faint")], text: provenance),
            ])
    }

    /// When and where the run was made, how long it took, and by what.
    private var provenance: String {
        let record = results.configuration
        let ended = ensemble?.ended ?? record.ended
        let histories = ensemble?.histories.map(\.rows) ?? [results.history]
        let seconds = histories.joined().reduce(0) { $0 + $1.seconds }
        return [
            record.began.map { "begun \(Self.date($0))" }, ended.map { "ended \(Self.date($0))" },
            seconds > 0
                ? "\(seconds < 10 ? "\(FormattedNumber.significant(seconds, 2))s" : FormattedNumber.clock(seconds)) of "
                    + "training and validation" : nil,
            record.hosts.map { "on \($0.joined(separator: ", "))" }, "swift-run-trainer \(record.versions.program)",
        ].compactMap { $0 }.joined(separator: " · ")
    }

    /// `2026-11-29 20:54:46 UTC` for `2026-11-29T20:54:46Z`.
    private static func date(_ text: String) -> String {
        text.hasSuffix("Z") ? text.dropLast().split(separator: "T").joined(separator: " ") + " UTC" : text
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
        return HTML.section("Figures", content + figures.figures.map { InlineFigure.html($0) })
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
