import Files
import Metrics

/// One curve for each of several classes, that class against the rest.
struct ClassCurves {
    /// A class, its curve, and what is said of it beside its name.
    struct One {
        let label: Int
        let x: [Double]
        let y: [Double]
        /// A sample counts as one of the class from this score on.
        let thresholds: [Float]
        let value: Double
    }

    let curves: [One]
    let labels: ClassLabels

    /// The curves as a table.
    ///
    /// - Parameters: what x and y are called.
    func table(_ x: String, _ y: String) -> Table {
        var table = Table("class", "class_name", "threshold", x, y)
        for curve in curves {
            for place in CurveThinning.indices(curve.x, curve.y) {
                table.append(
                    curve.label, labels.names[curve.label], curve.thresholds[place], curve.x[place], curve.y[place])
            }
        }
        return table
    }

    /// What a plot draws, one for each curve.
    ///
    /// - Parameters:
    ///   - style: gnuplot's kind of line, such as `lines`.
    ///   - quantity: what the value of a curve is called.
    func drawings(_ file: String, _ x: String, _ y: String, style: String, quantity: String) -> [String] {
        curves.enumerated().map { place, curve in
            "\"\(file).csv\" using (column(\"class\") == \(curve.label) ? column(\"\(x)\") : NaN):\"\(y)\" "
                + "with \(style) \(ClassLabels.style(place)) title "
                + PlotStyle.quoted("\(labels.short(curve.label)), \(quantity) \(FormattedNumber.fixed(curve.value, 4))")
        }
    }

    /// The key beside the plot, as there may be many curves, and the size of the picture with it.
    static let key = "set key outside right top vertical maxcols 1 Left reverse\n"
    static let size = (width: 800, height: 480)

    /// Whose value is the least, in words.
    var leastSentence: String {
        guard curves.count > 1, let least = curves.min(by: { $0.value < $1.value }) else { return "" }
        return " That of \(labels.names[least.label]) is the least, \(FormattedNumber.fixed(least.value, 4))."
    }
}
