import Faults

/// How all figures look: colours that colour-blind readers can distinguish, on white.
enum PlotStyle {
    /// Of the palette of M. Okabe and K. Ito (2002).
    static let blue = "#0072B2"
    static let vermilion = "#D55E00"
    static let orange = "#E69F00"
    static let grey = "#666666"
    static let green = "#009E73"
    static let purple = "#CC79A7"
    static let sky = "#56B4E9"
    static let black = "#000000"
    /// Of texts on light patches, which stay light on a dark page.
    static let ink = "#1f2328"

    /// How every figure's commands begin. Line style 1 is the network or the sources, 2 the matched filter or
    /// validation, 3 noise, 4 reference lines.
    static let beginning = """
        # Drawn by gnuplot 5.4 or later. To draw it again: gnuplot -p THIS_FILE, or set terminal and output before.
        reset
        set encoding utf8
        set datafile separator comma
        set border 31 lw 1 lc rgb "#444444"
        set tics in scale 0.6 textcolor rgb "#222222"
        set grid lt 1 lw 0.75 lc rgb "#e3e3e3"
        set key textcolor rgb "#222222" spacing 1.15 samplen 2.2 noenhanced
        set style line 1 lc rgb "\(blue)" lw 2 pt 7 ps 0.8
        set style line 2 lc rgb "\(vermilion)" lw 2 dt (12,6) pt 5 ps 0.8
        set style line 3 lc rgb "\(orange)" lw 2 pt 9 ps 0.9
        set style line 4 lc rgb "\(grey)" lw 1.25 dt (4,4)
        if (!exists("small_font")) small_font = ",9"
        if (!exists("large_font")) large_font = ",14"

        """

    /// The commands that draw a plot twice: as SVG and as PNG.
    static func output(_ plot: Plot) -> String {
        let (width, height) = plot.size
        // The SVG's fonts are measured in pixels, the PNG's in points of 4/3 pixels. pngcairo draws better text, but
        // not every gnuplot has it.
        return """
            set terminal svg enhanced standalone size \(width),\(height) font "sans-serif,14" background rgb "white"
            small_font = ",11"
            large_font = ",18"
            set output \(quoted(partial(plot, "svg")))
            load \(quoted("\(plot.name).gnuplot"))
            unset output
            if (strstrt(GPVAL_TERMINALS, "pngcairo")) {
                set terminal pngcairo enhanced size \(2 * width),\(2 * height) font "sans,10.5" fontscale 2 \
            linewidth 2 pointscale 2 background rgb "white"
            } else {
                set terminal png enhanced size \(2 * width),\(2 * height) font "sans,10.5" fontscale 2 linewidth 2 \
            background rgb "white"
            }
            small_font = ",8.25"
            large_font = ",13.5"
            set output \(quoted(partial(plot, "png")))
            load \(quoted("\(plot.name).gnuplot"))
            unset output

            """
    }

    /// The name of a picture that gnuplot has not finished yet.
    static func partial(_ plot: Plot, _ ending: String) -> String { ".\(plot.name).partial.\(ending)" }

    /// An SVG as gnuplot wrote it, with the figure's own title and description, and with pixels that stay square when
    /// they are enlarged.
    static func finished(svg: String, _ plot: Plot) -> String {
        var text = replacing("title", in: svg, by: plot.title)
        text = replacing("desc", in: text, by: plot.description)
        // A curve's tooltip that only numbers it.
        text.replace(/<title>gnuplot_plot_[^<]*<\/title>/, with: "")
        return text.split(separator: "<image ", omittingEmptySubsequences: false)
            .joined(separator: "<image style='image-rendering:pixelated' ")
    }

    /// Replaces the text of the first element of a name.
    private static func replacing(_ element: String, in svg: String, by text: String) -> String {
        guard let start = svg.firstRange(of: "<\(element)>"), let end = svg.firstRange(of: "</\(element)>"),
            start.upperBound <= end.lowerBound
        else { return svg }
        return svg[..<start.upperBound] + escaped(text) + svg[end.lowerBound...]
    }

    private static func escaped(_ text: String) -> String {
        text.printableLines.reduce(into: "") { result, character in
            switch character {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            default: result.append(character)
            }
        }
    }

    /// A text between gnuplot's single quotes, in which only these need escaping.
    static func quoted(_ text: String) -> String {
        "'" + text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "''") + "'"
    }
}
