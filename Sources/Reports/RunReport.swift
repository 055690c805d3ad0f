import Faults
import Figures
import Files
import RunRecords

/// Makes what people look at of a finished run: its figures and its page.
public enum RunReport {
    /// Makes `figures/` and `report.html` in a run's folder; what was there is replaced.
    ///
    /// - Parameter timeLimit: how long gnuplot may run.
    /// - Returns: what could not be drawn, for the terminal.
    /// - Throws: `Fault` when there is no finished run, or it cannot be written.
    public static func write(
        _ folder: RunFolder, environment: [String: String], timeLimit: Duration = .seconds(600)
    ) throws -> [Fault] {
        let results = try RunResults.read(folder)
        try AtomicFile.removePartial(in: folder.path, of: [FileAccess.split(folder.report).name])
        let figures = try RunFigures.write(
            results, to: folder.figures, gnuplot: Gnuplot(environment: environment, timeLimit: timeLimit),
            threshold: results.threshold)
        let command = RunCommand.line(
            results.configuration.settings, output: "\(results.configuration.settings.output)-again")
        try AtomicFile.write(HTMLReport(results, figures: figures, command: command).page, to: folder.report)
        return figures.warnings
    }

    /// Writes a page that puts runs side by side.
    ///
    /// - Parameter folders: of at least two runs.
    /// - Throws: `Fault` when one holds no finished run, or the page cannot be written.
    public static func compare(_ folders: [RunFolder], output: String) throws {
        let inputs = folders.flatMap { [$0.configuration, $0.metrics, $0.history, $0.model, $0.report] }
        let file = try OutputFile(output, option: "--output", inputs: inputs, kind: HTML.kind)
        try file.write(RunComparison(try folders.map { try RunResults.read($0) }).page)
    }
}
