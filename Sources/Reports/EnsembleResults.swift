import Files
import Metrics
import RunRecords
import Settings

/// The runs of an ensemble or of a cross-validation, read back from their folder, and what they say together.
struct EnsembleResults {
    /// What the runs differ in.
    enum Kind: String, CaseIterable {
        /// Their seed.
        case member
        /// Their part of the stamps.
        case fold

        /// The folder of a run, from 1.
        fileprivate func folder(_ number: Int, in path: String) -> RunFolder {
            switch self {
            case .member: EnsembleFolder(path).member(number)
            case .fold: EnsembleFolder(path).fold(number)
            }
        }
    }

    /// One of the runs.
    struct Run {
        let number: Int
        let folder: RunFolder
        /// Nil of one that has not begun.
        let results: RunResults?
    }

    let kind: Kind
    let runs: [Run]
    /// The test set as all of them see it, or the tests of all folds.
    let together: RunResults
    /// How the tested ones differ; nil where fewer than two are tested.
    let spread: CrossValidation?

    /// - Returns: nil for a folder of something else.
    /// - Throws: `Fault` as ``RunResults/read(_:opensStamps:now:)``, of the first run that it is true of.
    static func read(_ folder: RunFolder) throws -> EnsembleResults? {
        guard !FileAccess.exists(folder.configuration),
            let kind = Kind.allCases.first(where: { FileAccess.exists($0.folder(1, in: folder.path).path) })
        else { return nil }
        try folder.requireFilesAndFolders()
        var runs: [Run] = []
        while case let run = kind.folder(runs.count + 1, in: folder.path), FileAccess.exists(run.path) {
            let results =
                FileAccess.exists(run.configuration)
                ? try RunResults.read(run, opensStamps: !runs.contains { $0.results != nil }) : nil
            runs.append(Run(number: runs.count + 1, folder: run, results: results))
        }
        let begun = runs.compactMap(\.results)
        // Whatever is wrong with the first one is said.
        let first = try begun.first ?? RunResults.read(runs[0].folder)
        let thresholds = begun.map(\.threshold), tested = begun.compactMap(\.metrics)
        return EnsembleResults(
            kind: kind, runs: runs,
            together: try first.together(
                in: folder, threshold: thresholds.reduce(0, +) / Float(max(thresholds.count, 1))),
            spread: tested.count > 1 ? CrossValidation(tested) : nil)
    }

    /// When the last of them ended; nil when that is not known.
    var ended: String? { runs.compactMap { $0.results?.configuration.ended }.max() }

    /// What it is called beside other runs: `5 members together`.
    var name: String { "\(FormattedNumber.counted(runs.count, kind.rawValue)) together" }

    /// The options that make all of them.
    var command: String {
        var settings = together.configuration.settings
        settings.fold = nil
        let count = together.configuration.settings.fold?.count ?? runs.count
        return RunCommand.line(
            settings, output: "\(together.folder.path)-again", and: ["--\(kind.rawValue)s", "\(count)"])
    }

    /// What each is called, and its epochs.
    var histories: [(name: String, rows: [HistoryRow])] {
        runs.compactMap { run in run.results.map { ("\(kind.rawValue) \(run.number)", $0.history) } }
    }

    /// Each run's results, their mean, and links to their own pages.
    var section: HTML {
        let name = kind.rawValue
        var rows = runs.map(row)
        if let spread {
            rows.append(
                row("mean ± deviation", ["", "", ""]) { key in
                    spread.spreads.first { $0.name == key }.map {
                        "\(FormattedNumber.metric($0.mean)) ± \(FormattedNumber.significant($0.deviation, 2))"
                    }
                })
        }
        if let metrics = together.metrics { rows.append(row("together", ["", "", ""], Self.values(metrics))) }
        let meaning =
            kind == .member
            ? "Each member on the test set; together is what their probabilities combined say"
            : "Each fold on its own test stamps; together is of all stamps, each by the network that was not trained on it"
        return HTML.section(
            kind == .member ? "Members" : "Folds",
            [
                HTML.table(
                    caption: "\(meaning); ± is the standard deviation between the \(name)s",
                    [name, "state", "seed", "epochs"] + keys.map(Self.title), fields: rows,
                    numbers: Set(2..<4 + keys.count))
            ])
    }

    /// The metrics that have a column, by their keys in `metrics.json`.
    private var keys: [String] {
        let tested = runs.compactMap { $0.results?.metrics }
        return tested.isEmpty ? ["loss", "accuracy"] : CrossValidation(tested).spreads.map(\.name)
    }

    /// The row of a run.
    private func row(_ run: Run) -> [HTML.Field] {
        let name = "\(kind.rawValue) \(run.number)"
        guard let results = run.results else { return row(name, ["has not begun", "–", "–"]) { _ in nil } }
        let best = results.best.map { $0.epochs > 1 ? ", best \($0.row.epoch)" : "" } ?? ""
        let link = FileAccess.exists(run.folder.report) ? "\(kind.rawValue)-\(run.number)/report.html" : nil
        return row(
            name, link: link,
            [
                results.unfinished?.state.word ?? "finished", "\(results.configuration.settings.seed)",
                "\(results.history.count)\(best)",
            ], results.metrics.map(Self.values) ?? { _ in nil })
    }

    private func row(
        _ name: String, link: String? = nil, _ texts: [String], _ value: (String) -> String?
    ) -> [HTML.Field] {
        [HTML.Field(name, link: link)] + (texts + keys.map { value($0) ?? "–" }).map { HTML.Field($0) }
    }

    /// One metric by its key, for people.
    private static func values(_ metrics: TestMetrics) -> (String) -> String? {
        let spreads = CrossValidation([metrics]).spreads
        return { key in spreads.first { $0.name == key }.map { FormattedNumber.metric($0.mean) } }
    }

    /// What people call a key of `metrics.json`.
    private static func title(_ key: String) -> String {
        switch key {
        case "roc_auc": "ROC area"
        case "matthews_correlation": "Matthews' correlation"
        case "macro_f1": "macro F1"
        default: key
        }
    }
}
