import Faults
import Files
import Glibc
import StampFormats

/// A folder of figures: for each `NAME.csv`, `NAME.gnuplot`, `NAME.svg` and `NAME.png`, and `NAME.npy` if it shows
/// images.
public struct FigureFolder: Sendable {
    public let path: String

    /// Names a folder; touches nothing.
    public init(_ path: String) { self.path = path }

    /// Writes the numbers and the commands of all plots, and draws them with one run of gnuplot.
    ///
    /// What cannot be drawn is a warning, not a fault: its numbers are there. Files of the same names are replaced.
    /// - Returns: the figures in the order of the plots, and warnings for the user.
    /// - Throws: `Fault(.cannotWrite)`.
    public func draw(_ plots: [Plot], with gnuplot: Gnuplot) throws -> (figures: [Figure], warnings: [Fault]) {
        try FileAccess.makeOwnFolder(path)
        try AtomicFile.removePartial(in: path)
        for plot in plots { try writeData(of: plot) }
        let (drawn, warnings) = try pictures(of: plots, with: gnuplot)
        let figures = plots.map { plot in
            Figure(
                name: plot.name, title: plot.title, description: plot.description, folder: path,
                data: ["\(plot.name).csv"] + (plot.images == nil ? [] : ["\(plot.name).npy"]),
                isDrawn: drawn.contains(plot.name))
        }
        return (figures, warnings)
    }

    /// Draws plots in a folder beside a file, which is gone when `use` returns.
    ///
    /// - Throws: as ``draw(_:with:)`` and `use` do.
    public static func passing<Value>(
        beside file: String, _ plots: [Plot], with gnuplot: Gnuplot,
        _ use: (_ figures: [Figure], _ warnings: [Fault]) throws -> Value
    ) throws -> Value {
        let folder = "\(FileAccess.split(file).folder)/.figures-\(getpid()).partial"
        defer {
            for name in (try? FileAccess.names(in: folder)) ?? [] { try? FileAccess.remove("\(folder)/\(name)") }
            rmdir(folder)
        }
        let (figures, warnings) = try FigureFolder(folder).draw(plots, with: gnuplot)
        return try use(figures, warnings)
    }

    private func writeData(of plot: Plot) throws {
        for ending in ["svg", "png", "npy"] { try FileAccess.remove("\(path)/\(plot.name).\(ending)") }
        try AtomicFile.write(plot.table.csv, to: "\(path)/\(plot.name).csv")
        if let images = plot.images {
            try NpyFile.write(
                floats: images.pixels, shape: images.shape, to: "\(path)/\(plot.name).npy")
        }
        try AtomicFile.write(PlotStyle.beginning + plot.commands, to: "\(path)/\(plot.name).gnuplot")
    }

    /// Draws all at once; when that fails, each on its own, so that one figure's failure does not affect the others.
    private func pictures(of plots: [Plot], with gnuplot: Gnuplot) throws -> (drawn: Set<String>, warnings: [Fault]) {
        do {
            try drawTogether(plots, with: gnuplot)
            return (Set(plots.map(\.name)), [])
        } catch let fault as Fault where gnuplot.path == nil || gnuplot.isOutOfTime || plots.count == 1 {
            return ([], [fault])
        } catch is Fault {
            var drawn: Set<String> = [], warnings: [Fault] = []
            for plot in plots where !gnuplot.isOutOfTime {
                do {
                    try drawTogether([plot], with: gnuplot)
                    drawn.insert(plot.name)
                } catch let fault as Fault {
                    warnings.append(fault)
                }
            }
            return (drawn, warnings)
        }
    }

    private func drawTogether(_ plots: [Plot], with gnuplot: Gnuplot) throws {
        guard !plots.isEmpty else { return }
        let script = ".figures.gnuplot"
        try AtomicFile.write(plots.map(PlotStyle.output).joined(), to: "\(path)/\(script)")
        defer {
            unlink("\(path)/\(script)")
            for plot in plots { for ending in ["svg", "png"] { unlink("\(path)/\(partial(plot, ending))") } }
        }
        // gnuplot would follow a link of that name.
        for plot in plots {
            for ending in ["svg", "png"] { try FileAccess.remove("\(path)/\(partial(plot, ending))") }
        }
        try gnuplot.run(script, in: path)
        for plot in plots {
            let svg = try FileAccess.read("\(path)/\(partial(plot, "svg"))")
            try AtomicFile.write(
                PlotStyle.finished(svg: String(decoding: svg, as: UTF8.self), plot), to: "\(path)/\(plot.name).svg")
            try FileAccess.move("\(path)/\(partial(plot, "png"))", to: "\(path)/\(plot.name).png")
        }
    }

    private func partial(_ plot: Plot, _ ending: String) -> String { PlotStyle.partial(plot, ending) }
}
