import Faults
import Metrics

/// How figures write the names of classes, and which of many classes they show.
struct ClassLabels: Sendable {
    /// The most classes that are drawn as curves, panels or rows of stamps.
    static let mostShown = 16
    /// The longest label; longer names end with an ellipsis.
    private static let longest = 20

    /// On one line each, as they are.
    let names: [String]

    init(_ names: [String]) { self.names = names.map(\.printable) }

    /// A name that fits into a figure.
    func short(_ label: Int) -> String {
        names[label].count > Self.longest ? names[label].prefix(Self.longest - 1) + "…" : names[label]
    }

    /// The short name for gnuplot, between quotes in which nothing has a meaning, where its markup is off.
    func quoted(_ label: Int) -> String { PlotStyle.quoted(short(label)) }

    /// The short name for a text with gnuplot's markup between such quotes.
    func escaped(_ label: Int) -> String { Self.escaped(short(label)) }

    /// A text whose characters have no meaning in gnuplot's markup, between single quotes.
    static func escaped(_ text: String) -> String {
        text.reduce(into: "") { result, character in
            if "\\{}^_@&~".contains(character) { result += "\\" }
            result += character == "'" ? "''" : String(character)
        }
    }

    /// The classes that are shown: all, or those with the most samples, in their order.
    static func shown(_ predictions: ClassPredictions) -> [Int] {
        let counts = predictions.places.map(\.count)
        let ranked = counts.indices.sorted { (-counts[$0], $0) < (-counts[$1], $1) }
        return ranked.prefix(mostShown).sorted()
    }

    /// What is said of classes that are not shown.
    static func omission(_ shown: [Int], of predictions: ClassPredictions) -> String {
        shown.count < predictions.classes
            ? " Of \(predictions.classes) classes the \(shown.count) with the most stamps are shown." : ""
    }

    /// How the curve of a class is drawn: colours of the palette, then again with other dashes.
    static func style(_ place: Int) -> String {
        let colours = [
            PlotStyle.blue, PlotStyle.vermilion, PlotStyle.green, PlotStyle.purple, PlotStyle.orange, PlotStyle.sky,
            PlotStyle.black,
        ]
        let dashes = ["1", "(12,6)", "(4,4)"]
        return "lc rgb \"\(colours[place % colours.count])\" lw 2 dt \(dashes[place / colours.count % dashes.count])"
    }
}
