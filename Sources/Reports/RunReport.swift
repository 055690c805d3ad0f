import Faults
import Figures
import Files
import Metrics
import RunRecords

/// Makes what people look at of a run, or of several: figures and a page.
public enum RunReport {
    /// Makes `figures/` and `report.html` in the folder of a run, of an ensemble or of a cross-validation; what was there
    /// is replaced.
    ///
    /// - Parameters:
    ///   - columns: values of `--by` that completeness is drawn against, instead of the run's own.
    ///   - timeLimit: how long gnuplot may run.
    /// - Returns: what could not be drawn, and what the model is no better than, for the terminal.
    /// - Throws: `Fault` when there is no run, one of `columns` does not fit its stamps, or it cannot be written.
    public static func write(
        _ folder: RunFolder, columns: [String] = [], environment: [String: String],
        timeLimit: Duration = .seconds(600)
    ) throws -> [Fault] {
        let ensemble = try EnsembleResults.read(folder)
        let results = try ensemble?.together ?? RunResults.read(folder)
        var numbers: [StampNumbers] = [], notes: [String] = []
        do {
            numbers = try self.numbers(columns.isEmpty ? results.configuration.settings.by : columns, results)
        } catch let fault as Fault where columns.isEmpty {
            // As where the run's stamps are gone.
            notes.append("\(fault)")
        }
        try AtomicFile.removePartial(in: folder.path, of: [FileAccess.split(folder.report).name])
        var figures = try RunFigures.write(
            results, to: folder.figures, gnuplot: Gnuplot(environment: environment, timeLimit: timeLimit),
            threshold: results.threshold, columns: numbers, histories: ensemble?.histories ?? [])
        figures.notes += notes
        let command =
            ensemble?.command
            ?? RunCommand.line(
                results.configuration.settings, output: "\(results.configuration.settings.output)-again")
        let shortfall = results.shortfall(matchedFilter: figures.matchedFilter)
        let page = HTMLReport(
            results, figures: figures, shortfall: shortfall, command: command, ensemble: ensemble
        ).page
        try AtomicFile.write(page, to: folder.report)
        return figures.warnings + (shortfall.map { [$0.warning(folder.path)] } ?? [])
    }

    /// The columns of a run's stamps.
    ///
    /// - Throws: `Fault` for one that cannot be read or does not fit, and where the stamps are gone.
    private static func numbers(_ columns: [String], _ results: RunResults) throws -> [StampNumbers] {
        guard !columns.isEmpty else { return [] }
        let read = try ByColumn.read(columns, of: results.configuration.settings.data)
        guard let stamps = results.stamps else {
            throw Fault(
                .badData, "--by \(columns[0])", "needs the stamps of the run, and they are gone or have changed",
                remedy: "put them back, or leave it out")
        }
        return try read.map { try $0.numbers(of: stamps) }
    }

    /// Writes a page that puts runs side by side.
    ///
    /// - Parameter folders: of at least two runs, ensembles or cross-validations; what the runs of one say together has
    ///   a column.
    /// - Returns: what could not be drawn, for the terminal.
    /// - Throws: `Fault` when one holds no run, or the page cannot be written.
    public static func compare(
        _ folders: [RunFolder], output: String, environment: [String: String]
    ) throws -> [Fault] {
        let inputs = folders.flatMap { [$0.configuration, $0.metrics, $0.history, $0.model, $0.report] }
        let file = try OutputFile(output, option: "--output", inputs: inputs, kind: HTML.kind)
        var runs: [RunResults] = [], names: [String] = []
        for folder in folders {
            let ensemble = try EnsembleResults.read(folder)
            runs.append(try ensemble?.together ?? RunResults.read(folder))
            names.append(folder.path + (ensemble.map { " (\($0.name))" } ?? ""))
        }
        return try FigureFolder.passing(
            beside: output, RunComparison(runs, names: names).plots, with: Gnuplot(environment: environment)
        ) { figures, warnings in
            try file.write(RunComparison(runs, names: names, figures: figures).page)
            return warnings
        }
    }
}
