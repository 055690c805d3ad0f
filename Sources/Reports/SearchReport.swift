import Faults
import Figures
import Files
import Settings
import Tuning

/// A search as one page: its best trial, how the trials compare, how it went.
public enum SearchReport {
    /// The most trials that the page lists.
    private static let mostTrials = 200

    /// Makes `figures/` and `report.html` in a search's folder; what was there is replaced.
    ///
    /// - Returns: what could not be drawn, for the terminal.
    /// - Throws: `Fault(.cannotWrite)`.
    public static func write(
        _ search: SearchTable, _ folder: SearchFolder, environment: [String: String]
    ) throws -> [Fault] {
        let plots = [ParallelCoordinatesFigure(search).plot].compactMap { $0 }
        let (figures, warnings) = try FigureFolder(folder.figures).draw(
            plots, with: Gnuplot(environment: environment))
        try AtomicFile.write(page(search, folder, figures), to: folder.report)
        return warnings
    }

    static func page(_ search: SearchTable, _ folder: SearchFolder, _ figures: [Figure]) -> String {
        HTML.page(
            title: "\(folder.path) · search",
            [
                heading(search, folder), headline(search),
                HTML.section("Trials", figures.map { InlineFigure.html($0) }),
                trials(search), rungs(search), space(search), best(search, folder), failures(search),
            ].compactMap { $0 })
    }

    private static func heading(_ search: SearchTable, _ folder: SearchFolder) -> HTML {
        let plan = search.record.plan.rungs
        return HTML(
            "header", [],
            [
                HTML("h1", text: folder.path),
                HTML(
                    "p", [("class", "faint")],
                    text: FormattedNumber.counted(plan[0].trials, "trial") + " of "
                        + FormattedNumber.counted(search.record.space.dimensions.count, "setting") + ", the best for "
                        + FormattedNumber.counted(plan[plan.count - 1].epochs, "epoch")),
            ])
    }

    private static func headline(_ search: SearchTable) -> HTML? {
        guard let best = search.best, let value = best.result.value else { return nil }
        let cards =
            [(search.record.metric.rawValue, FormattedNumber.metric(value)), ("best trial", "\(best.trial)")]
            + zip(search.record.space.dimensions, best.values.texts).map { ($0.option, $1) }
        return HTML(
            "ul", [("class", "numbers"), ("aria-label", "The best trial")],
            cards.map { name, value in HTML("li", [], [HTML("small", text: name), HTML("b", text: value)]) })
    }

    private static func trials(_ search: SearchTable) -> HTML {
        let rows = search.rows.prefix(mostTrials).map { search.fields($0, number: FormattedNumber.metric) }
        let rest = search.rows.count - rows.count
        let numbers = Set(
            [0, 1, 2]
                + search.record.space.dimensions.indices.filter {
                    if case .choices = search.record.space.dimensions[$0].values { false } else { true }
                }.map { $0 + 4 })
        return HTML.table(
            caption: "The trials, the best one first" + (rest > 0 ? "; \(rest) more are in trials.csv" : ""),
            search.columns, rows, numbers: numbers)
    }

    private static func rungs(_ search: SearchTable) -> HTML {
        HTML.section(
            "Rungs",
            [
                HTML(
                    "p",
                    text: "At each rung the trials that reached it were compared, and the best of them went on. "
                        + "Neither the number of ranks nor interruptions change that."),
                HTML.table(
                    caption: "Successive halving", ["rung", "trials", "epochs"],
                    search.record.plan.rungs.enumerated().map { ["\($0 + 1)", "\($1.trials)", "\($1.epochs)"] },
                    numbers: [0, 1, 2]),
            ])
    }

    private static func space(_ search: SearchTable) -> HTML {
        HTML.section(
            "What was searched",
            [
                HTML.table(
                    caption: "Values drawn from seed \(search.record.seed)", ["option", "values"],
                    search.record.space.dimensions.map { [$0.option, text($0.values)] })
            ])
    }

    private static func text(_ values: SearchSpace.Values) -> String {
        switch values {
        case .choices(let choices): choices.map(\.description).joined(separator: " · ")
        case .numbers(let low, let high, let isLogarithmic):
            "\(FormattedNumber.short(low)) to \(FormattedNumber.short(high))\(isLogarithmic ? ", logarithmic" : "")"
        case .integers(let low, let high, let isLogarithmic):
            "whole numbers from \(low) to \(high)\(isLogarithmic ? ", logarithmic" : "")"
        }
    }

    /// The command that makes the best trial again.
    private static func best(_ search: SearchTable, _ folder: SearchFolder) -> HTML? {
        guard let best = search.best,
            let record = try? JSONFile.read(
                ConfigurationRecord.self, from: folder.trial(best.trial).configuration)
        else { return nil }
        return HTML.section(
            "The best trial again",
            [
                HTML(
                    "p",
                    text: "Its model is trials/trial-\(best.trial)/model.safetensors. This command makes the same one, "
                        + "bit for bit:"),
                HTML(
                    "pre",
                    text: RunCommand.line(record.settings, output: "\(folder.path)-best")),
            ])
    }

    private static func failures(_ search: SearchTable) -> HTML? {
        let failed = search.rows.compactMap { row -> [String]? in
            if case .failed(let reason) = row.result.outcome { ["\(row.trial)", reason] } else { nil }
        }
        guard !failed.isEmpty else { return nil }
        return HTML.section(
            "Failures",
            [HTML.table(caption: "Trials that could not go on", ["trial", "why"], failed, numbers: [0])])
    }
}
