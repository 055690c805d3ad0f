import Faults
import Files
import Metrics

/// The share of each of several classes that is given it, against a number of the stamps.
public struct ClassCompletenessFigure: Sendable {
    private let predictions: ClassPredictions
    private let labels: ClassLabels
    private let numbers: StampNumbers
    private let quantity: CompletenessFigure.Quantity

    /// - Parameters:
    ///   - predictions, classNames: as those of ``ClassROCFigure``.
    ///   - numbers: of the stamps.
    public init(
        _ predictions: ClassPredictions, classNames: [String], numbers: StampNumbers,
        quantity: CompletenessFigure.Quantity
    ) {
        (self.predictions, labels) = (predictions, ClassLabels(classNames))
        (self.numbers, self.quantity) = (numbers, quantity)
    }

    /// The stamps of a class that have a number, in bins.
    private func bins(_ places: [Int]) -> [CompletenessFigure.Bin] {
        CompletenessFigure.bins(
            places.compactMap { place in
                let number = numbers.values[predictions.indices[place]]
                guard number.isFinite else { return nil }
                return CompletenessFigure.Source(signalToNoise: number, isFound: predictions.isCorrect(place))
            })
    }

    /// The figure; nil when no stamp of a class that is shown has a number.
    public var plot: Plot? {
        let shown = ClassLabels.shown(predictions), places = predictions.places
        let curves = shown.map { (label: $0, bins: bins(places[$0])) }.filter { !$0.bins.isEmpty }
        guard !curves.isEmpty else { return nil }
        var table = Table(
            "class", "class_name", "lowest", "median", "highest", "stamps", "found", "completeness", "lower", "upper")
        for curve in curves {
            for bin in curve.bins {
                let interval = bin.completeness
                table.append(
                    curve.label, labels.names[curve.label], bin.lowest, bin.median, bin.highest, bin.sources,
                    bin.found, interval.share, interval.lower, interval.upper)
            }
        }
        let known = curves.reduce(0) { $0 + $1.bins.reduce(0) { $0 + $1.sources } }
        return Plot(
            name: quantity.file, title: quantity.title,
            description: "The share of each class that is given it (recall), of the \(known) test stamps of known "
                + "\(quantity.name), in bins of as many stamps of a class as each other. Error bars are Wilson "
                + "intervals of 95 %." + ClassLabels.omission(shown, of: predictions),
            table: table, size: ClassCurves.size, commands: commands(curves.map(\.label), curves.flatMap(\.bins)))
    }

    private func commands(_ curves: [Int], _ bins: [CompletenessFigure.Bin]) -> String {
        let drawings = curves.enumerated().map { place, label in
            let points =
                "\"\(quantity.file).csv\" using (column(\"class\") == \(label) ? column(\"median\") : NaN):\"completeness\""
            let style = ClassLabels.style(place)
            return "\(points):\"lower\":\"upper\" with yerrorbars \(style) pt 7 ps 0.6 notitle, \\\n  "
                + "\(points) with lines \(style) title \(labels.quoted(label))"
        }
        let medians = bins.map(\.median), least = medians.min()!, most = medians.max()!
        return (least > 0 && most > 5 * least ? "set logscale x\n" : "") + """
            set xlabel \(quantity.quoted) noenhanced
            set ylabel "completeness (recall)"
            set yrange [-0.02:1.03]
            \(ClassCurves.key)plot \(drawings.joined(separator: ", \\\n  "))

            """
    }
}
