import Faults
import Figures
import RunRecords

/// All figures of a run.
public struct RunFigures: Sendable {
    /// In the order in which a report shows them.
    public let figures: [Figure]
    /// What could not be drawn and why, for the terminal.
    public let warnings: [Fault]
    /// What is left out or sampled and why, for the reader of a report.
    public let notes: [String]

    /// Makes all figures that the run has the numbers for, with one run of gnuplot.
    ///
    /// - Parameters:
    ///   - folder: where to, usually `RUN/figures`; it is created if its parent is there.
    ///   - threshold: the probability above which a stamp counts as a source.
    /// - Throws: `Fault(.cannotWrite)`. What cannot be drawn is a warning.
    public static func write(
        _ results: RunResults, to folder: String, gnuplot: Gnuplot, threshold: Float = 0.5
    ) throws -> RunFigures {
        let plots = [HistoryFigure(results.history).plot].compactMap { $0 }
        let (figures, warnings) = try FigureFolder(folder).draw(plots, with: gnuplot)
        return RunFigures(figures: figures, warnings: warnings, notes: [])
    }
}
